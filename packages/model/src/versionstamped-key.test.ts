/**
 * Keys that end with their commit's versionstamp: what may hold the symbol, and what comes of it.
 */
import { describe, expect, test } from "vitest";
import { keyBytesMax } from "./limits.ts";
import { isPackedKey, packKey, unpackKey } from "./packed-key.ts";
import { createVersionstamp } from "./versionstamp.ts";
import {
  commitVersionstamp,
  finishKey,
  isUnfinishedKey,
  type KeyToSet,
  packKeyToSet,
} from "./versionstamped-key.ts";

const versionstamp = createVersionstamp(51, 7);
const keyOf = (length: number): KeyToSet => ["x".repeat(length), commitVersionstamp];

describe("a key that ends with its commit's versionstamp", () => {
  test("is no packed key until the versionstamp is there, as a string", () => {
    const unfinished = packKeyToSet(["log", 1, commitVersionstamp]);
    expect(isUnfinishedKey(unfinished)).toBe(true);
    expect(isPackedKey(unfinished)).toBe(false);
    expect(unpackKey(finishKey(unfinished, versionstamp))).toEqual(["log", 1, versionstamp]);
  });

  test("has at most the bytes of any key, its versionstamp counted", () => {
    // Both parts are strings: a tag before each and a zero behind it.
    const most = keyBytesMax - versionstamp.length - 4;
    expect(finishKey(packKeyToSet(keyOf(most)), versionstamp)).toHaveLength(keyBytesMax);
    expect(() => packKeyToSet(keyOf(most + 1))).toThrow(/Key too large for write \(max 2048 bytes\)/);
  });
});

test("any other key is packed as ever, and finishing it changes nothing", () => {
  for (const key of [["a"], ["a", 51n], ["a", "Ā"], [Uint8Array.of(0, 255)]]) {
    expect(packKeyToSet(key)).toBe(packKey(key));
    expect(isUnfinishedKey(packKey(key))).toBe(false);
    expect(finishKey(packKey(key), versionstamp)).toBe(packKey(key));
  }
});

test("the symbol alone is an empty key, and in any other place no part; nor is another symbol", () => {
  expect(() => packKeyToSet([commitVersionstamp])).toThrow("key cannot be empty");
  const noPart = "expected string, number, bigint, ArrayBufferView, boolean";
  expect(() => packKeyToSet(["a", commitVersionstamp, "b"])).toThrow(noPart);
  expect(() => packKeyToSet(["a", commitVersionstamp, commitVersionstamp])).toThrow(noPart);
  expect(() => packKeyToSet(["a", Symbol("KvCommitVersionstamp")])).toThrow(noPart);
  expect(() => packKeyToSet("a" as unknown as KeyToSet)).toThrow("expected: array");
});
