/**
 * An update is read, changed and written as one, whoever else writes: none is lost, and one that
 * cannot be had says so.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { deleteEntry } from "./delete-entry.ts";
import type { Kv } from "./kv.ts";
import { openKv } from "./open-kv.ts";

let kv: Kv;

beforeEach(async () => {
  kv = await openKv(":memory:");
});

afterEach(async () => {
  await kv[Symbol.asyncDispose]();
});

test("the new value is committed and given back with its versionstamp", async () => {
  const first = await kv.update<number>(["n"], ({ value }) => (value ?? 10) + 1);
  expect(first).toEqual({ ok: true, value: 11, versionstamp: expect.any(String) });
  const second = await kv.update<number>(["n"], async ({ value }) => (value ?? 0) + 1);
  expect(second.value).toBe(12);
  expect(await kv.get(["n"])).toMatchObject({ value: 12, versionstamp: second.versionstamp });
});

test("undefined leaves the entry, deleteEntry deletes it, null is a value", async () => {
  const { versionstamp } = await kv.set(["n"], 1);
  expect(await kv.update(["n"], () => undefined)).toEqual({ ok: true, value: 1, versionstamp });
  expect(await kv.update<number | null>(["n"], () => null)).toMatchObject({ ok: true, value: null });
  expect((await kv.get(["n"])).versionstamp).not.toBeNull();
  expect(await kv.update(["n"], () => deleteEntry)).toMatchObject({ ok: true, value: null });
  expect((await kv.get(["n"])).versionstamp).toBeNull();
  const none = { ok: true, value: null, versionstamp: null };
  expect(await kv.update(["n"], () => deleteEntry)).toEqual(none);
  expect(await kv.update(["n"], () => undefined)).toEqual(none);
});

test("of many at once none is lost", async () => {
  const updates = Array.from({ length: 12 }, () =>
    kv.update<number>(["n"], ({ value }) => (value ?? 0) + 1, { attempts: 100 }),
  );
  await Promise.all(updates);
  expect((await kv.get(["n"])).value).toBe(12);
});

test("one that others overtake each time is a conflict when its attempts are used up", async () => {
  let calls = 0;
  const overtaken = kv.update(
    ["n"],
    async () => {
      await kv.set(["n"], `theirs ${(calls += 1)}`);
      return "mine";
    },
    { attempts: 3 },
  );
  await expect(overtaken).rejects.toMatchObject({ name: "KvError", code: "conflict" });
  expect(calls).toBe(3);
  expect((await kv.get(["n"])).value).toBe("theirs 3");
});

test("an end of life, a signal, an error of the change and bad attempts are heeded", async () => {
  await kv.update(["n"], () => 1, { expireIn: 0 });
  expect((await kv.get(["n"])).value).toBeNull();
  const signal = AbortSignal.abort(new Error("no more"));
  await expect(kv.update(["n"], () => 1, { signal })).rejects.toThrow("no more");
  const failing = kv.update(["n"], () => {
    throw new RangeError("of the change");
  });
  await expect(failing).rejects.toThrow(RangeError);
  await expect(kv.update(["n"], () => 1, { attempts: 0 })).rejects.toThrow(
    "attempts must be a positive integer: received 0",
  );
  expect((await kv.get(["n"])).value).toBeNull();
});
