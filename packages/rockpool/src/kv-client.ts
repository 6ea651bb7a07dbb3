/**
 * `Kv` over a host: checks and translates what the app asks; the host acts. Asynchronous methods
 * reject and never throw at once; `list`, `watch`, `changes` and `close` throw.
 */
import type { HostAnswer, HostEvent, HostRequest, TransportEntry } from "@rockpool/host";
import {
  type Key,
  KvError,
  packKey,
  packKeyForWrite,
  readKeysMax,
  resolveSelector,
  type Selector,
  type Versionstamp,
} from "@rockpool/model";
import { AtomicBuilder, type CommitAsk } from "./atomic-operation.ts";
import { lifeOf } from "./expiry.ts";
import { FeedClient } from "./feed-client.ts";
import { closedError, type HostConnection } from "./host-connection.ts";
import type {
  AtomicOperation,
  ChangeItem,
  ChangesOptions,
  CommitFailure,
  CommitResult,
  Kv,
  KvEntryMaybe,
  KvListIterator,
  ListOptions,
  ReadOptions,
  SetOptions,
  Sync,
} from "./kv.ts";
import { ListIterator } from "./list-iterator.ts";
import { SyncClient } from "./sync-client.ts";
import { encodeForHost, toEntry } from "./transport.ts";

export class KvClient implements Kv {
  readonly #bucket: string;
  readonly #connection: HostConnection;
  readonly #sync: SyncClient;
  readonly #feeds: FeedClient;
  /** Frees what the host ran in, once it has let go of everything. */
  readonly #release: () => void;

  constructor(bucket: string, connection: HostConnection, release: () => void) {
    this.#bucket = bucket;
    this.#connection = connection;
    this.#sync = new SyncClient(connection);
    this.#feeds = new FeedClient(connection);
    connection.onEnd = (error) => this.#feeds.fail(error);
    this.#release = release;
  }

  get sync(): Sync {
    return this.#sync;
  }

  onEvents(events: readonly HostEvent[]): void {
    for (const event of events) {
      if (event.type === "feed" || event.type === "feed-error") this.#feeds.onEvent(event);
      else this.#sync.onEvent(event);
    }
  }

  async get<T = unknown>(key: Key, options?: ReadOptions): Promise<KvEntryMaybe<T>> {
    const [entry] = await this.#read([key], options);
    return toEntry<T>(entry as TransportEntry);
  }

  async getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
    options?: ReadOptions,
  ): Promise<{ [K in keyof T]: KvEntryMaybe<T[K]> }> {
    if (keys.length === 0) return [] as { [K in keyof T]: KvEntryMaybe<T[K]> };
    const entries = await this.#read(keys, options);
    return entries.map((entry) => toEntry(entry)) as { [K in keyof T]: KvEntryMaybe<T[K]> };
  }

  async set(key: Key, value: unknown, options?: SetOptions): Promise<CommitResult> {
    const mutation = {
      type: "set",
      key: packKeyForWrite(key),
      value: encodeForHost(value),
      ...lifeOf(options),
    } as const;
    return (await this.#commit({ checks: [], mutations: [mutation] })) as CommitResult;
  }

  async delete(key: Key): Promise<void> {
    await this.#commit({ checks: [], mutations: [{ type: "delete", key: packKeyForWrite(key) }] });
  }

  list<T = unknown>(selector: Selector, options: ListOptions = {}): KvListIterator<T> {
    return new ListIterator<T>(selector, options, (request) => this.#request(request));
  }

  atomic(): AtomicOperation {
    return new AtomicBuilder((ask) => this.#commit(ask));
  }

  watch<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Key }],
  ): ReadableStream<{ [K in keyof T]: KvEntryMaybe<T[K]> }> {
    this.#assertOpen();
    checkKeyCount(keys.length);
    return this.#feeds.watch(keys.map((key) => packKey(key))) as unknown as ReadableStream<{
      [K in keyof T]: KvEntryMaybe<T[K]>;
    }>;
  }

  changes<T = unknown>(
    selector: Selector,
    { pending = false }: ChangesOptions = {},
  ): ReadableStream<ChangeItem<T>> {
    this.#assertOpen();
    return this.#feeds.changes(resolveSelector(selector), pending) as ReadableStream<ChangeItem<T>>;
  }

  close(): void {
    this.#assertOpen();
    void this[Symbol.asyncDispose]();
  }

  /** As `close`, and waits until the host has let go. Harmless when closed already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#connection.isClosed) return;
    this.#feeds.close();
    try {
      await this.#connection.close();
    } finally {
      this.#release();
    }
  }

  async #read(keys: readonly Key[], options: ReadOptions | undefined): Promise<readonly TransportEntry[]> {
    checkKeyCount(keys.length);
    const strong = isStrong(options?.consistency);
    const answer = await this.#request({ type: "read", keys: keys.map((key) => packKey(key)), strong });
    if (answer.type !== "entries") {
      throw new KvError("protocol", "the host answered a read with something else");
    }
    return answer.entries;
  }

  async #commit({ checks, mutations }: CommitAsk): Promise<CommitResult | CommitFailure> {
    const answer = await this.#request({ type: "commit", checks, mutations });
    if (answer.type !== "committed") {
      throw new KvError("protocol", "the host answered a commit with something else");
    }
    return answer.versionstamp === null
      ? { ok: false }
      : { ok: true, versionstamp: answer.versionstamp satisfies Versionstamp };
  }

  #request(request: HostRequest): Promise<HostAnswer> {
    return this.#connection.request(request);
  }

  #assertOpen(): void {
    if (this.#connection.isClosed) throw closedError(this.#bucket);
  }
}

const checkKeyCount = (count: number): void => {
  if (count > readKeysMax) {
    throw new TypeError(`Too many keys (max ${readKeysMax}): received ${count}; ask for fewer at a time`);
  }
};

const isStrong = (consistency: unknown): boolean => {
  if (consistency === undefined || consistency === null || consistency === "strong") return true;
  if (consistency === "eventual") return false;
  throw new TypeError(`unknown variant \`${String(consistency)}\`, expected \`strong\` or \`eventual\``);
};
