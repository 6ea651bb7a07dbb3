/**
 * KvU64 takes what Deno's takes, refuses what it refuses,
 * and shows itself the same way.
 */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { KvU64, u64Max, wrapU64 } from "./kv-u64.ts";

describe("KvU64", () => {
  test("holds its bigint as an own, enumerable, frozen value", () => {
    const one = new KvU64(1n);
    expect(Object.entries(one)).toEqual([["value", 1n]]);
    expect(Object.isFrozen(one)).toBe(true);
    expect(structuredClone(one)).toEqual({ value: 1n });
  });

  test("computes and compares as its bigint", () => {
    const two = new KvU64(2n);
    expect((two as unknown as bigint) + 1n).toBe(3n);
    // oxlint-disable-next-line eqeqeq -- that it is loosely equal is Deno's behaviour
    expect((two as unknown) == 2n).toBe(true);
    expect(`${two}`).toBe("2");
    expect(new KvU64(2n)).toEqual(two);
    expect(new KvU64(3n)).not.toEqual(two);
  });

  test("shows itself as Deno's does", () => {
    expect(Object.prototype.toString.call(new KvU64(1n))).toBe("[object Deno.KvU64]");
    expect(inspect({ n: new KvU64(1n) })).toBe("{ n: [Deno.KvU64: 1n] }");
  });

  test("accepts both ends of its range", () => {
    expect([new KvU64(0n).value, new KvU64(u64Max).value]).toEqual([0n, 18446744073709551615n]);
  });

  test("refuses what is no bigint or does not fit, as Deno does", () => {
    expect(() => new KvU64(1 as unknown as bigint)).toThrow(
      new TypeError("Value must be a bigint: received number"),
    );
    expect(() => new KvU64(-1n)).toThrow(new RangeError("Value must be a positive bigint: received -1"));
    expect(() => new KvU64(u64Max + 1n)).toThrow(
      new RangeError("Value must fit in a 64-bit unsigned integer"),
    );
  });

  test("wraps modulo 2^64", () => {
    expect([wrapU64(u64Max), wrapU64(u64Max + 10n), wrapU64(-1n)]).toEqual([u64Max, 9n, u64Max]);
  });
});
