/**
 * KvU64, the integer that sum, min and max work on.
 */
import { KvU64 } from "rockpool";
import { describe, expect, test } from "vitest";
import { anything } from "./kv-fixture.ts";

describe("KvU64", () => {
  test("is frozen and has its value as an own, enumerable member", () => {
    const u64 = new KvU64(1n);
    expect(Object.isFrozen(u64)).toBe(true);
    expect(Object.entries(u64)).toEqual([["value", 1n]]);
  });

  test("counts as its bigint in arithmetic and comparison, and prints as its digits", () => {
    const u64: unknown = new KvU64(1n);
    expect((u64 as bigint) + 1n).toBe(2n);
    // oxlint-disable-next-line eqeqeq -- the loose comparison is what is shown
    expect(u64 == 1n).toBe(true);
    expect(String(u64)).toBe("1");
    expect(Object.prototype.toString.call(u64)).toBe("[object Deno.KvU64]");
  });

  test("is inspected by Node and Deno as Deno.KvU64", () => {
    const inspect = Reflect.get(new KvU64(1n), Symbol.for("nodejs.util.inspect.custom")) as () => string;
    expect(inspect.call(new KvU64(1n))).toBe("[Deno.KvU64: 1n]");
  });

  test("is cloned as an object with its value, and equals another of its value", () => {
    expect(structuredClone(new KvU64(1n))).toEqual({ value: 1n });
    expect(new KvU64(1n)).toEqual(new KvU64(1n));
    expect(new KvU64(1n)).not.toEqual(new KvU64(2n));
  });

  test("holds 0 to 2^64 - 1 and nothing else", () => {
    expect([new KvU64(0n).value, new KvU64(2n ** 64n - 1n).value]).toEqual([0n, 2n ** 64n - 1n]);
    expect(() => new KvU64(-1n)).toThrow(RangeError);
    expect(() => new KvU64(2n ** 64n)).toThrow(RangeError);
    for (const value of [1, "1", null, undefined]) {
      expect(() => new KvU64(anything(value))).toThrow(TypeError);
    }
  });
});
