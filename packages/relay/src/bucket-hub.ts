/**
 * A bucket in use: its sessions, and the queue of their commits. What arrives in one turn of the
 * event loop, from all sockets, is ruled in one transaction; when that is on disk, and not before,
 * each session hears what became of its commits and what changed.
 */
import { setImmediate } from "node:timers/promises";
import {
  wholeBucket,
  type Commit,
  type CommitResult,
  type Patch,
  type ReplicaId,
  type Revision,
} from "@rockpool/model";
import { encodeEntries, encodeWithEntries, type DownMessage, type EncodedEntries } from "@rockpool/protocol";
import type { BucketState, Engine, PushedCommit, RuledTurn } from "./engine.ts";
import { isValidCursor, sharedRevision } from "./epoch-history.ts";
import type { RelayConfig } from "./relay-config.ts";
import type { Session, SessionBucket, TurnNews } from "./session.ts";

export interface HubOptions {
  readonly engine: Engine;
  readonly config: RelayConfig;
  readonly now: () => number;
  /** Told of a failure of the engine; the hub is of no use after it. */
  readonly onFailed: (error: unknown) => void;
}

interface QueuedCommit extends PushedCommit {
  readonly session: Session;
}

export class BucketHub implements SessionBucket {
  readonly epoch: string;
  readonly #name: string;
  readonly #options: HubOptions;
  readonly #epochs: BucketState["epochs"];
  readonly #sessions = new Set<Session>();
  #queue: QueuedCommit[] = [];
  #head: Revision;
  #hasFailed = false;
  /** Rules until the queue is empty; undefined while it is. */
  #work: Promise<void> | undefined;

  constructor(name: string, state: BucketState, options: HubOptions) {
    this.#name = name;
    this.#options = options;
    this.epoch = state.epoch;
    this.#epochs = state.epochs;
    this.#head = state.head;
  }

  get head(): Revision {
    return this.#head;
  }

  isValidCursor(epoch: string | null, cursor: Revision): boolean {
    return isValidCursor({ epochs: this.#epochs, head: this.#head }, epoch, cursor);
  }

  sharedRevision(epoch: string | null, cursor: Revision): Revision {
    return sharedRevision({ epochs: this.#epochs, head: this.#head }, epoch, cursor);
  }

  join(session: Session): void {
    this.#sessions.add(session);
  }

  leave(session: Session): void {
    this.#sessions.delete(session);
  }

  enqueue(session: Session, commits: readonly Commit[]): void {
    const { replica } = session;
    for (const commit of commits) this.#queue.push({ session, replica, commit });
    this.#work ??= this.#ruleQueue()
      .finally(() => (this.#work = undefined))
      .catch((error: unknown) => this.fail(error));
  }

  readPatch(replica: ReplicaId, from: Revision): Promise<Patch> {
    const { engine, config } = this.#options;
    const size = { entriesMax: config.patchEntriesMax, bytesMax: config.patchBytesMax };
    return engine.readPatch(this.#name, replica, from, size);
  }

  fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue = [];
    const message = "the relay could not read or write its storage";
    for (const session of this.#sessions) session.fail("internal", message);
    this.#options.onFailed(error);
  }

  /** Waits until all that was pushed is ruled. */
  async drain(): Promise<void> {
    await this.#work;
  }

  async #ruleQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      // Whatever else arrives in this turn of the event loop shares the transaction.
      await setImmediate();
      const pushes = this.#queue.splice(0, this.#options.config.turnCommitsMax);
      const { engine, now, config } = this.#options;
      const { limits, retentionMs } = config;
      const turn = await engine.rule(this.#name, { pushes, nowMs: now(), limits, retentionMs });
      this.#head = turn.to;
      this.#tell(turn, pushes);
    }
  }

  #tell(turn: RuledTurn, pushes: readonly QueuedCommit[]): void {
    const answersBySession = new Map<Session, CommitResult[]>();
    const resultsByReplica = new Map<ReplicaId, CommitResult[]>();
    for (const [index, { result, isNew }] of turn.answers.entries()) {
      const push = pushes[index];
      if (push === undefined) continue;
      addTo(answersBySession, push.session, result);
      if (isNew) addTo(resultsByReplica, push.replica, result);
    }
    const news = createTurnNews(turn, this.epoch);
    for (const session of this.#sessions) {
      session.hearTurn(
        news,
        answersBySession.get(session) ?? [],
        resultsByReplica.get(session.replica) ?? [],
      );
    }
  }
}

const addTo = <Key>(lists: Map<Key, CommitResult[]>, key: Key, result: CommitResult): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [result]);
  else list.push(result);
};

const createTurnNews = ({ from, to, changed, stamp }: RuledTurn, epoch: string): TurnNews => {
  let entries: EncodedEntries | undefined;
  let frame: Buffer | undefined;
  const frameWith = (before: readonly DownMessage[], results: readonly CommitResult[]): string => {
    const patch: Patch = { from, to, head: to, upToDate: true, entries: changed, results, stamp };
    entries ??= encodeEntries(changed);
    return encodeWithEntries(before, { type: "patch", epoch, scope: wholeBucket, patch }, entries);
  };
  return {
    from,
    to,
    frameWith,
    get sharedFrame() {
      return (frame ??= Buffer.from(frameWith([], [])));
    },
  };
};
