/**
 * `Kv` over a host: checks and translates what the app asks; the host acts. Asynchronous methods
 * reject and never throw at once; `list`, `watch`, `changes` and `close` throw.
 */
import type { HostEvent, TransportEntry } from "@rockpool/host";
import {
  commitVersionstamp,
  historyMax,
  type Key,
  type KeyToSet,
  type KvError,
  packKey,
  packKeyForWrite,
  packKeyToSet,
  type Selector,
  unpackError,
} from "@rockpool/model";
import { expectAnswer, type Send } from "./answer.ts";
import { AtomicBuilder } from "./atomic-operation.ts";
import {
  type BackupOptions,
  type BackupSource,
  type RestoreOptions,
  type RestoreResult,
  TransferClient,
} from "./backup.ts";
import { CommitClient } from "./commit-client.ts";
import { changesRequest } from "./feeds/changes-request.ts";
import { lifeOf } from "./expiry.ts";
import { FeedClient } from "./feeds/feed-client.ts";
import { checkHistoryLimit, type HistoryOptions, type KvVersion, toVersion } from "./reads/history.ts";
import type { HostConnection } from "./host-connection.ts";
import type { ChangesOptions, ChangesSelector } from "./feeds/changes.ts";
import type { KvEntryMaybe } from "./entry.ts";
import type {
  AtomicOperation,
  CommitOptions,
  CommitResult,
  DeleteResult,
  GetOptions,
  Kv,
  KvKeyIterator,
  KvListIterator,
  ListOptions,
  ReadOptions,
  SetOptions,
  UpdateOptions,
  UpdateResult,
  WatchOptions,
} from "./kv.ts";
import { createInternals, internalsByKv, type KvInternals } from "./kv-internals.ts";
import type { Lease, LockOptions } from "./lease.ts";
import type { Secrets } from "./secrets/lazy-secrets.ts";
import type { KvStatus } from "./status.ts";
import type { Sync } from "./sync.ts";
import { checkCount, readEntries, readVersion } from "./reads/key-reads.ts";
import { lazySecrets } from "./secrets/lazy-secrets.ts";
import { ListIterator } from "./reads/list-iterator.ts";
import { entrySource, keySource } from "./reads/list-sources.ts";
import { countRange, isSelector } from "./reads/range-calls.ts";
import type { BucketPlace } from "./bucket-place.ts";
import type { SeldomCalls } from "./seldom-calls.ts";
import { SyncClient } from "./sync-client.ts";
import { encodeForHost, toEntry } from "./transport.ts";

export class KvClient implements Kv {
  readonly #place: BucketPlace;
  readonly #connection: HostConnection;
  readonly #commits: CommitClient;
  readonly #sync: SyncClient;
  readonly #feeds: FeedClient;
  readonly #transfers: TransferClient;
  readonly #internals: KvInternals;
  /** Frees what the host ran in, once it has let go of everything. */
  readonly #release: () => void;
  readonly secrets: Secrets;
  #seldom: SeldomCalls | undefined;

  constructor(place: BucketPlace, connection: HostConnection, release: () => void) {
    this.#place = place;
    this.secrets = lazySecrets(
      async () => (await this.#load()).mustGetSecrets(),
      place.open.readonly === true,
    );
    this.#connection = connection;
    this.#commits = new CommitClient(connection, place);
    this.#sync = new SyncClient(connection, {
      token: place.token,
      signOut: async (options) => (await this.#load()).signOut(options),
    });
    this.#feeds = new FeedClient(connection);
    this.#transfers = new TransferClient(connection);
    this.#internals = createInternals({ connection, feeds: this.#feeds, clock: place.clock });
    internalsByKv.set(this, this.#internals);
    connection.onEnd = (error) => {
      this.#feeds.fail(error);
      this.#sync.onEnd(error);
    };
    this.#release = release;
  }

  /** What is seldom called is loaded at its first call. */
  async #load(): Promise<SeldomCalls> {
    const { SeldomCalls } = await import("./seldom-calls.ts");
    this.#seldom ??= new SeldomCalls(this, this.#connection, this.#place);
    return this.#seldom;
  }

  get sync(): Sync {
    return this.#sync;
  }

  onEvents(events: readonly HostEvent[]): void {
    for (const event of events) {
      if (event.type === "feed" || event.type === "feed-error") this.#feeds.onEvent(event);
      else if (event.type === "ended") void this.#onEnded(unpackError(event.error) as KvError);
      else if (event.type === "conflicts") this.#resolve(event);
      else if (event.type === "aware" || event.type === "presence") this.#internals.onPresence?.(event);
      else this.#sync.onEvent(event);
    }
  }

  #resolve({ round, groups }: HostEvent & { type: "conflicts" }): void {
    this.#load()
      .then((seldom) => seldom.resolveConflicts(round, groups))
      .catch(() => {
        // The host is gone, or could not store what was decided: the commits are still in the list.
      });
  }

  async get<T = unknown>(key: Key, options?: GetOptions): Promise<KvEntryMaybe<T>> {
    const [entry] =
      options?.versionstamp === undefined
        ? await readEntries(this.#send, [key], options)
        : await readVersion(this.#send, key, options.versionstamp, options);
    return toEntry<T>(entry as TransportEntry, key);
  }

  async getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
    options?: ReadOptions,
  ): Promise<{ [K in keyof T]: KvEntryMaybe<T[K]> }> {
    if (keys.length === 0) return [] as { [K in keyof T]: KvEntryMaybe<T[K]> };
    const entries = await readEntries(this.#send, keys, options);
    return entries.map((entry, index) => toEntry(entry, keys[index])) as {
      [K in keyof T]: KvEntryMaybe<T[K]>;
    };
  }

  async set(key: KeyToSet, value: unknown, options?: SetOptions & CommitOptions): Promise<CommitResult> {
    const mutation = {
      type: "set",
      key: packKeyToSet(key),
      value: encodeForHost(value),
      ...lifeOf(options),
    } as const;
    return this.#commits.write({ checks: [], mutations: [mutation] }, options);
  }

  delete(key: Key, options?: CommitOptions): Promise<void>;
  delete(selector: Selector, options?: CommitOptions): Promise<DeleteResult>;
  async delete(what: Key | Selector, options: CommitOptions = {}): Promise<DeleteResult | void> {
    if (isSelector(what)) return this.#commits.deleteRange(what, options);
    const mutation = { type: "delete", key: packKeyForWrite(what) } as const;
    await this.#commits.write({ checks: [], mutations: [mutation] }, options);
  }

  async purgeDeletes(options: { readonly olderThanMs?: number } = {}): Promise<number> {
    return (await this.#load()).purgeDeletes(options);
  }

  async history<T = unknown>(
    key: Key,
    { limit, signal }: HistoryOptions = {},
  ): Promise<readonly KvVersion<T>[]> {
    checkHistoryLimit(limit);
    const packed = packKey(key);
    const request = { type: "history", key: packed, limit: limit ?? historyMax, strong: true } as const;
    const { versions } = expectAnswer(await this.#send(request, signal), "versions");
    return versions.map((version) => toVersion<T>(packed, version));
  }

  async purge(key: Key, options?: CommitOptions): Promise<void> {
    const mutation = { type: "delete", key: packKeyForWrite(key), purge: true } as const;
    await this.#commits.write({ checks: [], mutations: [mutation] }, options);
  }

  list<T = unknown>(selector: Selector, options: ListOptions = {}): KvListIterator<T> {
    return new ListIterator(selector, options, entrySource<T>(this.#send));
  }

  keys(selector: Selector, options: ListOptions = {}): KvKeyIterator {
    return new ListIterator(selector, options, keySource(this.#send));
  }

  async count(selector: Selector, options: ReadOptions = {}): Promise<number> {
    return countRange(this.#send, selector, options);
  }

  async update<T = unknown>(
    key: Key,
    change: (entry: KvEntryMaybe<T>) => unknown,
    options: UpdateOptions = {},
  ): Promise<UpdateResult<T>> {
    return (await this.#load()).update(key, change, options);
  }

  async lock<T>(key: Key, options: LockOptions, work: (lease: Lease) => T | Promise<T>): Promise<T> {
    return (await this.#load()).lock(key, options, work);
  }

  async status(): Promise<KvStatus> {
    return (await this.#load()).status();
  }

  async destroy(): Promise<void> {
    return (await this.#load()).destroy();
  }

  atomic(): AtomicOperation {
    return new AtomicBuilder((ask, options) => this.#commits.commit(ask, options));
  }

  commitVersionstamp(): symbol {
    return commitVersionstamp;
  }

  watch<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
    { raw = false }: WatchOptions = {},
  ): ReadableStream<{ [K in keyof T]: KvEntryMaybe<T[K]> }> {
    this.#assertOpen();
    checkCount("keys", keys.length);
    const packed = keys.map((key) => packKey(key));
    return this.#feeds.watch(packed, raw) as unknown as ReadableStream<{
      [K in keyof T]: KvEntryMaybe<T[K]>;
    }>;
  }

  /** What its items are follows from the options, as the overloads of `Kv` say. */
  changes(selector: ChangesSelector, options: ChangesOptions = {}): ReadableStream<never> {
    this.#assertOpen();
    const request = changesRequest(selector, options);
    return this.#feeds.changes(request, options.signal) as ReadableStream<never>;
  }

  backup(options: BackupOptions = {}): ReadableStream<Uint8Array> {
    this.#assertOpen();
    return this.#transfers.backup(options);
  }

  async restore(source: BackupSource, options: RestoreOptions = {}): Promise<RestoreResult> {
    return this.#transfers.restore(source, options);
  }

  close(): void {
    this.#assertOpen();
    void this.#end();
  }

  [Symbol.dispose](): void {
    void this.#end();
  }

  /** As `close`, and waits until the host has let go. Harmless when closed already. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  /** Not every browser has the symbols of disposal. */
  async #end(): Promise<void> {
    if (this.#connection.isClosed) return;
    this.#feeds.close();
    this.#seldom?.close();
    try {
      await this.#connection.close();
    } finally {
      this.#release();
    }
  }

  readonly #send: Send = (request, signal) => this.#connection.request(request, signal);

  async #onEnded(end: KvError): Promise<void> {
    this.#seldom?.close();
    try {
      await this.#connection.fail(end);
    } catch {
      // However its end went, nothing of it is left to be told.
    }
    this.#release();
  }

  #assertOpen(): void {
    this.#connection.assertOpen();
  }
}
