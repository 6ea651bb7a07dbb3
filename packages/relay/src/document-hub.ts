/**
 * The documents of a bucket, for what speaks to clients other than replicas (the y-websocket endpoint):
 * commits of the relay's own host through the queue of the bucket, reads of what stands under a key, and
 * word of every turn that changed a document. It knows no Yjs: updates are opaque.
 */
import {
  assert,
  KvError,
  nextStamp,
  type Commit,
  type CommitResult,
  type Mutation,
  type PackedKey,
  type ReplicaId,
  type Revision,
  type Stamp,
  zeroStamp,
} from "@rockpool/model";
import type { Rights } from "./access.ts";
import type { DocumentUpdate } from "./document-state.ts";
import type { RelayEntry } from "./relay-entry.ts";

/** Whose commits are queued. */
export interface Pusher {
  readonly replica: ReplicaId;
  /** Looked at when the commit is ruled; undefined once they were taken away: it is not ruled then. */
  readonly rights: Rights | undefined;
}

/** What stands under a key. `head` is the revision of the bucket at which it was read. */
export type DocumentReading =
  /** All its updates, in order, and the revision of the last of them. */
  | {
      readonly type: "document";
      readonly incarnation: Revision;
      readonly updates: readonly Uint8Array[];
      readonly revision: Revision;
      readonly head: Revision;
    }
  /** Nothing, or what is left of a deletion: a merge of this incarnation, or of null, makes a document. */
  | { readonly type: "none"; readonly incarnation: Revision; readonly head: Revision }
  /** A value that is no document, of which a merge is rejected with `type`. */
  | { readonly type: "other"; readonly head: Revision };

/** What one turn made of a document. */
export type DocumentNews =
  /**
   * These updates were added, in order. Of another incarnation than before they are the whole document: the
   * one before was deleted or replaced in the same turn.
   */
  | {
      readonly type: "grown";
      readonly incarnation: Revision;
      readonly updates: readonly Uint8Array[];
      /** The head of the bucket after the turn. */
      readonly head: Revision;
    }
  /** It was deleted, or another value was set in its place. Also told of keys that held no document. */
  | { readonly type: "ended"; readonly head: Revision }
  /** The storage failed: nothing more is told. */
  | { readonly type: "failed" };

export interface DocumentHubOptions {
  readonly enqueue: (pusher: Pusher, commits: readonly Commit[]) => void;
  readonly read: (key: PackedKey) => Promise<DocumentReading & { readonly stamp: Stamp }>;
  readonly now: () => number;
  /** Draws the host's and the replica's id, and the tags of commits. */
  readonly randomId?: () => string;
}

/** What a turn changed, and its answers by pusher. */
export interface HeardTurn {
  readonly to: Revision;
  readonly changed: readonly RelayEntry[];
  readonly updates: readonly DocumentUpdate[];
}

/**
 * One for each bucket in use: `BucketHub.documents`.
 *
 * Order: turns are told in order, each after it is on disk. Listeners hear of a turn first, then the promises
 * of its pushes are fulfilled. A reading may be newer than what listeners heard (its `head` says so): what is
 * told twice does no harm, since updates may be applied any number of times.
 */
export class DocumentHub {
  readonly #options: DocumentHubOptions;
  readonly #randomId: () => string;
  readonly #host: string;
  readonly #replica: ReplicaId;
  readonly #listenersByKey = new Map<PackedKey, Set<(news: DocumentNews) => void>>();
  readonly #waiting = new Map<Pusher, PromiseWithResolvers<CommitResult>>();
  #n = 0;
  /** The highest stamp that was seen here: what is pushed is later. */
  #stamp: Stamp = zeroStamp;
  #failure: unknown;

  constructor(options: DocumentHubOptions) {
    this.#options = options;
    this.#randomId = options.randomId ?? (() => crypto.randomUUID());
    this.#host = `relay${this.#randomId().replaceAll(/[^0-9A-Za-z]/g, "")}`;
    this.#replica = `relay-${this.#randomId()}`;
  }

  /**
   * Rules on a commit of these mutations under a name of the relay's own host, in the order of the calls.
   * Fulfilled when the ruling is on disk, with its result, a rejection too. `author.rights` are looked at when
   * it is ruled. The caller bounds how much of it waits.
   * @throws KvError "unauthorized" when the author's rights were taken away before, "unavailable" when the storage failed (rejects)
   */
  push(author: Pick<Pusher, "rights">, mutations: readonly Mutation[]): Promise<CommitResult> {
    if (this.#failure !== undefined) return Promise.reject(storageFailed(this.#failure));
    this.#stamp = nextStamp(this.#stamp, this.#options.now(), this.#host);
    const name = { host: this.#host, n: ++this.#n };
    const commit: Commit = { name, tag: this.#randomId(), stamp: this.#stamp, checks: [], mutations };
    const replica = this.#replica;
    const pusher: Pusher = {
      replica,
      get rights() {
        return author.rights;
      },
    };
    const waiting = Promise.withResolvers<CommitResult>();
    this.#waiting.set(pusher, waiting);
    this.#options.enqueue(pusher, [commit]);
    return waiting.promise;
  }

  /** What stands under a key now. Rejects with the error of the storage. */
  async read(key: PackedKey): Promise<DocumentReading> {
    const { stamp, ...reading } = await this.#options.read(key);
    this.#see(stamp);
    return reading;
  }

  /** Keys that somebody watches. */
  get watched(): number {
    return this.#listenersByKey.size;
  }

  /** Calls `onNews` for every turn that changed the key, until the function it returns is called. It must not throw. */
  watch(key: PackedKey, onNews: (news: DocumentNews) => void): () => void {
    const listeners = this.#listenersByKey.get(key) ?? new Set();
    this.#listenersByKey.set(key, listeners.add(onNews));
    return () => {
      listeners.delete(onNews);
      const isLast = listeners.size === 0 && this.#listenersByKey.get(key) === listeners;
      if (isLast) this.#listenersByKey.delete(key);
    };
  }

  /** Of the bucket's hub: a turn is on disk. */
  hearTurn(turn: HeardTurn, resultsByPusher: ReadonlyMap<Pusher, readonly CommitResult[]>): void {
    for (const entry of turn.changed) {
      this.#see(entry.stamp);
      const listeners = this.#listenersByKey.get(entry.key);
      if (listeners === undefined) continue;
      const news = newsOf(entry, turn);
      for (const listener of listeners) listener(news);
    }
    for (const [pusher, results] of resultsByPusher) {
      const [result] = results;
      const waiting = this.#take(pusher);
      if (result !== undefined) waiting?.resolve(result);
    }
  }

  /** Of the bucket's hub: these are not ruled, their rights are gone. */
  refuse(pushers: Iterable<Pusher>): void {
    for (const pusher of pushers) {
      const message = "The right to write was taken away before the commit was ruled: ask for it again";
      this.#take(pusher)?.reject(new KvError("unauthorized", message));
    }
  }

  /** Of the bucket's hub: the storage failed, nothing that waits is ruled. */
  fail(error: unknown): void {
    this.#failure = error;
    for (const waiting of this.#waiting.values()) waiting.reject(storageFailed(error));
    this.#waiting.clear();
    const listeners = [...this.#listenersByKey.values()].flatMap((each) => [...each]);
    this.#listenersByKey.clear();
    for (const listener of listeners) listener({ type: "failed" });
  }

  #take(pusher: Pusher): PromiseWithResolvers<CommitResult> | undefined {
    const waiting = this.#waiting.get(pusher);
    this.#waiting.delete(pusher);
    return waiting;
  }

  #see(stamp: Stamp): void {
    if (stamp > this.#stamp) this.#stamp = stamp;
  }
}

const newsOf = (entry: RelayEntry, { to: head, updates }: HeardTurn): DocumentNews => {
  const { key, document } = entry;
  if (document === undefined) return { type: "ended", head };
  const added = updates.filter((update) => update.key === key).map(({ update }) => update);
  assert(added.length > 0, "a document changes by updates alone");
  return { type: "grown", incarnation: document.incarnation, updates: added, head };
};

const storageFailed = (cause: unknown): KvError =>
  new KvError("unavailable", "The relay could not read or write its storage: try again later", { cause });
