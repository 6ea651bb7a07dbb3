/**
 * The rows of a replica's log: everything that ever happens to a bucket on a device, one record
 * each. Written to disk: never change the meaning of a field, add a new one.
 * Rows carry outcomes, not questions: whoever appended one had folded all before it, held the pages
 * it needed, decided, and wrote down what it decided. So every tab folds them to the same state.
 */
import {
  type Check,
  type CommitLimits,
  type CommitName,
  type CommitResult,
  type DocumentValue,
  type EpochId,
  type Mutation,
  type PackedKey,
  type Patch,
  type Position,
  type ReplicaId,
  type Revision,
  type Stamp,
  type Value,
  type Versionstamp,
  KvError,
} from "@rockpool/model";
import type { BucketSettings, StoredSize } from "./page.ts";

/** A local commit as its row holds it. Its stamp is not stored: the fold gives it. */
export interface CommitRecord {
  readonly name: CommitName;
  readonly tag: string;
  /** The corrected clock of the host when it was evaluated, in ms since 1970. */
  readonly readingMs: number;
  readonly checks: readonly Check[];
  /** As asked, where there is a relay to rule on them; empty otherwise. */
  readonly mutations: readonly Mutation[];
  /** What they came to, where there is no relay; empty otherwise. */
  readonly effects: readonly Effect[];
  /** Its caller waits for the ruling, and is told by the call as long as its host lives. */
  readonly awaited?: true;
}

/** What a commit left under a key, in a bucket without a relay. Without `value` it is deleted. */
export interface Effect {
  /** It may wait for its commit's versionstamp (`finishKey`), which the row's position tells. */
  readonly key: PackedKey;
  /** A document whose incarnation is null was made by this commit: its row's position tells it (`effectsOf`). */
  readonly value?: Value;
  readonly expireAt?: number;
  /** The value is a document of this commit's updates alone, which go behind those that stand in it. */
  readonly appends?: true;
  /** The key's older versions went with it. */
  readonly purged?: true;
}

/** A group of local commits, each with its own place in the row. */
export interface CommitRow {
  readonly type: "commit";
  readonly commits: readonly CommitRecord[];
}

/** What the relay sent, and what that changes here. */
export interface PatchRow {
  readonly type: "patch";
  readonly epoch: EpochId;
  /** The scope the session was welcomed with, by content. */
  readonly scope: readonly PackedKey[];
  readonly patch: Patch;
  /** Keys whose view this row changes, in value or in versionstamp. */
  readonly changed: readonly PackedKey[];
  /** Pending checked commits that can no longer hold: hidden from here on, still ruled by the relay. */
  readonly hidden: readonly CommitName[];
  /** The host's corrected clock when it was appended, in ms since 1970. */
  readonly readingMs: number;
}

/** The bucket has a relay from here on. */
export interface AttachRow {
  readonly type: "attach";
  readonly replica: ReplicaId;
  /**
   * What it held before that, as initial sets for the relay to rule on. Empty: only what had expired. Absent:
   * it was empty, and has the relay's history from its beginning.
   */
  readonly commits?: readonly CommitRecord[];
}

/** A welcome that changed something: the cursor is taken over into a new epoch, the scope or the clock moved. */
export interface SessionRow {
  readonly type: "session";
  readonly epoch: EpochId;
  readonly scope: readonly PackedKey[];
  /** What to add to this device's clock to have the relay's, in ms. */
  readonly clockOffsetMs: number;
  /** True when patches cannot go on from the cursor: what is confirmed here waits for a fill to take its place. */
  readonly reset: boolean;
  /** With `reset`: what is confirmed stays as it is wherever the scopes before and after share it. */
  readonly keeps?: true;
  /** With `reset`: the last revision confirmed here that the relay still has. Absent: 0. */
  readonly shared?: Revision;
  /** Whose replica this is from here on. Absent: as before. */
  readonly subject?: string;
  /** What the relay takes. Absent: as before. */
  readonly limits?: CommitLimits;
}

/** The app follows these prefixes from here on; sorted, none a prefix of another. */
export interface FollowRow {
  readonly type: "follow";
  readonly followed: readonly PackedKey[];
}

/** What came of comparing this replica with the relay. One that differs is filled anew, once a day at most. */
export interface VerifyRow {
  readonly type: "verify";
  readonly epoch: EpochId;
  /** The revision at which both were compared. */
  readonly at: Revision;
  readonly equal: boolean;
  readonly readingMs: number;
}

/** The app retried or discarded rejected commits. */
export interface DecisionRow {
  readonly type: "decision";
  /** The rejected commits that are decided on. */
  readonly commits: readonly CommitName[];
  /** Their second attempts, under derived names; empty when they were discarded. */
  readonly retries: readonly CommitRecord[];
  readonly changed: readonly PackedKey[];
}

/** The app stopped or resumed syncing on this device. */
export interface PauseRow {
  readonly type: "pause";
  readonly paused: boolean;
}

/** How the bucket is kept from here on. */
export interface SettingsRow {
  readonly type: "settings";
  readonly settings: BucketSettings;
}

/** The sweep: what had ended by its clock reading, and the deletions that need no longer be remembered. */
export interface ExpireRow {
  readonly type: "expire";
  /** Keys whose entries are gone, with the moment each ended; none where a relay decides on that. */
  readonly expired: readonly PackedKey[];
  /** Keys whose deletions leave the pages. No view changes by it. */
  readonly forgotten: readonly PackedKey[];
  /** The latest versionstamp among the forgotten deletions: a feed that resumes before it cannot know of them. */
  readonly forgottenUpTo: Versionstamp;
  readonly readingMs: number;
}

/**
 * Somebody begins to write pages beside those in force: a new generation, whose number is this
 * row's position and so is never given twice.
 */
export interface BuildRow {
  readonly type: "build";
}

/** Those who wrote these generations are gone: what they wrote will not be shown. */
export interface AbandonRow {
  readonly type: "abandon";
  readonly generations: readonly number[];
}

/** Shows a generation of pages in place of everything that was confirmed here. */
export interface FillRow {
  readonly type: "fill";
  /** One that was begun and not abandoned. */
  readonly generation: number;
  /** What its pages hold. */
  readonly stored: StoredSize;
  /** Where it was filled from; absent in a bucket without a relay. */
  readonly relay?: FilledFrom;
}

/** The stretch of the relay's history that a fill passes over. */
export interface FilledFrom {
  readonly epoch: EpochId;
  readonly scope: readonly PackedKey[];
  /** The received cursor at which it began. */
  readonly from: Revision;
  /** The revision that the pages are of. */
  readonly to: Revision;
  /** The rulings in that stretch on commits that were pending, or are again. */
  readonly results: readonly CommitResult[];
  /** The highest stamp among the entries. */
  readonly stamp: Stamp;
  /** The host's corrected clock when the row was appended, in ms since 1970. */
  readonly readingMs: number;
}

/** A document in fewer bytes: all that is confirmed of it here, as of this row. No view changes by it. */
export interface CompactRow {
  readonly type: "compact";
  readonly key: PackedKey;
  readonly value: DocumentValue;
  /** As the confirmed entry has it. */
  readonly revision?: Revision;
}

/** Pages were written up to some position: who finds this row in the tail starts again from them. */
export interface CheckpointRow {
  readonly type: "checkpoint";
}

export type Row =
  | CommitRow
  | PatchRow
  | AttachRow
  | SessionRow
  | FollowRow
  | VerifyRow
  | DecisionRow
  | PauseRow
  | SettingsRow
  | ExpireRow
  | BuildRow
  | AbandonRow
  | FillRow
  | CompactRow
  | CheckpointRow;

/** A row with its place in the log. */
export type PlacedRow = Row & { readonly position: Position };

const rowTypes: Readonly<Record<Row["type"], true>> = {
  commit: true,
  patch: true,
  attach: true,
  session: true,
  follow: true,
  verify: true,
  decision: true,
  pause: true,
  settings: true,
  expire: true,
  build: true,
  abandon: true,
  fill: true,
  compact: true,
  checkpoint: true,
};

/**
 * Refuses a row that a newer Rockpool appended, in another tab: who passed over it would be in another
 * state than that tab. @throws KvError "newer-format"
 */
export const mustKnowRow = ({ type }: Row): void => {
  if (Object.hasOwn(rowTypes, type)) return;
  throw new KvError(
    "newer-format",
    `Another tab wrote "${String(type)}" into the bucket's log, which this Rockpool does not know: reload the page to have the app's newer version.`,
  );
};
