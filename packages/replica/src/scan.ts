/**
 * Scans for feeds: what a selection holds, in key order and in bounded pieces, each read at one
 * state. Pages that cannot hold what is looked for are passed over.
 */
import { entryBytes, type PackedKey, type PackedRange } from "@rockpool/model";
import { type ListedEntry, mergeKeys } from "./list.ts";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import type { EntryView } from "./view.ts";

export interface ScanLimits {
  /** Entries and bytes of one piece, at most about. */
  readonly entries: number;
  readonly bytes: number;
  /** Pages read for one piece. */
  readonly pages: number;
}

export interface Scanned {
  readonly entries: readonly ListedEntry[];
  /** Where the rest begins; null when nothing of it is left. */
  readonly rest: PackedKey | null;
}

/**
 * What `viewsAt` gives for the keys of `range`, from its beginning. `mayHold` tells by its first key
 * whether a page is to be read. Void when `pages` notes something lacking.
 */
export const scanRange = (
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  mayHold: (first: PackedKey) => boolean,
  viewsAt: (key: PackedKey) => readonly EntryView[],
  limits: ScanLimits,
): Scanned => {
  const { indexes, end } = pagesFor(state, pages, range, mayHold, limits.pages);
  const memory = state.keys.between(range.start, end);
  const keys = mergeKeys(memory, storedKeys(pages, indexes, range), false);
  return collect(keys, viewsAt, limits, end < range.end ? end : null);
};

/** What `viewsAt` gives for `keys`, which ascend. Void when `pages` notes something lacking. */
export const scanKeys = (
  keys: readonly PackedKey[],
  viewsAt: (key: PackedKey) => readonly EntryView[],
  limits: ScanLimits,
): Scanned => collect(keys, viewsAt, limits, null);

const collect = (
  keys: Iterable<PackedKey>,
  viewsAt: (key: PackedKey) => readonly EntryView[],
  limits: ScanLimits,
  rest: PackedKey | null,
): Scanned => {
  const entries: ListedEntry[] = [];
  let bytes = 0;
  for (const key of keys) {
    for (const view of viewsAt(key)) {
      entries.push({ key, view });
      bytes += entryBytes({ key, ...(view.value === undefined ? {} : { value: view.value }) });
    }
    // Just behind this key.
    if (entries.length >= limits.entries || bytes >= limits.bytes) {
      return { entries, rest: `${key}\x00` as PackedKey };
    }
  }
  return { entries, rest };
};

/** The first pages of a range that may hold something, and where the next one of them begins. */
const pagesFor = (
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  mayHold: (first: PackedKey) => boolean,
  pagesMax: number,
): { readonly indexes: readonly number[]; readonly end: PackedKey } => {
  const indexes: number[] = [];
  const { generation, firsts } = pages.index;
  if (generation !== state.generation) return { indexes, end: range.end };
  for (let index = Math.max(0, pages.index.at(range.start)); index < firsts.length; index++) {
    const first = firsts[index] as PackedKey;
    if (first >= range.end) break;
    if (!mayHold(first)) continue;
    if (indexes.length >= pagesMax) return { indexes, end: first };
    indexes.push(index);
  }
  return { indexes, end: range.end };
};

function* storedKeys(pages: Pages, indexes: readonly number[], range: PackedRange): Iterable<PackedKey> {
  // One that is lacking is passed over, so that all that are lacking are noted in one run.
  for (const index of indexes) {
    for (const { key } of pages.page(index)?.entries ?? []) {
      if (key >= range.start && key < range.end) yield key;
    }
  }
}
