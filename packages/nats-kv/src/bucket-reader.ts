/**
 * The half of a bucket that reads: what stands and what comes, translated from messages to what users get.
 */
import { KvStatusImpl } from "./bucket-status.ts";
import { type KvCodecs, mapTokens, NoopKvCodecs } from "./codecs.ts";
import { type EntryView, MessageEntry } from "./entry.ts";
import { noResponders, StreamNotFoundError } from "./errors.ts";
import type { JetStreamClient, JetStreamManager } from "./jetstream.ts";
import { createKeyFilter, type KeyFilter } from "./key-filter.ts";
import { hasWildcards, kvPrefix, validateBucket, validateKey, validateSearchKey } from "./key-rules.ts";
import { byRevision } from "./kept-versions.ts";
import {
  type KvEntry,
  type KvStatus,
  type KvWatchEntry,
  KvWatchInclude,
  type KvWatchOptions,
  type RoKV,
} from "./kv.ts";
import { type Message, operationOf } from "./message.ts";
import { ItemQueue, type QueuedIterator } from "./queued-iterator.ts";
import type { KvOptions } from "./stream-config.ts";
import { Stream } from "./stream.ts";
import { watchMessages } from "./watch.ts";

/** Where a server with direct gets is asked. */
const directSubject = "$JS.API.DIRECT.GET";

export class BucketReader implements RoKV {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly bucket: string;
  readonly stream: string;
  /** Before its keys in subjects. */
  readonly prefix: string;
  readonly codec: KvCodecs;
  /** Says of a bucket that is not there how its absence is told by `get`, and nothing else. */
  readonly direct: boolean;
  readonly validateKey: typeof validateKey = validateKey;
  readonly validateSearchKey: typeof validateSearchKey = validateSearchKey;
  readonly hasWildcards: typeof hasWildcards = hasWildcards;
  protected readonly messages: Stream;

  /** To be got from `Kvm`, `create` or `bind`. @throws Error "invalid bucket name: …" */
  constructor(bucket: string, js: JetStreamClient, jsm: JetStreamManager, options: Partial<KvOptions> = {}) {
    validateBucket(bucket);
    this.js = js;
    this.jsm = jsm;
    this.bucket = bucket;
    this.stream = options.streamName ?? `${kvPrefix}${bucket}`;
    this.prefix = `$KV.${bucket}`;
    this.codec = options.codec ?? NoopKvCodecs();
    this.direct = options.allow_direct ?? false;
    this.messages = new Stream(this.stream, this.prefix, () => js.nc.openKv());
  }

  bucketName(): string {
    return this.stream;
  }

  subjectForBucket(): string {
    return this.fullKeyName(">");
  }

  subjectForKey(key: string): string {
    return this.fullKeyName(key);
  }

  fullKeyName(key: string): string {
    return `${this.prefix}.${key}`;
  }

  encodeKey(key: string): string {
    return mapTokens(key, (token) => this.codec.key.encode(token));
  }

  decodeKey(rawKey: string): string {
    return mapTokens(rawKey, (token) => this.codec.key.decode(token));
  }

  async get(key: string, options?: { revision: number }): Promise<KvEntry | null> {
    const rawKey = this.rawKey(key);
    const messages = await this.#messagesOf(rawKey);
    const wanted = options?.revision ?? 0;
    const message = wanted > 0 ? messages.find(({ revision }) => revision === wanted) : messages.at(-1);
    return message === undefined ? null : this.#entry(message, { isUpdate: undefined });
  }

  async history(
    options: { key?: string | string[]; headers_only?: boolean } = {},
  ): Promise<QueuedIterator<KvWatchEntry>> {
    const messages = await this.messages.messages(this.#filter(options.key));
    const queue = new ItemQueue<KvWatchEntry>();
    for (const [index, message] of messages.entries()) {
      const pending = messages.length - 1 - index;
      const isHeadersOnly = options.headers_only === true;
      queue.push(this.#entry(message, { pending, isUpdate: false, isHeadersOnly }) as KvWatchEntry);
    }
    queue.pushCall(() => queue.stop());
    return queue;
  }

  async watch(options: KvWatchOptions = {}): Promise<QueuedIterator<KvWatchEntry>> {
    const {
      include = KvWatchInclude.LastValue,
      resumeFromRevision = 0,
      ignoreDeletes,
      initializedFn,
    } = options;
    const isUpdatesOnly = include === KvWatchInclude.UpdatesOnly;
    const begin = isUpdatesOnly && resumeFromRevision <= 0 ? "end" : "all";
    const { closing } = this.js.nc;
    const watched = await watchMessages(this.messages, this.#filter(options.key), begin, closing);
    const queue = new ItemQueue<KvWatchEntry>();
    const isHeadersOnly = options.headers_only === true;
    const push = (message: Message, pending: number, isUpdate: boolean): void => {
      if (ignoreDeletes === true && operationOf(message) === "DEL") return;
      queue.push(this.#entry(message, { pending, isUpdate, isHeadersOnly }) as KvWatchEntry);
    };
    const isWanted = ({ revision }: Message): boolean => revision >= resumeFromRevision;
    const all = watched.initial.filter(isWanted);
    const isEach = resumeFromRevision > 0 || include !== KvWatchInclude.LastValue;
    const initial = isEach ? all : lastOfKeys(all);
    for (const [index, message] of initial.entries()) {
      const pending = initial.length - 1 - index;
      push(message, pending, isUpdatesOnly || pending === 0);
    }
    if (initializedFn !== undefined) queue.pushCall(initializedFn);
    void watched
      .follow((message) => {
        if (isWanted(message)) push(message, 0, true);
      })
      .then((error) => (error === undefined ? queue.pushCall(() => queue.stop()) : queue.stop(error)));
    void queue.iterClosed.then(() => watched.stop());
    return queue;
  }

  async keys(filter?: string | string[]): Promise<QueuedIterator<string>> {
    const messages = await this.messages.messages(this.#filter(filter));
    const queue = new ItemQueue<string>();
    for (const message of lastOfKeys(messages)) {
      if (operationOf(message) === "PUT") queue.push(this.decodeKey(message.key));
    }
    queue.stop();
    return queue;
  }

  async status(): Promise<KvStatus> {
    return new KvStatusImpl(await this.jsm.streams.info(this.stream));
  }

  /** There is nothing to close: the connection is. */
  async close(): Promise<void> {}

  async #messagesOf(rawKey: string): Promise<readonly Message[]> {
    try {
      return await this.messages.messagesOf(rawKey);
    } catch (error) {
      if (!this.direct || !(error instanceof StreamNotFoundError)) throw error;
      throw noResponders(`${directSubject}.${this.stream}.${this.fullKeyName(rawKey)}`);
    }
  }

  /** @throws Error "invalid key: …" */
  protected rawKey(key: string): string {
    const rawKey = this.encodeKey(key);
    validateKey(rawKey);
    return rawKey;
  }

  #filter(keys: string | string[] = ">"): KeyFilter {
    const filters = Array.isArray(keys) ? keys : [keys];
    for (const filter of filters) validateSearchKey(filter);
    return createKeyFilter(filters.map((filter) => this.encodeKey(filter)));
  }

  #entry(message: Message, view: Pick<EntryView, "isUpdate"> & Partial<EntryView>): MessageEntry {
    const { bucket, stream, codec } = this;
    const subject = this.fullKeyName(message.key);
    return new MessageEntry(message, {
      bucket,
      stream,
      codec,
      subject,
      pending: 0,
      isHeadersOnly: false,
      ...view,
    });
  }
}

/** The last message of each key, by revision. */
export const lastOfKeys = (messages: readonly Message[]): readonly Message[] =>
  [...new Map(messages.map((message) => [message.key, message])).values()].toSorted(byRevision);
