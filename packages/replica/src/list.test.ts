/**
 * Listing merges what memory and pages hold, in key order both ways, and reads no more pages than it needs.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { type PackedRange, wholeRange } from "@rockpool/model";
import { listEntries } from "./list.ts";
import { Pages } from "./page-index.ts";
import { key, remove, set } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { SortedKeys } from "./sorted-keys.ts";
import { pageIndexOf } from "./state.ts";

const letters = [..."abcdefghijklmnopqrstuvwxyz"];

let replica: TestReplica;

beforeEach(() => {
  replica = new TestReplica();
  replica.commit(...letters.map((letter) => set(letter, "page")));
  replica.checkpoint({ pageEntries: 4 });
  replica.commit(set("b", "memory"), set("bb", "memory"), remove("c"));
});

const list = (
  limit: number,
  reverse = false,
  range: PackedRange = wholeRange,
  pages: Pages = replica.pages,
): string[] =>
  listEntries(replica.state, pages, range, limit, reverse, ({ value }) => value !== undefined).map(
    ({ key: at }) => at.slice(1, -1),
  );

const rangeOf = (start: string, end: string): PackedRange => ({
  ...wholeRange,
  start: key(start),
  end: key(end),
});

/** Pages of the same index with none at hand. */
const emptyPages = (): Pages =>
  new Pages(
    pageIndexOf(replica.state, {
      pageKeys: replica.storedPages.map(({ generation, first }) => ({ generation, first })),
    }),
  );

describe("a listing", () => {
  test("holds each key once, the newest of memory and page, without what was deleted", () => {
    expect(list(4)).toEqual(["a", "b", "bb", "d"]);
    expect(replica.value("b")).toBe("memory");
  });

  test("runs backwards from the end", () => {
    expect(list(3, true)).toEqual(["z", "y", "x"]);
    expect(list(3, true, rangeOf("a", "e"))).toEqual(["d", "bb", "b"]);
  });

  test("begins with its start and ends before its end", () => {
    expect(list(10, false, rangeOf("x", "z"))).toEqual(["x", "y"]);
    expect(list(10, false, rangeOf("k", "k"))).toEqual([]);
  });

  test.each([false, true])(
    "has the same entries when its pages come as they are asked for (reverse: %s)",
    (reverse) => {
      const pages = emptyPages();
      let lacking: readonly number[] = [];
      let listed: readonly string[] = [];
      for (let run = 0; run === 0 || (lacking.length > 0 && run < 20); run++) {
        pages.add(replica.storedPages.filter((_page, index) => lacking.includes(index)));
        listed = list(Number.POSITIVE_INFINITY, reverse, wholeRange, pages);
        lacking = pages.takeLacking()?.pages ?? [];
      }
      expect(lacking).toEqual([]);
      expect(listed).toEqual(list(Number.POSITIVE_INFINITY, reverse));
    },
  );

  test("asks for the pages of a few entries, not for all", () => {
    const pages = emptyPages();
    list(1, false, rangeOf("f", "z"), pages);
    const lacking = pages.takeLacking()?.pages.length;
    expect(lacking).toBeGreaterThan(0);
    expect(lacking).toBeLessThan(4);
  });
});

test("sorted keys hold each key once, and take in what was added between two looks", () => {
  const keys = new SortedKeys();
  for (const name of ["m", "a", "m"]) keys.add(key(name));
  expect(keys.between(wholeRange.start, wholeRange.end)).toEqual([key("a"), key("m")]);
  for (const name of ["z", "b", "a"]) keys.add(key(name));
  expect(keys.between(key("b"), key("z"))).toEqual([key("b"), key("m")]);
  expect(keys.size).toBe(4);
});
