/**
 * Reading by key: what an entry looks like, what a key may be, how many may be asked for at once.
 */
import { describe, expect, test as base } from "vitest";
import { anything, kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

const noPart = "expected string, number, bigint, ArrayBufferView, boolean";

describe("get and getMany", () => {
  test("a missing entry has nulls, and the caller's own array as its key", async ({ kv }) => {
    const key = ["no", 1];
    const entry = await kv.get(key);
    expect(entry).toEqual({ key: ["no", 1], value: null, versionstamp: null });
    expect(entry.key).toBe(key);
    const [many] = await kv.getMany([key]);
    expect(many.key).toBe(key);
  });

  test("an entry has key, value and versionstamp in this order, a fresh key, and is not frozen", async ({
    kv,
  }) => {
    const key = ["k"];
    const { versionstamp } = await kv.set(key, { a: 1 });
    const entry = await kv.get(key);
    expect(Object.entries(entry)).toEqual([
      ["key", ["k"]],
      ["value", { a: 1 }],
      ["versionstamp", versionstamp],
    ]);
    expect(Object.keys(await kv.get(["no"]))).toEqual(["key", "value", "versionstamp"]);
    expect(entry.key).not.toBe(key);
    expect(Object.isFrozen(entry) || Object.isFrozen(entry.key)).toBe(false);
    expect((await kv.get(key)).value).not.toBe(entry.value);
  });

  test("a stored null or undefined differs from a missing entry by its versionstamp alone", async ({
    kv,
  }) => {
    await kv.atomic().set(["null"], null).set(["undefined"], undefined).commit();
    const [isNull, isUndefined] = await kv.getMany([["null"], ["undefined"]]);
    expect([isNull.value, isUndefined.value]).toEqual([null, undefined]);
    expect([isNull.versionstamp, isUndefined.versionstamp]).not.toContain(null);
  });

  test("the empty key has no entry, and no keys have no entries", async ({ kv }) => {
    expect(await kv.get([])).toEqual({ key: [], value: null, versionstamp: null });
    expect(await kv.getMany([])).toEqual([]);
    expect(await kv.getMany([[]])).toEqual([{ key: [], value: null, versionstamp: null }]);
  });

  test("getMany takes up to 10,000 keys where Deno takes 10", async ({ kv }) => {
    const keys = Array.from({ length: 10_000 }, (_, index) => ["k", index]);
    expect(await kv.getMany(keys)).toHaveLength(10_000);
    const tooMany = kv.getMany([...keys, ["one too many"]]);
    await expect(tooMany).rejects.toThrow(TypeError);
    await expect(tooMany).rejects.toThrow(/^Too many ranges \(max 10000\)/);
  });

  test("a key may be asked for twice, and all are read in one snapshot", async ({ kv }) => {
    await kv.set(["a"], 0);
    const reads = [];
    for (let round = 1; round <= 20; round++) {
      void kv.atomic().set(["a"], round).set(["b"], round).commit();
      reads.push(kv.getMany([["a"], ["b"], ["a"]]));
    }
    for (const [a, b, again] of await Promise.all(reads)) {
      expect(b?.value).toBe(a?.value);
      expect(again).toEqual(a);
    }
  });

  test("consistency is strong unless it is said to be eventual, and nothing else", async ({ kv }) => {
    await kv.set(["k"], 1);
    for (const consistency of [undefined, null, "strong", "eventual"]) {
      expect((await kv.get(["k"], { consistency: anything(consistency) })).value).toBe(1);
    }
    const unknown = "unknown variant `foo`, expected `strong` or `eventual`";
    const consistency = anything("foo");
    await expect(kv.get(["k"], { consistency })).rejects.toThrow(new TypeError(unknown));
    await expect(kv.getMany([["k"]], { consistency })).rejects.toThrow(unknown);
    await expect(kv.list({ prefix: [] }, { consistency }).next()).rejects.toThrow(unknown);
  });

  test("what is no part of a key is refused by what may be", async ({ kv }) => {
    for (const part of [null, undefined, {}, new Date(), new ArrayBuffer(1), ["nested"], Symbol("s")]) {
      await expect(kv.get([anything(part)])).rejects.toThrow(TypeError);
      await expect(kv.get([anything(part)])).rejects.toThrow(noPart);
    }
    await expect(kv.get(["k", kv.commitVersionstamp()] as never)).rejects.toThrow(noPart);
  });

  test("what is no array is refused as a key", async ({ kv }) => {
    await expect(kv.get(anything("k"))).rejects.toThrow("invalid type; expected: array, got: string");
    await expect(kv.get(anything(undefined))).rejects.toThrow(TypeError);
    await expect(kv.getMany([anything(1)])).rejects.toThrow("expected: array, got: number");
  });

  test("any view of a buffer is a part, and comes back as a Uint8Array of its bytes", async ({ kv }) => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const views = [new DataView(bytes.buffer, 1, 2), new Uint16Array(bytes.buffer), bytes.subarray(3)];
    for (const view of views) {
      await kv.set([anything(view)], 1);
      const { key } = await kv.get([anything(view)]);
      const expected = new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      expect(key).toEqual([expected]);
    }
  });

  test("a lone surrogate in a key becomes U+FFFD", async ({ kv }) => {
    await kv.set(["a\ud800b"], 1);
    expect(await kv.get(["a\ufffdb"])).toMatchObject({ key: ["a\ufffdb"], value: 1 });
  });

  test("a key to read has 2,048 bytes at most, a bound of a range too", async ({ kv }) => {
    await kv.set([new Uint8Array(2046).fill(1)], "longest");
    expect((await kv.get([new Uint8Array(2046).fill(1)])).value).toBe("longest");
    const tooLong = [new Uint8Array(2047).fill(1)];
    const message = /^Key too large for read \(max 2048 bytes\)/;
    await expect(kv.get(tooLong)).rejects.toThrow(TypeError);
    await expect(kv.get(tooLong)).rejects.toThrow(message);
    await expect(kv.list({ start: [], end: tooLong }).next()).rejects.toThrow(message);
  });
});
