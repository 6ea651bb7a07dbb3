/**
 * A value that nobody can decode, as a faulty or hostile device may write one: it is synced like any other,
 * and only the reads that meet it fail.
 */
import { packKey } from "@rockpool/model";
import { expect, test } from "vitest";
import { AppBed } from "./sync/app-bed.ts";

test("a value that nobody can decode is synced, and fails the reads that meet it alone", async () => {
  const bed = await AppBed.open();
  const { kv } = await bed.openApp("reader");
  const faulty = await bed.done(bed.device("faulty").open());
  const broken = { type: "set", key: packKey(["k", 1]), value: { encoding: "rich", data: "{" } } as const;
  await bed.done(faulty.commit({ mutations: [broken] }));
  const last = await bed.openApp("writer");
  const { versionstamp } = await bed.done(last.kv.set(["k", 2], "sound"));
  expect(await bed.done(last.kv.sync.settled(versionstamp))).toMatchObject({ type: "confirmed" });
  await bed.done(kv.sync.flush());

  expect((await bed.done(kv.get(["k", 2]))).value).toBe("sound");
  await expect(bed.done(kv.get(["k", 1]))).rejects.toMatchObject({ code: "corrupt" });
  const keys: unknown[] = [];
  await bed.done(
    (async () => {
      for await (const key of kv.keys({ prefix: ["k"] })) keys.push(key);
    })(),
  );
  expect(keys).toEqual([
    ["k", 1],
    ["k", 2],
  ]);
  await bed.done(kv.delete(["k", 1]));
  expect((await bed.done(kv.get(["k", 1]))).value).toBe(null);
});
