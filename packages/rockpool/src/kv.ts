/**
 * The public face of a bucket: what `openKv` gives. A superset of Deno KV's `Kv`: the same names,
 * shapes and error behaviour (asynchronous methods reject, builders and `list`, `watch`, `close`
 * throw), and what an offline-first store needs besides.
 * @see https://docs.deno.com/api/deno/~/Deno.Kv
 */
// Declarations alone name what they need: apps that target ES2023 or older do not have it.
/// <reference lib="esnext.disposable" preserve="true" />
import type { ChangeItem, ChangesOptions, ChangesSelector } from "./feeds/changes.ts";
import type { KvEntry, KvEntryMaybe } from "./entry.ts";
import type { HistoryOptions, KvVersion } from "./reads/history.ts";
import type { KvBackups } from "./backup.ts";
import type { deleteEntry } from "./delete-entry.ts";
import type { Secrets } from "./secrets/lazy-secrets.ts";
import type { Lease, LockOptions } from "./lease.ts";
import type { KvStatus } from "./status.ts";
import type { Sync } from "./sync.ts";
import type { Key, KeyToSet, KvU64, Selector } from "@rockpool/model";

/** - `strong` (default): sees every commit of every tab made before the call. - `eventual`: may answer from memory. */
export type Consistency = "strong" | "eventual";

export interface ReadOptions {
  readonly consistency?: Consistency;
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface CommitOptions {
  /**
   * Ends the wait: the call rejects with the signal's reason. A commit that was waiting then may or
   * may not have taken effect; one whose signal was aborted before the call has not.
   */
  readonly signal?: AbortSignal;
  /**
   * "relay": the promise waits for the relay's ruling, half a minute at most. A check that fails there
   * gives `{ ok: false }` (of a `set`, `delete` or `purge`, which has none of the app's own: `conflict`);
   * any other rejection throws `rejected`, which names the reason. The commit is forgotten then, unless
   * commits made meanwhile build on it: with them it is kept in `sync.rejected()`. A session that
   * is being made at the call is waited for, 5 s at most, and other calls are not held up by that: later ones
   * that do not wait take effect before it. With `conflict: "revision"` it is checked against what was in view at the call.
   * Without a session it throws `offline`, and nothing is written. When no ruling comes in time it
   * throws `outcome-unknown`: the commit is kept and waits on, and what becomes of it is told by events
   * and `sync.settled`. "local": it is decided here and answered at once. Default: as the bucket was
   * opened with, else "local".
   */
  readonly confirm?: "relay" | "local";
}

export interface GetOptions extends ReadOptions {
  /** Asks for the entry as this change left it: there is none unless the version is kept, and its life not over. */
  readonly versionstamp?: string;
}

export interface SetOptions {
  /**
   * Ms from now after which the entry is gone, to the millisecond: a non-negative integer; "never" for
   * an entry that stays. Default: as the bucket was opened with, else "never".
   */
  readonly expireIn?: number | "never";
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

/** Yields keys in order; otherwise as {@link KvListIterator}. */
export interface KvKeyIterator extends AsyncIterableIterator<Key> {
  /** Where the iteration stands, to continue from later; "" when it is exhausted. */
  readonly cursor: string;
}

export type CommitResult = { readonly ok: true; readonly versionstamp: string };
export type CommitFailure = { readonly ok: false };

/** What a delete by selector came to. */
export interface DeleteResult {
  /** False: the signal ended it between two commits, and what is left still stands. Called again, it goes on. */
  readonly ok: boolean;
  /** Entries that are gone by it. */
  readonly deleted: number;
  /** Of its last commit; null when nothing was deleted. */
  readonly versionstamp: string | null;
}

export interface UpdateOptions extends CommitOptions, SetOptions {
  /** Attempts to write while others write too, a positive integer. Default 20. */
  readonly attempts?: number;
}

export interface UpdateResult<T> {
  readonly ok: true;
  /** Of the commit, or of the entry as it was left; null where there is none. */
  readonly versionstamp: string | null;
  /** What stands now; null where nothing does. */
  readonly value: T | null;
}

/** A premise: the entry stands as it was read. `versionstamp: null` says that there is none. */
export interface AtomicCheck {
  readonly key: Key;
  readonly versionstamp: string | null;
}

/** A mutation as data, for `mutate`. */
export type KvMutation =
  | {
      readonly type: "set";
      readonly key: KeyToSet;
      readonly value: unknown;
      /** As in {@link SetOptions}; what is neither a number nor "never" is ignored, as in Deno KV. */
      readonly expireIn?: number | "never";
    }
  | { readonly type: "delete"; readonly key: Key }
  | { readonly type: "sum" | "min" | "max"; readonly key: Key; readonly value: KvU64 }
  | ({ readonly type: "merge"; readonly key: Key; readonly value: Uint8Array } & MergeOptions);

export interface MergeOptions {
  /**
   * That of the document which the update was made for: a commit that finds another in its place, or none, fails
   * with a KvError "replaced". Null or absent: whatever document stands there.
   */
  readonly incarnation?: number | null;
}

/** Checks and mutations applied together or not at all. Builders throw on misuse; keys are judged at `commit`. */
export interface AtomicOperation {
  check(...checks: readonly AtomicCheck[]): this;
  /** Adds mutations given as data. @throws TypeError for a type that is none, a value missing or one too many */
  mutate(...mutations: readonly KvMutation[]): this;
  /** `key` may end with `kv.commitVersionstamp()`. */
  set(key: KeyToSet, value: unknown, options?: SetOptions): this;
  delete(key: Key): this;
  /** As {@link Kv.purge}. */
  purge(key: Key): this;
  /** Adds to a `KvU64`, modulo 2^64; a missing entry counts as 0. Devices' sums add up. */
  sum(key: Key, n: bigint): this;
  /** Keeps the smaller of the entry and `n`. */
  min(key: Key, n: bigint): this;
  /** Keeps the larger of the entry and `n`. */
  max(key: Key, n: bigint): this;
  /**
   * Adds a Yjs update (format v1, 1 MiB at most) to a document, which it makes where there is nothing. Devices'
   * updates come together; nobody's is lost. The entry's value is a `KvDocument`; see `@rockpool/documents`.
   */
  merge(key: Key, update: Uint8Array, options?: MergeOptions): this;
  /**
   * `{ ok: false }` when a check does not hold here, or with `confirm: "relay"` there; nothing is written
   * then. Called again, it commits again.
   */
  commit(options?: CommitOptions): Promise<CommitResult | CommitFailure>;
}

export interface WatchOptions {
  /** Also emits for a write that leaves every versionstamp as it was: a delete of a missing entry. Default false. */
  readonly raw?: boolean;
}

/** An open bucket. */
export interface Kv extends AsyncDisposable, Disposable, KvBackups {
  get<T = unknown>(key: Key, options?: GetOptions): Promise<KvEntryMaybe<T>>;
  /** All keys are read in one snapshot. */
  getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
    options?: ReadOptions,
  ): Promise<{ [K in keyof T]: KvEntryMaybe<T[K]> }>;
  /** Fulfilled when it is on disk; waits for the network only with `confirm: "relay"`. `key` may end with `commitVersionstamp()`. */
  set(key: KeyToSet, value: unknown, options?: SetOptions & CommitOptions): Promise<CommitResult>;
  delete(key: Key, options?: CommitOptions): Promise<void>;
  /**
   * What the key was, oldest first, up to what it is now: every set and delete, at most as many as the
   * bucket keeps (`history` of `openKv`); of a deletion that is no longer remembered nothing is left. A
   * version whose life ended is still told of, with its `expireAt`. Where the bucket has a relay:
   * as far as this device was shown them; of changes confirmed together the last one, then its own
   * that wait.
   */
  history<T = unknown>(key: Key, options?: HistoryOptions): Promise<readonly KvVersion<T>[]>;
  /**
   * Deletes the key with all its older versions, here at once and on disk at the next checkpoint. To
   * the relay it is a delete: the versions that go are this device's, once it is confirmed.
   */
  purge(key: Key, options?: CommitOptions): Promise<void>;
  /**
   * Deletes what is in view under a selector when it is committed: in one commit when it fits one
   * (10,000 entries, 8 MiB of keys, 100,000 keys looked at, those deleted before included), else in
   * several, in key order, each whole. What others set meanwhile behind the last commit's place stays.
   * It rejects as commits do; what was committed before that stays deleted, and another call goes on.
   */
  delete(selector: Selector, options?: CommitOptions): Promise<DeleteResult>;
  list<T = unknown>(selector: Selector, options?: ListOptions): KvListIterator<T>;
  /** As `list`, without the values, which stay in the host. */
  keys(selector: Selector, options?: ListOptions): KvKeyIterator;
  /**
   * How many entries stand under a selector. Reads up to 8,192 keys at a time, each piece one snapshot:
   * exact when nothing is committed meanwhile, else what stood throughout is counted once and what came
   * or went may be.
   */
  count(selector: Selector, options?: ReadOptions): Promise<number>;
  /**
   * Reads an entry, gives it to `change`, and commits what that returns on the condition that the entry
   * is as it was read; reads and calls again when it is not, after a pause. `change` returns the new
   * value, `undefined` to leave the entry, or `deleteEntry` to delete it; it may be asynchronous.
   * @throws KvError "conflict" when the attempts are used up; what `change` throws
   */
  update<T = unknown>(
    key: Key,
    change: (
      entry: KvEntryMaybe<T>,
    ) => T | typeof deleteEntry | undefined | Promise<T | typeof deleteEntry | undefined>,
    options?: UpdateOptions,
  ): Promise<UpdateResult<T>>;
  /**
   * Runs `work` while no other tab runs one under this key: holds a lease that stands there as an entry,
   * renewed at each third of `ttlMs` and given back when `work` ends, whatever it ends with. Waits while
   * another holds it; a holder that is gone keeps it for `ttlMs` at most. Not reentrant. What `work`
   * comes to is what `lock` comes to, though the lease was lost meanwhile: its signal says so.
   *
   * It excludes the tabs of this device. In a bucket that has a relay, two devices may each hold the
   * lock until the relay has rejected the later one's lease, which its signal then tells; and tokens of
   * different devices cannot be compared.
   * @throws TypeError when something that is no lease stands under the key
   */
  lock<T>(key: Key, options: LockOptions, work: (lease: Lease) => T | Promise<T>): Promise<T>;
  /**
   * Values that are sealed before they are stored. Without the option `secrets` they stay on this
   * device, in a database beside the bucket's, under a key that no code can read out: safe from who
   * reads the disk's files without the browser, not from code that runs on this site. With it they
   * stand sealed in the bucket itself, below the prefix ["rockpool:secrets"], which `list`, feeds and
   * `delete` see like any other, and are synced with it.
   */
  readonly secrets: Secrets;
  /** @throws KvError "closed" */
  status(): Promise<KvStatus>;
  /**
   * Forgets deletions made at least `olderThanMs` ago (default 30 minutes; 0: all), with the older
   * versions of their keys; the result counts them. By itself a deletion is remembered for 30 days,
   * so that a feed which resumes hears of it: one that resumes from before these begins anew.
   * @throws TypeError for what is no number of at least 0
   */
  purgeDeletes(options?: { readonly olderThanMs?: number }): Promise<number>;
  atomic(): AtomicOperation;
  /**
   * Stands for the commit's own versionstamp as the last part of a key in a set: keys that sort in
   * the order of their commits. Refused ("unsupported", at the commit) in a bucket that has a relay:
   * a versionstamp is a place in one device's log.
   */
  commitVersionstamp(): symbol;
  /** Emits the entries of `keys` at once and whenever one of them changed; a slow reader gets the latest state. */
  watch<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
    options?: WatchOptions,
  ): ReadableStream<{ [K in keyof T]: KvEntryMaybe<T[K]> }>;
  /**
   * What stands under a selector, then every change of it, in every tab. The stream holds one item; what a slow
   * reader has not taken is given as it is when it reads on, each key once, and nothing grows meanwhile.
   * @throws TypeError for a selector or option that is none; KvError "closed"
   */
  changes<T = unknown>(
    selector: ChangesSelector,
    options?: ChangesOptions & { readonly include?: "latest" | "updates"; readonly values?: true },
  ): ReadableStream<ChangeItem<T>>;
  /** Without values: that of an entry is undefined, that of a deletion null. */
  changes(
    selector: ChangesSelector,
    options: ChangesOptions & { readonly include?: "latest" | "updates"; readonly values: false },
  ): ReadableStream<ChangeItem<undefined>>;
  /** Every version in place of the latest. */
  changes<T = unknown>(
    selector: ChangesSelector,
    options: ChangesOptions & { readonly include: "history" },
  ): ReadableStream<ChangeItem<T, KvVersion<T>>>;
  readonly sync: Sync;
  /** Ends the bucket in this tab; what was committed stays. Calls in flight fail with `closed`. @throws KvError "closed" when it is closed already; disposing does not */
  close(): void;
  /** Closes the bucket and deletes it from this device, as `destroyBucket` does. @throws as that */
  destroy(): Promise<void>;
}
