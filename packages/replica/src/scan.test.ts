/**
 * A scan gives every key of its range once, in order, in pieces within their limits, and reads no
 * page that cannot hold what is looked for.
 */
import { expect, test } from "vitest";
import { createVersionstamp, type PackedKey, packKey, type PackedRange } from "@rockpool/model";
import type { Page } from "@rockpool/log";
import { type ListedEntry } from "./list.ts";
import { PageIndex, Pages } from "./page-index.ts";
import { createPage } from "./rewrite-pages.ts";
import { type ScanLimits, scanRange } from "./scan.ts";
import { ReplicaState } from "./state.ts";
import { viewOf } from "./view.ts";

const key = (n: number): PackedKey => packKey(["k", String(n).padStart(2, "0")]);
const everything: PackedRange = {
  start: "" as PackedKey,
  end: "\u00ff" as PackedKey,
  common: "" as PackedKey,
};
const wide: ScanLimits = { entries: 100, bytes: 1e6, pages: 100 };
const value = { encoding: "json", data: "1" } as const;

/** Ten pages of five entries each; those from `laterFrom` on are later. */
const pagesOfFive = (laterFrom: number): readonly Page[] =>
  Array.from({ length: 10 }, (_, page) => {
    const entries = Array.from({ length: 5 }, (_, place) => {
      const n = page * 5 + place;
      return { key: key(n), value, versionstamp: createVersionstamp(n >= laterFrom ? 2 : 1) };
    });
    return createPage(0, page === 0 ? ("" as PackedKey) : (entries[0]?.key as PackedKey), entries);
  });

/** Scans to the end, loading pages as they are asked for. */
const scanAll = (laterFrom: number, since: number, limits: ScanLimits) => {
  const stored = pagesOfFive(laterFrom);
  const index = new PageIndex(0, stored);
  const pages = new Pages(index);
  const state = new ReplicaState(undefined);
  state.cover(key(7), { value }, createVersionstamp(3));
  state.cover(packKey(["k", "07", "new"]), { value }, createVersionstamp(3));
  const mayHold = (first: PackedKey): boolean =>
    stored.some((page) => page.first === first && page.latest > createVersionstamp(since));
  const viewsAt = (one: PackedKey) =>
    [viewOf(state, pages, one)].filter(({ versionstamp }) => versionstamp > createVersionstamp(since));
  const pieces: (readonly ListedEntry[])[] = [];
  let loaded = 0;
  for (let from: PackedKey | null = everything.start; from !== null;) {
    const piece = scanRange(state, pages, { ...everything, start: from }, mayHold, viewsAt, limits);
    const lacking = pages.takeLacking()?.pages ?? [];
    loaded += lacking.length;
    for (const at of lacking) pages.add([stored[at] as Page]);
    if (lacking.length > 0) continue;
    pieces.push(piece.entries);
    from = piece.rest;
  }
  return { keys: pieces.flat().map((entry) => entry.key), sizes: pieces.map(({ length }) => length), loaded };
};

const allKeys = (from: number): readonly PackedKey[] =>
  [...Array.from({ length: 50 - from }, (_, n) => key(from + n)), key(7), packKey(["k", "07", "new"])]
    .filter((one, index, all) => all.indexOf(one) === index)
    .toSorted();

test.each<[string, Partial<ScanLimits>]>([
  ["entries", { entries: 1 }],
  ["entries", { entries: 7 }],
  ["bytes", { bytes: 20 }],
  ["pages", { pages: 1 }],
  ["pages", { pages: 3 }],
])("gives every key once and in order, within limits of %s: %o", (_, limits) => {
  const { keys, sizes } = scanAll(0, 0, { ...wide, ...limits });
  expect(keys).toEqual(allKeys(0));
  expect(Math.max(...sizes)).toBeLessThanOrEqual((limits.entries ?? 0) || (limits.pages ?? 4) * 5 + 2);
});

test("reads only pages that may hold something later, and what memory holds beside them", () => {
  const { keys, loaded } = scanAll(40, 1, { ...wide, pages: 1 });
  expect(keys).toEqual(allKeys(40));
  expect(loaded).toBe(2);
});
