/**
 * Deno KV as its users know it: the declarations of Deno's own `lib.deno.unstable.d.ts`, so that either
 * can stand where the other is asked for. What is more than Deno's is an option: `confirm` and `signal`.
 * @see https://docs.deno.com/api/deno/~/Deno.Kv
 */
/// <reference lib="esnext.disposable" preserve="true" />
import type { CommitOptions } from "rockpool";

export type KvKey = readonly KvKeyPart[];

/** A symbol is what `commitVersionstamp()` gives, as the last part of a key in a `set`. */
export type KvKeyPart = Uint8Array | string | number | bigint | boolean | symbol;

export type KvConsistencyLevel = "strong" | "eventual";

/** Keys below `prefix`, from `start` (included) to `end` (excluded). */
export type KvListSelector =
  | { prefix: KvKey }
  | { prefix: KvKey; start: KvKey }
  | { prefix: KvKey; end: KvKey }
  | { start: KvKey; end: KvKey };

/** An unsigned 64-bit integer: what `sum`, `min` and `max` work on. Inside another value it is no longer one. */
export interface KvU64 {
  readonly value: bigint;
}

export type KvMutation = { key: KvKey } & (
  | { type: "set"; value: unknown; expireIn?: number }
  | { type: "delete" }
  | { type: "sum"; value: KvU64 }
  | { type: "max"; value: KvU64 }
  | { type: "min"; value: KvU64 }
);

export interface KvEntry<T> {
  key: KvKey;
  value: T;
  /** 20 hex digits; in a bucket that has a relay meaningful on this device alone. */
  versionstamp: string;
}

export type KvEntryMaybe<T> = KvEntry<T> | { key: KvKey; value: null; versionstamp: null };

export interface KvListOptions {
  /** Entries in all, a positive integer. Default: no limit. */
  limit?: number;
  /** Where an earlier list of the same selector stopped, from its `cursor`. */
  cursor?: string;
  reverse?: boolean;
  consistency?: KvConsistencyLevel;
  /** Entries read at a time, 1 to 1,000. Default: `limit`, 500 at most, or 100. */
  batchSize?: number;
}

export interface KvCommitResult {
  ok: true;
  versionstamp: string;
}

export interface KvCommitError {
  ok: false;
}

export interface AtomicCheck {
  key: KvKey;
  /** Null: there is no entry. */
  versionstamp: string | null;
}

export interface KvEnqueueOptions {
  /** Ms until it is delivered, 0 to 30 days. Default 0. */
  delay?: number;
  /** Where the payload is set when every attempt failed. */
  keysIfUndelivered?: KvKey[];
  /** Ms before each further attempt: five at most, of an hour at most. Default 100, 1000, 5000, 30000, 60000. */
  backoffSchedule?: number[];
}

/** Yields entries in key order. `break` leaves it usable: a second `for await` goes on after the break. */
export interface KvListIterator<T> extends AsyncIterableIterator<KvEntry<T>> {
  /** Where the iteration stands, to continue from later; "" when it is exhausted. @throws Error before the first entry */
  get cursor(): string;
  next(): Promise<IteratorResult<KvEntry<T>, undefined>>;
  [Symbol.asyncIterator](): AsyncIterableIterator<KvEntry<T>>;
}

/** Checks and mutations applied together or not at all. Builders throw on misuse; keys and sizes are judged at `commit`. */
export interface AtomicOperation {
  check(...checks: AtomicCheck[]): this;
  mutate(...mutations: KvMutation[]): this;
  sum(key: KvKey, n: bigint): this;
  min(key: KvKey, n: bigint): this;
  max(key: KvKey, n: bigint): this;
  set(key: KvKey, value: unknown, options?: { expireIn?: number }): this;
  delete(key: KvKey): this;
  /** As {@link Kv.enqueue}, with the rest of the operation or not at all. */
  enqueue(value: unknown, options?: KvEnqueueOptions): this;
  /** `{ ok: false }` when a check does not hold; nothing is written then. Called again, it commits again. */
  commit(options?: CommitOptions): Promise<KvCommitResult | KvCommitError>;
}

/** What a handler is given is what was enqueued, as structured clone leaves it. */
// oxlint-disable-next-line typescript/method-signature-style -- as a method its parameter may be narrowed, as Deno's `any` lets it
export type KvQueueHandler = { handle(value: unknown): Promise<void> | void }["handle"];

export interface Kv extends Disposable {
  get<T = unknown>(key: KvKey, options?: { consistency?: KvConsistencyLevel }): Promise<KvEntryMaybe<T>>;
  /** Up to 10 keys, read in one snapshot. */
  getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: KvKey }],
    options?: { consistency?: KvConsistencyLevel },
  ): Promise<{ [K in keyof T]: KvEntryMaybe<T[K]> }>;
  set(key: KvKey, value: unknown, options?: { expireIn?: number } & CommitOptions): Promise<KvCommitResult>;
  delete(key: KvKey, options?: CommitOptions): Promise<void>;
  list<T = unknown>(selector: KvListSelector, options?: KvListOptions): KvListIterator<T>;
  /**
   * Has a listener of this device called with `value`, in whichever tab: at least once. The message is on
   * disk when this is fulfilled. Refused with `errors.NotSupported` in a bucket that has a relay.
   */
  enqueue(value: unknown, options?: KvEnqueueOptions): Promise<KvCommitResult>;
  /**
   * Takes messages until the database is closed; fulfilled then. A handler that throws or rejects has its
   * message delivered again, after the next interval of its schedule. Refused as `enqueue` is.
   */
  listenQueue(handler: KvQueueHandler): Promise<void>;
  atomic(): AtomicOperation;
  /** Gives the entries of up to 10 keys at once, and whenever one of them changed; a slow reader gets the latest state. */
  watch<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: KvKey }],
    options?: { raw?: boolean },
  ): ReadableStream<{ [K in keyof T]: KvEntryMaybe<T[K]> }>;
  /** @throws errors.BadResource when it is closed already; disposing does not */
  close(): void;
  /** The commit's own versionstamp, as the last part of a key in a `set`. Refused at the commit, as `enqueue` is, where there is a relay. */
  commitVersionstamp(): symbol;
  [Symbol.dispose](): void;
}
