/**
 * What is confirmed, in key order and in bounded pieces, whatever is pending on it.
 */
import type { PackedKey, PackedRange, Revision, Value, Versionstamp } from "@rockpool/model";
import type { Pages } from "./page-index.ts";
import { scanRange } from "./scan.ts";
import type { ReplicaState } from "./state.ts";
import { confirmedOf, type ConfirmedView } from "./view.ts";

/** An entry with a value; one that has ended and is not removed yet is among them. */
export interface ConfirmedEntry {
  readonly key: PackedKey;
  readonly value: Value;
  readonly expireAt?: number;
  readonly revision?: Revision;
  readonly versionstamp: Versionstamp;
}

export interface ConfirmedPiece {
  readonly entries: readonly ConfirmedEntry[];
  /** Where the rest begins; null when nothing is left. */
  readonly rest: PackedKey | null;
}

const pieceLimits = { entries: 1000, bytes: 1024 * 1024, pages: 16 };

/** The confirmed entries of a range, as many as one piece holds. Void when `pages` notes something lacking. */
export const confirmedIn = (state: ReplicaState, pages: Pages, range: PackedRange): ConfirmedPiece => {
  const viewsAt = (key: PackedKey) => {
    const confirmed = confirmedOf(state, pages, key);
    return confirmed.value === undefined ? [] : [{ ...confirmed, lastWriter: undefined }];
  };
  const { entries, rest } = scanRange(state, pages, range, () => true, viewsAt, pieceLimits);
  return { entries: entries.flatMap(({ key, view }) => toEntry(key, view)), rest };
};

const toEntry = (
  key: PackedKey,
  { value, expireAt, revision, versionstamp }: Omit<ConfirmedView, "keptUntil">,
): readonly ConfirmedEntry[] =>
  value === undefined
    ? []
    : [
        {
          key,
          value,
          versionstamp,
          ...(expireAt === undefined ? {} : { expireAt }),
          ...(revision === undefined ? {} : { revision }),
        },
      ];
