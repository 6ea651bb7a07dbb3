/**
 * What each mutation does to each kind of value, how large a commit counts, and where its limits
 * lie.
 */
import { describe, expect, test } from "vitest";
import type { Check, Mutation } from "./commit.ts";
import { u64Max } from "./kv-u64.ts";
import { checksMax, commitBytesMax, mutationsMax } from "./limits.ts";
import { applyMutation, checkCommitLimits, commitBytes, mutationBytes } from "./operation.ts";
import { packKey } from "./packed-key.ts";
import type { Value } from "./value.ts";

const key = packKey(["k"]);
const u64 = (data: bigint): Value => ({ encoding: "u64", data });
const json = (data: string): Value => ({ encoding: "json", data });
const bytes = (size: number): Value => ({ encoding: "bytes", data: new Uint8Array(size) });
const set = (value: Value): Mutation => ({ type: "set", key, value });
const arithmetic = (type: "sum" | "min" | "max", operand: bigint): Mutation => ({ type, key, operand });
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const check: Check = { key, premise: { type: "absent" } };

describe("a mutation", () => {
  test("sets and deletes whatever stood there", () => {
    expect(applyMutation(json("1"), set(json("2")))).toEqual({ ok: true, value: json("2") });
    expect(applyMutation(json("1"), { type: "delete", key })).toEqual({ ok: true, value: undefined });
    expect(applyMutation(undefined, { type: "delete", key })).toEqual({ ok: true, value: undefined });
  });

  test.each(["sum", "min", "max"] as const)("%s takes its operand where nothing stood", (type) => {
    expect(applyMutation(undefined, arithmetic(type, 5n))).toEqual({ ok: true, value: u64(5n) });
  });

  test.each([
    ["sum", 3n, 5n, 8n],
    ["sum", u64Max, 10n, 9n],
    ["min", 3n, 5n, 3n],
    ["min", 5n, 3n, 3n],
    ["max", 3n, 5n, 5n],
    ["max", 5n, 3n, 5n],
  ] as const)("%s of %d and %d is %d", (type, current, operand, result) => {
    expect(applyMutation(u64(current), arithmetic(type, operand))).toEqual({ ok: true, value: u64(result) });
  });

  test.each(["sum", "min", "max"] as const)("%s over a value that is no u64 does not apply", (type) => {
    expect(applyMutation(json("1"), arithmetic(type, 5n))).toEqual({ ok: false });
    expect(applyMutation(bytes(8), arithmetic(type, 5n))).toEqual({ ok: false });
  });
});

describe("the limits of a commit", () => {
  test("count the keys of checks, and keys and values of mutations", () => {
    expect(key).toHaveLength(3);
    expect(mutationBytes(set(json('"é"')))).toBe(3 + 4);
    expect(mutationBytes({ type: "delete", key })).toBe(3);
    expect(mutationBytes(arithmetic("sum", 1n))).toBe(3 + 8);
    expect(commitBytes([check, check], [set(bytes(10)), arithmetic("max", 1n)])).toBe(6 + 13 + 11);
  });

  test("admit the largest commit and name the size of a larger one", () => {
    const half = set(bytes(commitBytesMax / 2 - key.length));
    expect(() => checkCommitLimits([], [half, half])).not.toThrow();
    expect(() => checkCommitLimits([check], [half, half])).toThrow(
      /^Total mutation size too large \(max 8388608 bytes\): 8388611 bytes; split/,
    );
    expect(() => checkCommitLimits([check], [half, half])).toThrow(TypeError);
  });

  test("count text exactly before they refuse it", () => {
    const ascii = set(json("a".repeat(commitBytesMax / 2)));
    expect(() => checkCommitLimits([], [ascii])).not.toThrow();
    expect(() => checkCommitLimits([], [set(json("é".repeat(commitBytesMax / 2)))])).toThrow(
      "Total mutation size",
    );
  });

  test("bound the number of checks and mutations", () => {
    const remove: Mutation = { type: "delete", key };
    expect(() => checkCommitLimits(times(checksMax, check), times(mutationsMax, remove))).not.toThrow();
    expect(() => checkCommitLimits(times(checksMax + 1, check), [])).toThrow(
      /^Too many checks \(max 1000\): 1001;/,
    );
    expect(() => checkCommitLimits([], times(mutationsMax + 1, remove))).toThrow(
      /^Too many mutations \(max 10000\): 10001;/,
    );
  });
});
