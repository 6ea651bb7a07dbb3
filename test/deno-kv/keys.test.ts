/**
 * Keys: how each kind of part is encoded, byte for byte as in Deno, the order that follows from it,
 * and how long a key may be. A cursor under the empty prefix is the encoded key.
 */
import { type Key, type Kv, openKv } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { freshName, keysOf, kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

/** The bytes of a key, in hex, as its cursor tells them. */
const encodingOf = async (kv: Kv, key: Key): Promise<string> => {
  await kv.set(key, 1);
  const entries = kv.list({ prefix: [] });
  await entries.next();
  await kv.delete(key);
  const bytes = atob(entries.cursor.replaceAll("-", "+").replaceAll("_", "/"));
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
};

describe("encoding", () => {
  const vectors: [string, Key, string][] = [
    ["bytes, a zero escaped", [Uint8Array.of(1, 0, 255)], "01 01 00 ff ff 00"],
    ["a string as UTF-8, a zero escaped", ["f\0ö"], "02 66 00 ff c3 b6 00"],
    ["the bigint 0", [0n], "14"],
    ["a positive bigint of two bytes", [600n], "16 02 58"],
    ["a negative bigint, complemented", [-200n], "13 37"],
    ["the largest bigint of 8 bytes", [2n ** 64n - 1n], "1c ff ff ff ff ff ff ff ff"],
    ["a bigint of 9 bytes, its length before it", [2n ** 64n], "1d 09 01 00 00 00 00 00 00 00 00"],
    ["a negative bigint of 9 bytes", [-(2n ** 64n)], "0b f6 fe ff ff ff ff ff ff ff ff"],
    ["a positive number, its sign flipped", [1], "21 bf f0 00 00 00 00 00 00"],
    ["a negative number, every bit flipped", [-300], "21 3f 8d 3f ff ff ff ff ff"],
    ["0 and -0 apart", [0, -0], "21 80 00 00 00 00 00 00 00 21 7f ff ff ff ff ff ff ff"],
    ["NaN as one number", [Number.NaN], "21 ff f8 00 00 00 00 00 00"],
    ["false and true", [false, true], "26 27"],
    ["several parts one after the other", ["a", 1n], "02 61 00 15 01"],
  ];
  for (const [what, key, bytes] of vectors) {
    test(`writes ${what}`, async ({ kv }) => {
      expect(await encodingOf(kv, key)).toBe(bytes);
    });
  }

  test("refuses a bigint of more than 255 bytes", async ({ kv }) => {
    expect(await encodingOf(kv, [2n ** 2040n - 1n])).toMatch(/^1d ff( ff){255}$/);
    for (const part of [2n ** 2040n, -(2n ** 2040n)]) {
      await expect(kv.get([part])).rejects.toThrow(TypeError);
      await expect(kv.get([part])).rejects.toThrow(/^BigUint requires more than 255 bytes to be represented/);
    }
  });
});

describe("order", () => {
  test("is bytes, strings, bigints, numbers, false, true, as Deno sorts and not as its manual says", async ({
    kv,
  }) => {
    const keys = [
      [new Uint8Array()],
      [Uint8Array.of(0)],
      [Uint8Array.of(255)],
      [""],
      ["\0"],
      ["a"],
      ["aa"],
      ["b"],
      [-(2n ** 80n)],
      [-1n],
      [0n],
      [1n],
      [2n ** 80n],
      [Number.NEGATIVE_INFINITY],
      [-1.5],
      [-0],
      [0],
      [Number.MIN_VALUE],
      [1.5],
      [Number.POSITIVE_INFINITY],
      [Number.NaN],
      [false],
      [true],
    ];
    for (const key of keys.toReversed()) await kv.set(key, 1);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual(keys);
    expect(await keysOf(kv.list({ prefix: [] }, { reverse: true }))).toEqual(keys.toReversed());
  });

  test("of strings is that of their UTF-8 bytes, not of JavaScript", async ({ kv }) => {
    const strings = ["z", "\u00e9", "\uffff", "\u{10000}"];
    for (const text of strings) await kv.set([text], 1);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual(strings.map((text) => [text]));
    expect(strings.toSorted()).not.toEqual(strings);
  });

  test("keeps 1, 1n, '1' and true apart, and 0 and -0; every NaN is one key", async ({ kv }) => {
    for (const part of [1, 1n, "1", true, 0, -0]) await kv.set([part], part);
    expect(await keysOf(kv.list({ prefix: [] }))).toHaveLength(6);
    expect(Object.is((await kv.get([-0])).value, -0)).toBe(true);
    expect(Object.is((await kv.get([0])).value, 0)).toBe(true);
    const negativeNaN = new Float64Array(Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf8, 0xff).buffer)[0] as number;
    await kv.set([Number.NaN], "set");
    expect((await kv.get([negativeNaN])).value).toBe("set");
  });

  test("puts a key before those that continue it, whatever they continue it with", async ({ kv }) => {
    const keys = [["a"], ["a", new Uint8Array()], ["a", "b"], ["a", true], ["a\0"], ["b"]];
    for (const key of keys.toReversed()) await kv.set(key, 1);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual(keys);
  });
});

describe("limits", () => {
  test("a key has 2,048 bytes at most, so 2,046 of one Uint8Array", async ({ kv }) => {
    const longest = new Uint8Array(2046).fill(1);
    expect((await kv.set([longest], 1)).ok).toBe(true);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual([[longest]]);
    const tooLong = [new Uint8Array(2047).fill(1)];
    const operations = [kv.set(tooLong, 1), kv.delete(tooLong), kv.atomic().set(tooLong, 1).commit()];
    for (const result of await Promise.allSettled(operations)) {
      expect(result).toMatchObject({ reason: { name: "TypeError" } });
      expect(String(result.status === "rejected" && result.reason)).toContain(
        "Key too large for write (max 2048 bytes)",
      );
    }
  });

  test("none of the limits lies below Deno's", async () => {
    await using kv = await openKv(freshName());
    const operation = kv.atomic();
    for (let index = 0; index < 1000; index++) operation.set([index, "x".repeat(60)], "x".repeat(600));
    for (let index = 0; index < 100; index++) operation.check({ key: ["no", index], versionstamp: null });
    operation.delete(["one"]);
    expect((await operation.commit()).ok).toBe(true);
    await kv.set(["value"], new Uint8Array(65_536));
    const entries = kv.list({ prefix: [] }, { batchSize: 1000 });
    expect((await entries.next()).done).toBe(false);
    expect(await kv.getMany(Array.from({ length: 10 }, (_, index) => [index]))).toHaveLength(10);
  });
});
