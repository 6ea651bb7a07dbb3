/**
 * A bucket in use: its sessions, and the queue of their commits. What arrives in one turn of the
 * event loop, from all sockets, is ruled in one transaction; when that is on disk, and not before,
 * each session hears what became of its commits and what changed.
 */
import { setImmediate } from "node:timers/promises";
import {
  commitBytes,
  type Commit,
  type CommitResult,
  type PackedKey,
  type Patch,
  type ReplicaId,
  type Revision,
  type Scope,
  type Stamp,
  zeroStamp,
} from "@rockpool/model";
import { isCompactionDue } from "./compaction.ts";
import { DocumentHub, type DocumentReading, type Pusher } from "./document-hub.ts";
import type { BucketState, Engine, Page, PatchQuery, PatchSize, RuledTurn } from "./engine.ts";
import { isValidCursor, sharedRevision } from "./epoch-history.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { RelayConfig } from "./relay-config.ts";
import { isAlive } from "./relay-entry.ts";
import type { Session, SessionBucket } from "./session.ts";
import { TurnNews } from "./turn-news.ts";

export interface HubOptions {
  readonly engine: Engine;
  readonly config: RelayConfig;
  readonly now: () => number;
  readonly metrics?: RelayMetrics;
  /** Told of faults that stop nothing. */
  readonly onError: (error: unknown) => void;
  /** Told of a failure of the engine; the hub is of no use after it. */
  readonly onFailed: (error: unknown) => void;
}

interface QueuedCommit {
  readonly pusher: Pusher;
  readonly commit: Commit;
}

export class BucketHub implements SessionBucket {
  readonly epoch: string;
  /** All epochs of its history, the oldest first. */
  readonly epochs: BucketState["epochs"];
  /** For what speaks to others than replicas. */
  readonly documents: DocumentHub;
  readonly #name: string;
  readonly #options: HubOptions;
  readonly #sessions = new Set<Session>();
  #queue: QueuedCommit[] = [];
  #head: Revision;
  #floor: Revision;
  #isSweepDue = false;
  #isCompactionDue = false;
  #hasFailed = false;
  /** Rules and sweeps until nothing is due; undefined while nothing is. */
  #work: Promise<void> | undefined;
  /** Makes documents smaller while nothing else is due. */
  #compaction: Promise<void> | undefined;
  #isDraining = false;

  constructor(name: string, state: BucketState, options: HubOptions) {
    this.#name = name;
    this.#options = options;
    this.epoch = state.epoch;
    this.epochs = state.epochs;
    this.#head = state.head;
    this.#floor = state.floor;
    this.documents = new DocumentHub({
      enqueue: (pusher, commits) => this.enqueue(pusher, commits),
      read: (key) => this.#readDocument(key),
      now: options.now,
    });
  }

  get head(): Revision {
    return this.#head;
  }

  get floor(): Revision {
    return this.#floor;
  }

  isValidCursor(epoch: string | null, cursor: Revision): boolean {
    return isValidCursor({ epochs: this.epochs, head: this.#head, floor: this.#floor }, epoch, cursor);
  }

  sharedRevision(epoch: string | null, cursor: Revision): Revision {
    return sharedRevision({ epochs: this.epochs, head: this.#head }, epoch, cursor);
  }

  join(session: Session): void {
    this.#sessions.add(session);
  }

  leave(session: Session): void {
    this.#sessions.delete(session);
  }

  enqueue(pusher: Pusher, commits: readonly Commit[]): void {
    for (const commit of commits) this.#queue.push({ pusher, commit });
    this.#startWork();
  }

  /** Does what time asks for: expired entries go, and old deletions and results are forgotten. */
  async sweep(): Promise<void> {
    this.#isSweepDue = true;
    this.#startWork();
    await this.#work;
  }

  readPatch(
    replica: ReplicaId,
    from: Revision,
    query: Pick<PatchQuery, "scope" | "entriesAfter">,
  ): Promise<Patch> {
    return this.#options.engine.readPatch(this.#name, replica, from, { ...query, ...this.#partSize });
  }

  readPage(scope: Scope, after: PackedKey): Promise<Page> {
    return this.#options.engine.readPage(this.#name, { scope, after, ...this.#partSize });
  }

  fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue = [];
    const message = "the relay could not read or write its storage";
    for (const session of this.#sessions) session.fail("internal", message);
    this.documents.fail(error);
    this.#options.onFailed(error);
  }

  /** Waits until all that was pushed is ruled; nothing is compacted from here on. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#work;
    await this.#compaction;
  }

  get #partSize(): PatchSize {
    const { patchEntriesMax, patchBytesMax } = this.#options.config;
    return { entriesMax: patchEntriesMax, bytesMax: patchBytesMax };
  }

  #startWork(): void {
    this.#work ??= this.#doWork().catch((error: unknown) => this.fail(error));
  }

  async #doWork(): Promise<void> {
    try {
      while (!this.#hasFailed && this.#isWorkDue()) {
        // Whatever else arrives in this turn of the event loop shares the transaction.
        await setImmediate();
        await this.#ruleQueue();
        if (this.#isSweepDue) await this.#sweepOnce();
      }
    } finally {
      this.#work = undefined;
    }
    this.#startCompaction();
  }

  #isWorkDue(): boolean {
    return this.#queue.length > 0 || this.#isSweepDue;
  }

  /** When nothing waits to be ruled; what comes meanwhile is ruled between its steps. */
  #startCompaction(): void {
    if (!this.#isCompactionDue || this.#hasFailed || this.#isDraining) return;
    this.#compaction ??= this.#compactOnce()
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#compaction = undefined;
        if (this.#work === undefined) this.#startCompaction();
      });
  }

  async #ruleQueue(): Promise<void> {
    // A session whose rights were taken away has its pushes back: they are ruled when it has others.
    const { queued = [], refused = [] } = Object.groupBy(this.#takeTurn(), ({ pusher }) =>
      pusher.rights === undefined ? "refused" : "queued",
    );
    this.documents.refuse(refused.map(({ pusher }) => pusher));
    if (queued.length === 0) return;
    const pushes = queued.map(({ pusher, commit }) => {
      const { replica, rights } = pusher;
      return { replica, commit, rights };
    });
    const { engine, now, config } = this.#options;
    const { limits, retentionMs, documentBytesMax } = config;
    const turn = await engine.rule(this.#name, {
      pushes,
      nowMs: now(),
      limits,
      documentBytesMax,
      retentionMs,
    });
    this.#head = turn.to;
    this.#options.metrics?.add("document_updates_total", turn.updates.length);
    this.#isCompactionDue ||= turn.changed.some(({ document }) => document && isCompactionDue(document));
    this.#tell(turn, queued);
  }

  /** The next commits of the queue, as many as one transaction and one frame may hold. */
  #takeTurn(): readonly QueuedCommit[] {
    const { turnCommitsMax, turnBytesMax } = this.#options.config;
    let [count, bytes] = [0, 0];
    for (const { commit } of this.#queue) {
      bytes += commitBytes(commit.checks, commit.mutations);
      if (count > 0 && (count === turnCommitsMax || bytes > turnBytesMax)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #readDocument(key: PackedKey): Promise<DocumentReading & { readonly stamp: Stamp }> {
    const { engine, now } = this.#options;
    const { entry, updates, head } = await engine.readEntry(this.#name, key);
    const stamp = entry?.stamp ?? zeroStamp;
    if (entry === undefined || !isAlive(entry, now())) {
      return { type: "none", incarnation: entry?.revision ?? 0, head, stamp };
    }
    const { document, revision } = entry;
    if (document === undefined) return { type: "other", head, stamp };
    const { incarnation } = document;
    return {
      type: "document",
      incarnation,
      updates: updates.map(({ update }) => update),
      revision,
      head,
      stamp,
    };
  }

  async #compactOnce(): Promise<void> {
    const { engine, onError, metrics } = this.#options;
    const { isCompacted, isDone, fault } = await engine.compact(this.#name);
    this.#isCompactionDue = !isDone;
    if (isCompacted) metrics?.add("document_compactions_total");
    if (fault === undefined) return;
    metrics?.add("document_compaction_faults_total");
    onError(fault);
  }

  async #sweepOnce(): Promise<void> {
    const { engine, now, config } = this.#options;
    const { retentionMs, sweepEntriesMax: entriesMax } = config;
    const sweep = await engine.sweep(this.#name, { nowMs: now(), retentionMs, entriesMax });
    this.#isSweepDue = !sweep.isDone;
    // What was due when the relay went down is looked for as well.
    this.#isCompactionDue = true;
    this.#head = sweep.to;
    this.#floor = sweep.floor;
    if (sweep.to > sweep.from) this.#tell({ ...sweep, answers: [] }, []);
  }

  #tell(turn: RuledTurn, pushes: readonly QueuedCommit[]): void {
    const answersByPusher = new Map<Pusher, CommitResult[]>();
    const resultsByReplica = new Map<ReplicaId, CommitResult[]>();
    for (const [index, { result, isNew }] of turn.answers.entries()) {
      const push = pushes[index];
      if (push === undefined) continue;
      addTo(answersByPusher, push.pusher, result);
      if (isNew) addTo(resultsByReplica, push.pusher.replica, result);
    }
    const news = new TurnNews(turn, this.epoch);
    for (const session of this.#sessions) {
      session.hearTurn(news, answersByPusher.get(session) ?? [], resultsByReplica.get(session.replica) ?? []);
    }
    this.documents.hearTurn(turn, answersByPusher);
  }
}

const addTo = <Key>(lists: Map<Key, CommitResult[]>, key: Key, result: CommitResult): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [result]);
  else list.push(result);
};
