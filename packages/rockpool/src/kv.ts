/**
 * The public face of a bucket: what `openKv` gives. A superset of Deno KV's `Kv`: the same names,
 * shapes and error behaviour (asynchronous methods reject, builders and `list`, `watch`, `close`
 * throw), and what an offline-first store needs besides.
 * @see https://docs.deno.com/api/deno/~/Deno.Kv
 */
import type { Key, KvError, RejectionReason, Selector } from "@rockpool/model";

/** A stored entry. `key` and `value` are fresh copies. */
export interface KvEntry<T> {
  readonly key: Key;
  readonly value: T;
  /** 20 hex digits: the change that left the entry as it is. Meaningful on this device alone. */
  readonly versionstamp: string;
  /** Where the bucket has a relay: the entry's place in the bucket's history, null while never confirmed. */
  readonly revision?: number | null;
  /** Where the bucket has a relay: true while a change of this entry waits for the relay's ruling. */
  readonly pending?: boolean;
}

/** An entry, or the statement that there is none: `value` and `versionstamp` are null. */
export type KvEntryMaybe<T> =
  | KvEntry<T>
  | {
      readonly key: Key;
      readonly value: null;
      readonly versionstamp: null;
      readonly revision?: null;
      readonly pending?: boolean;
    };

/** - `strong` (default): sees every commit of every tab made before the call. - `eventual`: may answer from memory. */
export type Consistency = "strong" | "eventual";

export interface ReadOptions {
  readonly consistency?: Consistency;
}

export interface SetOptions {
  /** Ms from now after which the entry is gone, to the millisecond: a non-negative integer. */
  readonly expireIn?: number;
}

export interface ListOptions extends ReadOptions {
  /** Entries in all, a positive integer. Default: no limit. */
  readonly limit?: number;
  /** Where an earlier iteration stopped, from its `cursor`. */
  readonly cursor?: string;
  readonly reverse?: boolean;
  /** Entries read at a time, 1 to 1,000. Each batch is one snapshot. Default 100. */
  readonly batchSize?: number;
}

/** Yields entries in key order. `break` leaves it usable: a second `for await` goes on after the break. */
export interface KvListIterator<T> extends AsyncIterableIterator<KvEntry<T>> {
  /** Where the iteration stands, to continue from later; "" when it is exhausted. */
  readonly cursor: string;
}

export type CommitResult = { readonly ok: true; readonly versionstamp: string };
export type CommitFailure = { readonly ok: false };

/** A premise: the entry stands as it was read. `versionstamp: null` says that there is none. */
export interface AtomicCheck {
  readonly key: Key;
  readonly versionstamp: string | null;
}

/** Checks and mutations applied together or not at all. Builders throw on misuse; keys are judged at `commit`. */
export interface AtomicOperation {
  check(...checks: readonly AtomicCheck[]): this;
  set(key: Key, value: unknown, options?: SetOptions): this;
  delete(key: Key): this;
  /** Adds to a `KvU64`, modulo 2^64; a missing entry counts as 0. Devices' sums add up. */
  sum(key: Key, n: bigint): this;
  /** Keeps the smaller of the entry and `n`. */
  min(key: Key, n: bigint): this;
  /** Keeps the larger of the entry and `n`. */
  max(key: Key, n: bigint): this;
  /** `{ ok: false }` when a check does not hold here; nothing is written then. */
  commit(): Promise<CommitResult | CommitFailure>;
}

/** One item of a feed of changes. */
export type ChangeItem<T> =
  /** Entries as they are now, changed together: what one commit changed is never in two items. */
  | { readonly type: "update"; readonly entries: readonly KvEntryMaybe<T>[]; readonly versionstamp: string }
  /** All entries that stood when the feed began were given. */
  | { readonly type: "ready"; readonly versionstamp: string };

export interface ChangesOptions {
  /** Also tells when an entry's `pending` changes while its value does not. Default false. */
  readonly pending?: boolean;
}

/**
 * - `off`: the bucket has no relay. - `connecting`. - `syncing`: connected, something is on its way.
 * - `synced`: connected, nothing is pending and all that the relay had is here.
 * - `offline`: no connection, tried again by itself. - `paused`: the app said so.
 * - `stopped`: cannot go on by itself; `error` says why.
 */
export type SyncState = "off" | "connecting" | "syncing" | "synced" | "offline" | "paused" | "stopped";

export interface SyncStatus {
  readonly state: SyncState;
  /** Commits that wait for the relay's ruling. */
  readonly pending: number;
  /** When the oldest of them was made, in ms since 1970; null when there is none. */
  readonly oldestPendingMs: number | null;
  /** Groups of rejected commits that wait for the app's decision. */
  readonly rejected: number;
  /** Tabs (or processes) of this device that have the bucket open. */
  readonly tabs: number;
  /** True when this tab carries the connection for all of them. */
  readonly syncing: boolean;
  /** The last failure of the connection; null while all is well. */
  readonly error: KvError | null;
}

/** What became of a commit: its ruling by the relay. */
export type Settled =
  | { readonly type: "confirmed"; readonly revision: number; readonly superseded: readonly Key[] }
  | { readonly type: "rejected"; readonly reason: RejectionReason };

/** A mutation of a rejected commit, beside what stands under its key now. */
export interface RejectedMutation {
  readonly type: "set" | "delete" | "sum" | "min" | "max";
  readonly key: Key;
  /** What the commit would have written: the value of a set, the operand of a sum, min or max. */
  readonly mine: unknown;
  /** What is in view now. */
  readonly theirs: KvEntryMaybe<unknown>;
}

export interface RejectedCommit {
  readonly versionstamp: string;
  readonly reason: RejectionReason;
  readonly checks: readonly Key[];
  readonly mutations: readonly RejectedMutation[];
}

/** A rejected commit with those that build on it, kept with their values until the app decides. */
export interface RejectedGroup {
  /** Names the group in `retry` and `discard`. */
  readonly id: string;
  readonly commits: readonly RejectedCommit[];
}

/** A blind write that lost to a later one. */
export interface SupersededWrite {
  readonly versionstamp: string;
  readonly mutation: RejectedMutation;
}

export interface SyncEventMap {
  /** The status changed. */
  status: CustomEvent<SyncStatus>;
  /** The relay rejected commits of this device. */
  rejected: CustomEvent<readonly RejectedGroup[]>;
  /** Blind writes of this device lost to later ones. */
  superseded: CustomEvent<readonly SupersededWrite[]>;
}

/** The bucket's relation to its relay. */
export interface Sync {
  readonly status: SyncStatus;
  /** Stops syncing on this device, in every tab, until `resume`; survives a reload. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Fulfilled when all that is pending at the call is ruled and this device has what the relay had.
   * @throws KvError "offline" when the bucket has no relay or is paused
   */
  flush(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** What became of the commit that was given this versionstamp here; waits for the ruling. @throws KvError "not-found" */
  settled(versionstamp: string, options?: { readonly signal?: AbortSignal }): Promise<Settled>;
  rejected(): Promise<readonly RejectedGroup[]>;
  /** Commits a rejected group again, its checks renewed to what is in view now. @throws KvError "not-found" */
  retry(id: string): Promise<void>;
  /** Forgets a rejected group. @throws KvError "not-found" */
  discard(id: string): Promise<void>;
  addEventListener<K extends keyof SyncEventMap>(
    type: K,
    listener: (event: SyncEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof SyncEventMap>(
    type: K,
    listener: (event: SyncEventMap[K]) => void,
  ): void;
}

/** An open bucket. */
export interface Kv extends AsyncDisposable {
  get<T = unknown>(key: Key, options?: ReadOptions): Promise<KvEntryMaybe<T>>;
  /** All keys are read in one snapshot. */
  getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
    options?: ReadOptions,
  ): Promise<{ [K in keyof T]: KvEntryMaybe<T[K]> }>;
  /** Fulfilled when it is on disk; never waits for the network. */
  set(key: Key, value: unknown, options?: SetOptions): Promise<CommitResult>;
  delete(key: Key): Promise<void>;
  list<T = unknown>(selector: Selector, options?: ListOptions): KvListIterator<T>;
  atomic(): AtomicOperation;
  /** Emits the entries of `keys` at once and whenever one of them changed; a slow reader gets the latest state. */
  watch<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
  ): ReadableStream<{ [K in keyof T]: KvEntryMaybe<T[K]> }>;
  /** What stands under a selector, then every change of it, in every tab. A slow reader's items are merged by key. */
  changes<T = unknown>(selector: Selector, options?: ChangesOptions): ReadableStream<ChangeItem<T>>;
  readonly sync: Sync;
  /** Ends the bucket in this tab; what was committed stays. Calls in flight fail with `closed`. */
  close(): void;
}
