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
  PackedKey,
  Patch,
  PatchEntry,
  ReplicaId,
  Revision,
  Scope,
  Stamp,
} from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";
import type { Rights } from "./access.ts";
import type { DocumentUpdate } from "./document-state.ts";
import type { EpochStart } from "./epoch-history.ts";
import type { RelayEntry } from "./relay-entry.ts";

export interface Engine extends AsyncDisposable {
  /**
   * Opens a bucket, made if there is none. Its first opening through this engine begins an epoch;
   * later ones return the same epoch, with the head as it is by then.
   */
  openBucket(bucket: string): Promise<BucketState>;

  /**
   * Rules on commits, in order, in one transaction: effects, results and each host's last n are
   * kept together. A name that was ruled on before is answered, not run again. The bucket must be open.
   */
  rule(bucket: string, turn: Turn): Promise<RuledTurn>;

  /**
   * The history after `from`, in one snapshot: at most about `entriesMax` entries, as many results,
   * and `bytesMax` bytes of values, but at least one revision, and each whole. An entry stands in
   * the patch of its latest revision alone; but of a document each part has the updates of its own revisions,
   * so that a catch-up that is broken off and goes on later misses none. The bucket must be open.
   */
  readPatch(bucket: string, replica: ReplicaId, from: Revision, query: PatchQuery): Promise<Patch>;

  /**
   * The entries of a scope behind a key, by key, in one snapshot: about as many as `readPatch` reads,
   * those whose time has come and that were not swept yet among them, no tombstones. The bucket must be open.
   */
  readPage(bucket: string, query: PageQuery): Promise<Page>;

  /**
   * What stands under a key, a tombstone too, and all updates of a document, in one snapshot. The bucket must
   * be open.
   */
  readEntry(bucket: string, key: PackedKey): Promise<EntryReading>;

  /**
   * Makes one update of many in one document whose updates have piled up: a bounded step, between which and
   * within which others are ruled. Nothing that anybody sees changes by it. The bucket must be open.
   */
  compact(bucket: string): Promise<Compaction>;

  /**
   * Does in one transaction what time asks for, at most about `entriesMax` of each kind: what has
   * expired becomes a tombstone, all at one new revision; tombstones that are older than the retention,
   * and so are their stamps, are dropped, and the floor raised; so are results older than 30 days, and
   * what is known of hosts that were silent for 400, or for longer than deletions are kept. The bucket must be
   * open.
   */
  sweep(bucket: string, options: SweepOptions): Promise<Sweep>;

  /** Ends what is in flight and releases the storage. Closing twice is harmless. */
  close(): Promise<void>;
}

export interface BucketState {
  /** The epoch now: the last of `epochs`. */
  readonly epoch: EpochId;
  /** All epochs of the history, the oldest first. */
  readonly epochs: readonly EpochStart[];
  readonly head: Revision;
  /** The highest revision of a dropped tombstone: who has received less than that cannot go on. */
  readonly floor: Revision;
}

/** A commit as it came from a session. */
export interface PushedCommit {
  readonly replica: ReplicaId;
  readonly commit: Commit;
  /** What its writer may do; everything, unless it is said. */
  readonly rights?: Rights | undefined;
}

export interface Turn {
  readonly pushes: readonly PushedCommit[];
  /** The relay's clock, in ms since 1970. */
  readonly nowMs: number;
  readonly limits: RelayLimits;
  /** Largest document, in bytes of its updates as they are kept. */
  readonly documentBytesMax: number;
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
  readonly changed: readonly RelayEntry[];
  /** What the turn added to the documents among them, by revision. */
  readonly updates: readonly DocumentUpdate[];
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

export interface PatchQuery extends PatchSize {
  /** Entries outside of it are left out. The whole bucket, unless it is said. */
  readonly scope?: Scope;
  /** Entries up to this revision are left out; results are not. */
  readonly entriesAfter?: Revision;
}

export interface PageQuery extends PatchSize {
  readonly scope: Scope;
  /** "" for the first page. */
  readonly after: PackedKey;
}

/** All entries of the scope in (`after`, `next`]. */
export interface Page {
  readonly entries: readonly PatchEntry[];
  /** Null when these are the last. */
  readonly next: PackedKey | null;
  readonly head: Revision;
  /** The highest stamp among the entries and tombstones. */
  readonly stamp: Stamp;
}

export interface EntryReading {
  /** Undefined where there is neither entry nor tombstone. */
  readonly entry: RelayEntry | undefined;
  /** All of a document, in order; empty for anything else. */
  readonly updates: readonly DocumentUpdate[];
  readonly head: Revision;
}

export interface Compaction {
  /** True when a document was made smaller. */
  readonly isCompacted: boolean;
  /** False when another document is due. */
  readonly isDone: boolean;
  /** Why a document is left as it is until the engine is opened again: it is whole, and goes on growing. */
  readonly fault?: unknown;
}

export interface SweepOptions {
  /** The relay's clock, in ms since 1970. */
  readonly nowMs: number;
  /** How long the bucket keeps deletions, in ms. */
  readonly retentionMs: number;
  readonly entriesMax: number;
}

export interface Sweep extends Omit<RuledTurn, "answers"> {
  readonly floor: Revision;
  /** False when there was more to do than one transaction may. */
  readonly isDone: boolean;
}
