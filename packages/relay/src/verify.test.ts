/**
 * The hash of a scope is taken piece by piece, and given up when it is of no use.
 */
import { expect, test } from "vitest";
import { type PackedKey, wholeBucket, zeroStamp } from "@rockpool/model";
import type { Page } from "./engine.ts";
import { hashScope } from "./verify.ts";

/** A bucket of endless pages, each read at the next of these heads. */
const bucketAt = (...heads: readonly number[]) => {
  const reads: PackedKey[] = [];
  const readPage = async (_scope: unknown, after: PackedKey): Promise<Page> => {
    const head = heads[reads.length] ?? 0;
    reads.push(after);
    return { entries: [], next: `${after}a` as PackedKey, head, stamp: zeroStamp };
  };
  return { reads, readPage };
};

test("a hash is given up when the history moves on", async () => {
  const bucket = bucketAt(5, 5, 6);
  expect(await hashScope(bucket, wholeBucket, 5, () => true)).toBeUndefined();
  expect(bucket.reads).toEqual(["", "a", "aa"]);
});

test("a hash is given up when its session ends: nothing is read of a relay that goes down", async () => {
  const bucket = bucketAt(5, 5, 5);
  expect(await hashScope(bucket, wholeBucket, 5, () => bucket.reads.length < 2)).toBeUndefined();
  expect(bucket.reads).toHaveLength(2);
});
