/**
 * The epochs of a bucket's history: which points (epoch, revision) lie in it. A database that was put
 * back from a backup shows here: what came after the backup lies in no history any more.
 */
import type { EpochId, Revision } from "@rockpool/model";

/** An epoch of a bucket's history, and the first revision that is its own. */
export interface EpochStart {
  readonly epoch: EpochId;
  readonly firstRevision: Revision;
}

/** The last revision that a replica received up to the cursor and `history` has; 0 when nobody can say. */
export const sharedRevision = (
  { epochs, head }: { readonly epochs: readonly EpochStart[]; readonly head: Revision },
  epoch: EpochId | null,
  cursor: Revision,
): Revision => {
  const index = epochs.findLastIndex((start) => start.epoch === epoch);
  if (index === -1) return 0;
  const next = epochs[index + 1];
  return Math.min(cursor, next === undefined ? head : next.firstRevision - 1);
};

/**
 * True when the point (epoch, revision) lies in the history that `epochs` tells of: the epoch is
 * listed, and the revision lies below the first one of the epoch that follows it.
 */
export const isInHistory = (epochs: readonly EpochStart[], epoch: EpochId, revision: Revision): boolean => {
  const index = epochs.findLastIndex((start) => start.epoch === epoch);
  if (index === -1) return false;
  const next = epochs[index + 1];
  return next === undefined || revision < next.firstRevision;
};

/** True when a replica that has received everything up to the cursor may go on from there. */
export const isValidCursor = (
  history: {
    readonly epochs: readonly EpochStart[];
    readonly head: Revision;
    /** The highest revision of a tombstone that was dropped. */
    readonly floor: Revision;
  },
  epoch: EpochId | null,
  cursor: Revision,
): boolean =>
  epoch === null
    ? cursor === 0
    : cursor <= history.head &&
      (cursor === 0 || cursor >= history.floor) &&
      isInHistory(history.epochs, epoch, cursor);
