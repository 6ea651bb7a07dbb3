/**
 * The contract of an engine: where the relay keeps its buckets. An engine rules the commits of a
 * bucket one after another, many in one transaction, in the order given; no revision is visible
 * before all below it. A promise that is fulfilled says the transaction is on disk (where the engine
 * has one); one that is rejected says that nothing of it was kept.
 * One suite, engine-suite.ts, holds for all engines.
 */
import type {
  Commit,
  CommitResult,
  EpochId,
  Patch,
  PatchEntry,
  ReplicaId,
  Revision,
  Stamp,
} from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";
import type { EpochStart } from "./epoch-history.ts";

export interface Engine extends AsyncDisposable {
  /**
   * Opens a bucket, made if there is none. Its first opening through this engine begins an epoch;
   * later ones return the same epoch, with the head as it is by then.
   */
  openBucket(bucket: string, nowMs: number): Promise<BucketState>;

  /**
   * Rules on commits, in order, in one transaction: effects, results and each host's last n are
   * kept together. A name that was ruled on before is answered, not run again. The bucket must be open.
   */
  rule(bucket: string, turn: Turn): Promise<RuledTurn>;

  /**
   * The history after `from`, in one snapshot: at most about `entriesMax` entries, as many results,
   * and `bytesMax` bytes of values, but at least one revision, and each whole. An entry stands in
   * the patch of its latest revision alone. The bucket must be open.
   */
  readPatch(bucket: string, replica: ReplicaId, from: Revision, size: PatchSize): Promise<Patch>;

  /** Ends what is in flight and releases the storage. Closing twice is harmless. */
  close(): Promise<void>;
}

export interface BucketState {
  /** The epoch now: the last of `epochs`. */
  readonly epoch: EpochId;
  /** All epochs of the history, the oldest first. */
  readonly epochs: readonly EpochStart[];
  readonly head: Revision;
}

/** A commit as it came from a session. */
export interface PushedCommit {
  readonly replica: ReplicaId;
  readonly commit: Commit;
}

export interface Turn {
  readonly pushes: readonly PushedCommit[];
  /** The relay's clock, in ms since 1970. */
  readonly nowMs: number;
  readonly limits: RelayLimits;
  /** How long the bucket keeps deletions, in ms. */
  readonly retentionMs: number;
}

export interface RuledTurn {
  /** The answer to each push, in order. */
  readonly answers: readonly Answer[];
  /** The head before and after the turn. */
  readonly from: Revision;
  readonly to: Revision;
  /** The entries the turn changed, in their latest version, by revision. */
  readonly changed: readonly PatchEntry[];
  /** The highest stamp among them. */
  readonly stamp: Stamp;
}

export interface Answer {
  readonly result: CommitResult;
  /** True when the commit was ruled in this turn; false when its name was known. */
  readonly isNew: boolean;
}

export interface PatchSize {
  readonly entriesMax: number;
  readonly bytesMax: number;
}
