/**
 * What the relay keeps under a key: the entry or its tombstone, and what is needed to rule on the
 * commits that come: when it was last changed, by whose device, and by which commit.
 */
import type { CommitName, PatchEntry, ReplicaId, Stamp } from "@rockpool/model";

/** An entry with its ruling state. Without `value` it is a tombstone. */
export interface RelayEntry extends PatchEntry {
  /** The stamp of the key's latest mutation; never falls. */
  readonly stamp: Stamp;
  /** The replica whose mutation holds `stamp`. */
  readonly stampHolder: ReplicaId;
  /** The stamp of the key's latest set or delete; never falls, never above `stamp`. */
  readonly setStamp: Stamp;
  /** The replica whose mutation holds `setStamp`; empty while the key was never set or deleted. */
  readonly setHolder: ReplicaId;
  /** The commit that left the entry as it is. */
  readonly writer: CommitName;
}

/** What a replica is shown of an entry. */
export const patchEntryOf = ({ key, value, expireAt, revision }: RelayEntry): PatchEntry => {
  if (value === undefined) return { key, revision };
  return expireAt === undefined ? { key, value, revision } : { key, value, expireAt, revision };
};
