/**
 * What a checkpoint leaves on disk: pages of confirmed entries, the commits that still matter, and
 * `meta`. Written to disk: never change the meaning of a field, add a new one.
 */
import { KvError } from "@rockpool/model";
import type {
  Commit,
  CommitLimits,
  EpochId,
  PackedKey,
  Position,
  RejectionReason,
  ReplicaId,
  Revision,
  Stamp,
  SupersededMutation,
  Value,
  Versionstamp,
} from "@rockpool/model";

/** One key's confirmed state. Without `value` it is a deletion, kept for its versionstamp. */
export interface PageEntry {
  readonly key: PackedKey;
  readonly value?: Value;
  readonly expireAt?: number;
  /** Of a deletion: until when it is remembered, in ms since 1970. */
  readonly keptUntil?: number;
  /** The versionstamp of the view without the commits that were pending at the checkpoint. */
  readonly versionstamp: Versionstamp;
  /** Absent in a bucket without a relay, and for a key the relay never sent. */
  readonly revision?: Revision;
}

/** A sorted run of entries in one record: all confirmed keys from `first` up to the next page's. */
export interface Page {
  readonly generation: number;
  /** Lower bound of the page's range, inclusive; "" for the first page of a bucket. */
  readonly first: PackedKey;
  readonly entries: readonly PageEntry[];
  /** The latest versionstamp among the entries; indexed, so that feeds skip pages. */
  readonly latest: Versionstamp;
  /** The earliest `expireAt` or `keptUntil` among the entries; indexed; absent when there is none. */
  readonly earliestExpiry?: number;
}

/** An older version of a key, in a record of its own. Without `value` the key was deleted then. */
export interface Version {
  readonly generation: number;
  readonly key: PackedKey;
  readonly versionstamp: Versionstamp;
  readonly value?: Value;
  readonly expireAt?: number;
  readonly revision?: Revision;
}

/** Where the older versions of a key are. */
export interface VersionsOf {
  readonly generation: number;
  readonly key: PackedKey;
}

/** How a bucket is kept; the same for all tabs of a device. */
export interface BucketSettings {
  /** Versions kept of a key, the current one included: 1 to 64. */
  readonly history: number;
  /** The life of an entry that is written without one, in ms; null: for ever. */
  readonly expireInMs: number | null;
}

export const defaultSettings: BucketSettings = { history: 1, expireInMs: null };

/** What pages hold: entries with a value, and their bytes (`entryBytes`). */
export interface StoredSize {
  readonly entries: number;
  readonly bytes: number;
}

/** A page's address. */
export interface PageKey {
  readonly generation: number;
  readonly first: PackedKey;
}

/** A page's address as one text. */
export const pageAddress = ({ generation, first }: PageKey): string => `${generation}/${first}`;

/** By generation, then key. Code units compare as IndexedDB compares strings. */
export const comparePageKeys = (a: PageKey, b: PageKey): number =>
  a.generation - b.generation || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0);

/** - `pending`: to be ruled. - `hidden`: to be ruled, known not to hold. - `rejected`: the app decides. - `confirmed`. */
export type CommitState = "pending" | "hidden" | "rejected" | "confirmed";

/** A commit that still matters after its row is gone. */
export interface TrackedCommit {
  readonly commit: Commit;
  readonly versionstamp: Versionstamp;
  readonly state: CommitState;
  /** Set once it was ruled. */
  readonly revision?: Revision;
  readonly reason?: RejectionReason;
  /** Keys whose mutation in it was superseded. */
  readonly supersededKeys?: readonly PackedKey[];
  /** Blind mutations of it that lost, by index, with their winners. Absent: none. */
  readonly superseded?: readonly SupersededMutation[];
  /** Mutations of it, by index, whose keys lay outside the scope when it was confirmed. Absent: none. */
  readonly unseen?: readonly number[];
  /** As in its row. */
  readonly awaited?: true;
  /** When its ruling was revealed here, in ms since 1970 by the row's reading. */
  readonly ruledAtMs?: number;
}

/** The commits of one row that still matter, in the order of the row. */
export interface PendingRecord {
  readonly position: Position;
  readonly commits: readonly TrackedCommit[];
}

/** The folded state of sync, as of a checkpoint. Nothing is set aside in it. */
export interface SessionState {
  readonly epoch: EpochId | null;
  /** Up to where history was received and is shown; equal in a checkpoint. */
  readonly cursor: Revision;
  /** The prefixes a session serves; [""] is all. */
  readonly scope: readonly PackedKey[];
  /** The prefixes the app follows; [""] is all. */
  readonly followed: readonly PackedKey[];
  readonly clockOffsetMs: number;
  readonly paused: boolean;
  /** The epoch whose history the pages lie in, where it is another than `epoch`. */
  readonly confirmedEpoch?: EpochId | null;
  /** The scope that the pages are of, where it is another than `scope`. */
  readonly confirmedScope?: readonly PackedKey[];
  /** What is confirmed waits for a fill. Absent: it does not. */
  readonly fillDue?: true;
  /** With `fillDue`: nothing that is confirmed is of use to the fill. Absent: what stays in the scope is. */
  readonly fillsAll?: true;
  /** A fill put in place what checks of pending commits are still to be held against. Absent: none is. */
  readonly checksDue?: true;
  /** Whose replica this is. Absent: the relay never said. */
  readonly subject?: string;
  /** What the relay takes. Absent: it never said. */
  readonly limits?: CommitLimits;
  /** When this replica was last compared with the relay, in ms since 1970. Absent: not since its last fill. */
  readonly verifiedAtMs?: number;
  /** When it was last found to differ, in ms since 1970. Absent: never. */
  readonly differedAtMs?: number;
}

/** The one record that says what the pages mean. */
export interface Meta {
  /** Version of all formats on disk; a higher one than ours is refused as `newer-format`. */
  readonly format: number;
  /** The position up to which rows were written into pages. 0 before the first checkpoint. */
  readonly checkpoint: Position;
  /** Which generation holds which keys: each from `first` up to the next range's. */
  readonly ranges: readonly {
    readonly first: PackedKey;
    readonly generation: number;
    /** The versionstamp of the row that revealed it: no entry of it is older. Absent: zero. */
    readonly revealed?: Versionstamp;
  }[];
  /** Generations that somebody is writing. Absent: none. */
  readonly building?: readonly number[];
  /** Absent: the defaults. */
  readonly settings?: BucketSettings;
  /** Older versions were kept once, so there may be some. Absent: there are none. */
  readonly keptVersions?: boolean;
  /** What the pages in force hold. Absent: nothing. */
  readonly stored?: StoredSize;
  /** The latest versionstamp among the deletions that are no longer remembered. Absent: zero. */
  readonly forgotten?: Versionstamp;
  /** The position of the bucket's first row on this device: what is said to come from before is not of this log. */
  readonly born?: Position;
  /** Null while the bucket has no relay. */
  readonly replica: ReplicaId | null;
  /** The highest stamp given or seen. */
  readonly stamp: Stamp;
  /** The highest stamp that the relay was seen to give; where it is absent, `stamp` bounds it. */
  readonly relayStamp?: Stamp;
  readonly session: SessionState;
}

/** Version of the rows and pages described here. */
export const formatVersion = 1;

/** Refuses what a newer Rockpool wrote. @throws KvError "newer-format" */
export const mustKnowFormat = (meta: Meta | undefined): void => {
  if (meta === undefined || meta.format <= formatVersion) return;
  throw new KvError(
    "newer-format",
    `The bucket has format ${meta.format}, this Rockpool knows formats up to ${formatVersion}: update the app.`,
  );
};
