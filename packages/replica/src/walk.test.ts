/**
 * Counting and deleting by range go through it in bounded pieces: each says where the rest begins,
 * and together they meet every key in view once.
 */
import { describe, expect, test } from "vitest";
import { commitBytesMax, mutationsMax, type PackedKey, type PackedRange, wholeRange } from "@rockpool/model";
import { key, remove, set } from "./commit-fixture.ts";
import { Pages } from "./page-index.ts";
import { TestReplica } from "./replica-fixture.ts";
import { pageIndexOf } from "./state.ts";
import { countKeys, type DeleteLimits, deletesIn } from "./walk.ts";

const letters = [..."abcdefghij"];

const replicaOf = (hasPages: boolean): TestReplica => {
  const replica = new TestReplica();
  replica.commit(...letters.map((letter) => set(letter, letter)));
  if (hasPages) replica.checkpoint({ pageEntries: 3 });
  replica.commit(remove("b"), remove("h"), set("bb", "new"), set("z", "gone", replica.nowMs));
  return replica;
};

const visiting = (visitsMax: number): DeleteLimits => ({
  visitsMax,
  mutationsMax,
  bytesMax: commitBytesMax,
});

/** 2,000 bytes. */
const longName = (n: number): string => String(n).padStart(2000, "0");

const from = (start: PackedKey): PackedRange => ({ ...wholeRange, start });

describe.each([true, false])("with pages: %s", (hasPages) => {
  test.each([1, 2, 5, 100])("pieces of %i visits count every entry in view once", (visitsMax) => {
    const replica = replicaOf(hasPages);
    let count = 0;
    let start: PackedKey | null = "" as PackedKey;
    while (start !== null) {
      const piece = countKeys(replica.state, replica.pages, from(start), replica.nowMs, visitsMax);
      expect(piece.count).toBeLessThanOrEqual(visitsMax);
      count += piece.count;
      start = piece.rest;
    }
    expect(count).toBe(9);
  });

  test("a delete names the keys in view, and where the rest begins", () => {
    const replica = replicaOf(hasPages);
    const whole = deletesIn(replica.state, replica.pages, wholeRange, replica.nowMs, visiting(100));
    expect(whole.mutations.map((mutation) => mutation.key)).toEqual(
      ["a", "bb", "c", "d", "e", "f", "g", "i", "j"].map(key),
    );
    expect(whole.rest).toBeNull();
    const part = deletesIn(replica.state, replica.pages, wholeRange, replica.nowMs, visiting(3));
    expect(part.mutations.map((mutation) => mutation.key)).toEqual([key("a"), key("bb")]);
    expect(part.rest).toBe(key("c"));
  });
});

test("a delete holds no more than one commit may: mutations, and bytes of keys", () => {
  const many = new TestReplica();
  many.commit(...Array.from({ length: mutationsMax + 5 }, (_, n) => set(String(n).padStart(6, "0"), "v")));
  const first = deletesIn(many.state, many.pages, wholeRange, many.nowMs, visiting(1e6));
  expect(first.mutations).toHaveLength(mutationsMax);
  expect(first.rest).toBe(key(String(mutationsMax).padStart(6, "0")));
  const long = new TestReplica();
  long.commit(...Array.from({ length: 4500 }, (_, n) => set(longName(n), "v")));
  const { mutations, rest } = deletesIn(long.state, long.pages, wholeRange, long.nowMs, visiting(1e6));
  const bytes = mutations.reduce((sum, mutation) => sum + mutation.key.length, 0);
  expect(bytes).toBeLessThanOrEqual(commitBytesMax);
  expect(bytes + (rest?.length ?? 0)).toBeGreaterThan(commitBytesMax);
});

test("a piece asks for no more pages than its visits need", () => {
  const replica = new TestReplica();
  replica.commit(...Array.from({ length: 400 }, (_, n) => set(String(n).padStart(4, "0"), "v")));
  replica.checkpoint({ pageEntries: 4 });
  const index = pageIndexOf(replica.state, {
    pageKeys: replica.storedPages.map(({ generation, first }) => ({ generation, first })),
  });
  expect(index.firsts.length).toBeGreaterThan(90);
  const pages = new Pages(index);
  countKeys(replica.state, pages, wholeRange, replica.nowMs, 24);
  expect(pages.takeLacking()?.pages.length).toBeLessThan(4);
});
