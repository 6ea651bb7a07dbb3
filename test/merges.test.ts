/**
 * Merges through the public face, in a bucket without a relay: what stands under the key in every tab, in
 * memory and on disk, what is refused, and what is kept of it. With updates that say nothing to anybody.
 */
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { createChecksum, documentBytesMax, packKey, updateLog, valueBytesMax } from "@rockpool/model";
import { type Kv, KvDocument } from "rockpool";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTally } from "./store/observed-log.ts";
import { StoreDevice, type StoreTab } from "./store/store-device.ts";

const limits = { rowsMax: 100, pagesMax: 64, pageEntries: 4, pageBytes: 16_384 };
const settings = {
  hasRelay: false,
  host: { limits, tailEntries: 1e6, tailBytes: 1e9 },
  kept: { history: 3, expireInMs: 50 },
  loss: 0,
  seed: 1,
};

let storage: MemoryStorage;
let device: StoreDevice;
let kv: Kv;
let other: Kv;

const open = async (): Promise<void> => {
  device = await StoreDevice.open({ openLog: () => openMemoryLog(storage) }, settings, createTally(), 2);
  [kv, other] = device.tabs.map((tab) => tab.kv) as [Kv, Kv];
};

beforeEach(async () => {
  storage = new MemoryStorage();
  await open();
});

afterEach(() => device.close());

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const merge = (into: Kv, update: string, incarnation?: number): Promise<unknown> =>
  into
    .atomic()
    .merge(["d"], bytes(update), incarnation === undefined ? {} : { incarnation })
    .commit();

const read = async (from: Kv): Promise<unknown> => {
  const { value } = await from.get(["d"]);
  return value instanceof KvDocument
    ? value.updates.map((update) => new TextDecoder().decode(update))
    : value;
};

/** The document as the host has it. */
const standing = async ({ host }: StoreTab): Promise<number | null> => {
  const [answer] = await host.batch([{ type: "read", keys: [packKey(["d"])], strong: true }]);
  const value = answer?.type === "entries" ? answer.entries[0]?.value : undefined;
  if (value?.encoding !== "document") throw new Error("no document stands there");
  return value.incarnation;
};

describe("merges", () => {
  test("of several tabs come together, and stand after a restart and in pages", async () => {
    await merge(kv, "a");
    await Promise.all([merge(other, "b"), merge(other, "c")]);
    await merge(kv, "d");
    expect([await read(kv), await read(other)]).toEqual([[..."abcd"], [..."abcd"]]);
    await device.mustGetTab(0).host.checkpoint();
    await merge(kv, "e");
    await device.close();
    await open();
    expect(await read(other)).toEqual([..."abcde"]);
  });

  test("are atomic with other mutations", async () => {
    const stale = kv.atomic().check({ key: ["e"], versionstamp: "0".repeat(20) });
    expect(await stale.merge(["d"], bytes("a")).set(["f"], 1).commit()).toEqual({ ok: false });
    expect(await read(kv)).toBeNull();
    await kv
      .atomic()
      .mutate({ type: "merge", key: ["d"], value: bytes("a") })
      .set(["f"], 1)
      .commit();
    expect([await read(other), (await other.get(["f"])).value]).toEqual([["a"], 1]);
  });

  test("make no versions, and documents that do not end", async () => {
    for (const update of ["a", "b", "c"]) await merge(kv, update);
    await device.advance(100);
    expect(await read(other)).toEqual([..."abc"]);
    expect(await kv.history(["d"])).toHaveLength(1);
    expect(await kv.count({ prefix: [] })).toBe(1);
  });

  test("meet what is no document, or another than they are for", async () => {
    await kv.set(["d"], "text");
    await expect(merge(kv, "a")).rejects.toThrow(
      new TypeError("Failed to perform 'merge' mutation on a non-document value in the database"),
    );
    await expect(merge(kv, "a", 7)).rejects.toMatchObject({ name: "KvError", code: "replaced" });
    await kv.delete(["d"]);
    await merge(kv, "a");
    const incarnation = (await standing(device.mustGetTab(1))) ?? 0;
    await merge(other, "b", incarnation);
    await kv.delete(["d"]);
    await expect(merge(other, "c", incarnation)).rejects.toMatchObject({ code: "replaced" });
    await merge(kv, "c");
    await expect(merge(other, "d", incarnation)).rejects.toThrow('the document under ["d"]');
    expect(await read(kv)).toEqual(["c"]);
  });

  test("are bounded, each and together", async () => {
    await expect(merge(kv, "x".repeat(valueBytesMax + 1))).rejects.toThrow(
      /^Update too large \(max 1048576 bytes\)/,
    );
    const update = "x".repeat(valueBytesMax);
    const fitting = Math.floor(documentBytesMax / (valueBytesMax + 3));
    for (let n = 0; n < fitting; n++) await merge(kv, update);
    await expect(merge(kv, update)).rejects.toThrow(/^Document too large \(max 8388608 bytes\)/);
    await merge(kv, "small");
    // One of that size goes into a backup, too.
    const backup = await new Response(kv.backup()).blob();
    await kv.restore(backup);
    expect((await read(other)) as readonly string[]).toHaveLength(fitting + 1);
  });

  test("are in a backup whole, and in what is restored of it another document", async () => {
    await merge(kv, "a");
    await merge(kv, "b");
    const before = await standing(device.mustGetTab(0));
    const backup = await new Response(kv.backup()).blob();
    await merge(kv, "c");
    await kv.restore(backup);
    expect(await read(other)).toEqual(["a", "b"]);
    const after = await standing(device.mustGetTab(1));
    expect(after).not.toBe(before);
    await merge(other, "d", after ?? 0);
    expect(await read(kv)).toEqual(["a", "b", "d"]);
  });

  test("are kept as one by whoever can read them, and nothing is told of it", async () => {
    for (const update of ["a", "b", "c"]) await merge(kv, update);
    const { versionstamp } = await kv.get(["d"]);
    const { host } = device.mustGetTab(0);
    const log = updateLog(["a", "b"].map(bytes));
    const checksum = createChecksum();
    checksum.add(log);
    const compaction = {
      key: packKey(["d"]),
      incarnation: await standing(device.mustGetTab(0)),
      length: log.length,
      digest: checksum.digest(),
      update: bytes("ab"),
    };
    expect(await host.call("compact", compaction)).toBe(true);
    expect(await host.call("compact", compaction)).toBe(false);
    await merge(other, "d");
    expect(await read(other)).toEqual(["ab", "c", "d"]);
    await device.mustGetTab(1).host.checkpoint();
    expect(await read(kv)).toEqual(["ab", "c", "d"]);
    expect(versionstamp).not.toBeNull();
  });
});
