/**
 * Which keys a feed is about, and how what stands under them is read piece by piece.
 */
import { inRange, matchesPattern, type PackedKey, type PackedRange } from "@rockpool/model";
import {
  type EntryView,
  type Pages,
  type ReplicaState,
  type ScanLimits,
  type Scanned,
  scanKeys,
  scanRange,
} from "@rockpool/replica";
import type { FeedSelection } from "./feed-api.ts";

export interface Selected {
  /** Where reading begins. */
  readonly first: PackedKey;
  readonly isMine: (key: PackedKey) => boolean;
  /** What `viewsAt` gives for the keys from one on. Void when `pages` notes something lacking. */
  readonly scan: (state: ReplicaState, pages: Pages, scan: ScanFrom) => Scanned;
}

export interface ScanFrom {
  readonly from: PackedKey;
  /** Tells by its first key whether a page is to be read. */
  readonly mayHold: (first: PackedKey) => boolean;
  readonly viewsAt: (key: PackedKey) => readonly EntryView[];
  readonly limits: ScanLimits;
}

export const selectedBy = (selection: FeedSelection): Selected => {
  switch (selection.type) {
    case "keys":
      return selectKeys(selection.keys);
    case "range": {
      const { range } = selection;
      return selectRange(range, (key) => inRange(range, key));
    }
    case "pattern": {
      const { pattern } = selection;
      return selectRange(pattern.range, (key) => matchesPattern(pattern, key));
    }
  }
};

const selectKeys = (keys: readonly PackedKey[]): Selected => {
  const asked = new Set(keys);
  const sorted = [...asked].toSorted();
  return {
    first: "" as PackedKey,
    isMine: (key) => asked.has(key),
    scan: (_state, _pages, { from, viewsAt, limits }) =>
      scanKeys(
        sorted.filter((key) => key >= from),
        viewsAt,
        limits,
      ),
  };
};

const selectRange = (range: PackedRange, isMine: (key: PackedKey) => boolean): Selected => ({
  first: range.start,
  isMine,
  scan: (state, pages, { from, mayHold, viewsAt, limits }) =>
    scanRange(
      state,
      pages,
      { ...range, start: from },
      mayHold,
      (key) => (isMine(key) ? viewsAt(key) : []),
      limits,
    ),
});
