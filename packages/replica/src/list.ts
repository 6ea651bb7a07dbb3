/**
 * Listing: what memory and pages hold in a range of keys, merged in key order, as readers see it.
 */
import { isEmptyRange, type PackedKey, type PackedRange } from "@rockpool/model";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { type EntryView, viewOf } from "./view.ts";

/** An entry of a listing; deletions that are still remembered come without a value. */
export interface ListedEntry {
  readonly key: PackedKey;
  readonly view: EntryView;
}

/**
 * At most `limit` entries of `range` for which `keep` is true, ascending or, with `reverse`,
 * descending. Void when `pages` notes something lacking.
 */
export const listEntries = (
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  limit: number,
  reverse: boolean,
  keep: (view: EntryView, key: PackedKey) => boolean,
): readonly ListedEntry[] => {
  const listed: ListedEntry[] = [];
  for (const key of keysIn(state, pages, range, limit, reverse)) {
    const view = viewOf(state, pages, key);
    if (keep(view, key)) listed.push({ key, view });
    if (listed.length >= limit) break;
  }
  return listed;
};

/** Pages hold some 64 entries; asking for a few too many costs less than asking twice. */
const entriesPerPageLow = 24;

/** All keys of `range` that memory or pages hold, in order; `limit` says how many pages to ask for at first. */
export function* keysIn(
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  limit: number,
  reverse: boolean,
): Iterable<PackedKey> {
  const memory = state.keys.between(range.start, range.end);
  const stored = storedKeys(state, pages, range, limit, reverse);
  yield* mergeKeys(reverse ? memory.toReversed() : memory, stored, reverse);
}

function* storedKeys(
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  limit: number,
  reverse: boolean,
): Iterable<PackedKey> {
  if (pages.index.generation !== state.generation || pages.index.firsts.length === 0 || isEmptyRange(range)) {
    return;
  }
  const first = Math.max(0, pages.index.at(range.start));
  const last = pages.index.at(range.end);
  const ahead = Math.ceil(limit / entriesPerPageLow);
  const step = reverse ? -1 : 1;
  const [from, to] = reverse ? [last, first] : [first, last];
  const [low, high] = reverse ? [Math.max(to, from - ahead), from] : [from, Math.min(to, from + ahead)];
  pages.expect(low, high);
  for (let index = from; reverse ? index >= to : index <= to; index += step) {
    const page = pages.page(index);
    if (page === undefined) {
      // Beyond what was expected: the run is void, and the next one will have these. As many again as were
      // passed, so that a long run of deletions takes few runs.
      const more = Math.max(ahead, Math.abs(index - from));
      pages.expect(
        reverse ? Math.max(to, index - more) : index,
        reverse ? index : Math.min(to, index + more),
      );
      return;
    }
    const entries = reverse ? page.entries.toReversed() : page.entries;
    for (const { key } of entries) if (key >= range.start && key < range.end) yield key;
  }
}

/** Two ordered runs of keys as one, each key once. */
export function* mergeKeys(
  a: Iterable<PackedKey>,
  b: Iterable<PackedKey>,
  reverse: boolean,
): Iterable<PackedKey> {
  const left = a[Symbol.iterator]();
  const right = b[Symbol.iterator]();
  let x = left.next();
  let y = right.next();
  while (x.done !== true || y.done !== true) {
    if (y.done === true || (x.done !== true && (reverse ? x.value > y.value : x.value < y.value))) {
      yield x.value as PackedKey;
      x = left.next();
    } else {
      if (x.done !== true && x.value === y.value) x = left.next();
      yield y.value;
      y = right.next();
    }
  }
}
