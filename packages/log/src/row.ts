/**
 * The rows of a replica's log: everything that ever happens to a bucket on a device, one record
 * each. Written to disk: never change the meaning of a field, add a new one.
 * Rows carry outcomes, not questions: whoever appended one had folded all before it, held the pages
 * it needed, decided, and wrote down what it decided. So every tab folds them to the same state.
 */
import type {
  CommitName,
  EpochId,
  Mutation,
  Check,
  PackedKey,
  Patch,
  Position,
  ReplicaId,
  Value,
} from "@rockpool/model";

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
}

/** What a commit left under a key, in a bucket without a relay. Without `value` it is deleted. */
export interface Effect {
  readonly key: PackedKey;
  readonly value?: Value;
  readonly expireAt?: number;
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
}

/** A welcome that changed something: the cursor is taken over into a new epoch, or the clock moved. */
export interface SessionRow {
  readonly type: "session";
  readonly epoch: EpochId;
  readonly scope: readonly PackedKey[];
  /** What to add to this device's clock to have the relay's, in ms. */
  readonly clockOffsetMs: number;
  /**
   * True when the history that this replica holds is gone at the relay: what is confirmed here is
   * dropped when the first catch-up is revealed.
   */
  readonly reset: boolean;
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

/** Pages were written up to some position: who finds this row in the tail starts again from them. */
export interface CheckpointRow {
  readonly type: "checkpoint";
}

export type Row = CommitRow | PatchRow | AttachRow | SessionRow | DecisionRow | PauseRow | CheckpointRow;

/** A row with its place in the log. */
export type PlacedRow = Row & { readonly position: Position };
