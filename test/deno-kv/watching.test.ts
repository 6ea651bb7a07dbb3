/**
 * Watching keys: what is emitted and when, what a slow reader gets, how a watch ends.
 */
import { type Kv, type KvEntryMaybe, openKv } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { anything, freshName, kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

type Reader = ReadableStreamDefaultReader<KvEntryMaybe<unknown>[]>;

const watch = (kv: Kv, keys: string[][], raw = false): Reader =>
  (kv.watch(keys, { raw }) as ReadableStream<KvEntryMaybe<unknown>[]>).getReader();

const values = async (reader: Reader): Promise<unknown[] | undefined> =>
  (await reader.read()).value?.map(({ value }) => value);

describe("watch", () => {
  test("refuses too many keys, what is no key and a key too long at once", ({ kv }) => {
    const keys = Array.from({ length: 10_001 }, (_, index) => ["k", index]);
    expect(() => kv.watch(keys)).toThrow(TypeError);
    expect(() => kv.watch(keys)).toThrow(/^Too many keys \(max 10000\)/);
    expect(() => kv.watch([[anything({})]])).toThrow(
      "expected string, number, bigint, ArrayBufferView, boolean",
    );
    expect(() => kv.watch([[new Uint8Array(3000)]])).toThrow(/^Key too large for read/);
  });

  test("takes up to 10,000 keys where Deno takes 10", async ({ kv }) => {
    const keys = Array.from({ length: 10_000 }, (_, index) => ["k", String(index)]);
    const reader = watch(kv, keys);
    expect(await values(reader)).toHaveLength(10_000);
    await reader.cancel();
  });

  test("of no keys is over at once; the empty key and a key twice can be watched", async ({ kv }) => {
    expect(await watch(kv, []).read()).toEqual({ done: true, value: undefined });
    await kv.set(["k"], 1);
    const reader = watch(kv, [[], ["k"], ["k"]]);
    expect(await values(reader)).toEqual([null, 1, 1]);
  });

  test("gives what stands at once, then all keys whenever one of them was set, be it to an equal value", async ({
    kv,
  }) => {
    await kv.set(["a"], 1);
    const reader = watch(kv, [["a"], ["b"]]);
    expect(await values(reader)).toEqual([1, null]);
    await kv.set(["a"], 1);
    expect(await values(reader)).toEqual([1, null]);
    await kv.set(["b"], 2);
    expect(await values(reader)).toEqual([1, 2]);
    await kv.delete(["a"]);
    expect(await values(reader)).toEqual([null, 2]);
  });

  test("gives a commit on several of its keys in one item", async ({ kv }) => {
    const reader = watch(kv, [["a"], ["b"]]);
    await values(reader);
    for (let round = 1; round <= 10; round++) {
      await kv.atomic().set(["a"], round).set(["b"], round).commit();
      expect(await values(reader)).toEqual([round, round]);
    }
  });

  test("gives fresh entries, with a copy of the key for one that is missing", async ({ kv }) => {
    const key = ["a"];
    const reader = watch(kv, [key, ["b"]]);
    const first = (await reader.read()).value;
    expect(first?.[0]).toEqual({ key: ["a"], value: null, versionstamp: null });
    expect(first?.[0]?.key).not.toBe(key);
    await kv.set(["b"], { n: 1 });
    const second = (await reader.read()).value;
    await kv.set(["a"], 1);
    const third = (await reader.read()).value;
    expect(third?.[1]).toEqual(second?.[1]);
    expect(third?.[1]).not.toBe(second?.[1]);
    expect(third?.[1]?.value).not.toBe(second?.[1]?.value);
  });

  test("is silent for a delete of a missing key and for other keys", async ({ kv }) => {
    const reader = watch(kv, [["a"]]);
    await values(reader);
    await kv.delete(["a"]);
    await kv.set(["other"], 1);
    await kv.set(["a"], 1);
    expect(await values(reader)).toEqual([1]);
  });

  test("with raw, tells of a delete of a missing key too, and still of no other keys", async ({ kv }) => {
    const reader = watch(kv, [["a"]], true);
    await values(reader);
    await kv.set(["other"], 1);
    await kv.delete(["a"]);
    expect(await values(reader)).toEqual([null]);
    await kv.set(["a"], 1);
    expect(await values(reader)).toEqual([1]);
  });

  test("gives a slow reader one state that was waiting, and then the latest", async ({ kv }) => {
    const reader = watch(kv, [["a"]]);
    expect(await values(reader)).toEqual([null]);
    for (let round = 0; round < 5; round++) await kv.set(["a"], round);
    const seen = [await values(reader)];
    if (seen[0]?.[0] !== 4) seen.push(await values(reader));
    expect(seen.at(-1)).toEqual([4]);
    await kv.set(["a"], "next");
    expect(await values(reader)).toEqual(["next"]);
  });

  test("ends cleanly with the bucket, and by cancel", async ({ kv }) => {
    const cancelled = watch(kv, [["a"]]);
    await values(cancelled);
    await cancelled.cancel();
    expect(await cancelled.read()).toEqual({ done: true, value: undefined });
    const reader = watch(kv, [["a"]]);
    await values(reader);
    const last = reader.read();
    kv.close();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  test("sees what others write to the bucket, where Deno sees its own process alone", async () => {
    const name = freshName();
    await using one = await openKv(name);
    await using other = await openKv(name);
    const reader = watch(other, [["a"]]);
    await values(reader);
    await one.set(["a"], 1);
    expect(await values(reader)).toEqual([1]);
  });
});
