/**
 * A bucket: NATS KV over the messages of a stream. Translates between what users give and get (codecs,
 * entries, iterators) and the stream, which decides.
 */
import { type KvCodecs, mapTokens, NoopKvCodecs, type Payload } from "./codecs.ts";
import type { JetStreamClient, JetStreamManager } from "./jetstream.ts";
import { createDraft } from "./draft.ts";
import { type EntryView, MessageEntry } from "./entry.ts";
import { JetStreamApiError, noResponders, StreamNotFoundError } from "./errors.ts";
import { createKeyFilter, type KeyFilter } from "./key-filter.ts";
import { hasWildcards, kvPrefix, validateBucket, validateKey, validateSearchKey } from "./key-rules.ts";
import {
  type ConfirmOptions,
  type KV,
  type KvDeleteOptions,
  type KvEntry,
  type KvPurgeOptions,
  type KvPutOptions,
  type KvStatus,
  type KvWatchEntry,
  KvWatchInclude,
  type KvWatchOptions,
} from "./kv.ts";
import { type Message, operationOf } from "./message.ts";
import { ItemQueue, type QueuedIterator } from "./queued-iterator.ts";
import type { KvOptions } from "./stream-config.ts";
import { createStreamConfig, defaultBucketOpts } from "./stream-config.ts";
import type { PurgeOpts, PurgeResponse } from "./stream-info.ts";
import { KvStatusImpl } from "./bucket-status.ts";
import { purgeMessages } from "./purging.ts";
import { Stream } from "./stream.ts";
import { watchMessages } from "./watch.ts";

/** Keys of a delete with wildcards that are deleted at a time. Source: @nats-io/kv. */
const deleteBatch = 100;
/** How old a marker is that `purgeDeletes` removes, in ms. Source: @nats-io/kv. */
const purgeDeletesMs = 30 * 60 * 1000;
/** Where a server with direct gets is asked. */
const directSubject = "$JS.API.DIRECT.GET";
/** Conflicts that `create` looks into: the key may be deleted. */
const wrongSequenceCodes: ReadonlySet<number> = new Set([10071, 10164]);

export class Bucket implements KV {
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
  readonly #messages: Stream;

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
    this.#messages = new Stream(this.stream, this.prefix, () => js.nc.openKv());
  }

  /** Opens the bucket, and makes it when it is new; of one that is there the options count for nothing. */
  static async create(js: JetStreamClient, name: string, options: Partial<KvOptions> = {}): Promise<Bucket> {
    validateBucket(name);
    const jsm = await js.jetstreamManager();
    const merged = { ...defaultBucketOpts(), ...options };
    const bucket = new Bucket(name, js, jsm, { ...merged, allow_direct: options.allow_direct ?? true });
    const stored = await bucket.#messages.get();
    const config = stored?.config ?? createStreamConfig(name, merged);
    await js.nc.keepHistory(config.max_msgs_per_subject);
    if (stored === null) await bucket.#messages.create(config);
    return bucket;
  }

  /** Opens the bucket without looking whether it is there. */
  static async bind(js: JetStreamClient, name: string, options: Partial<KvOptions> = {}): Promise<Bucket> {
    validateBucket(name);
    return new Bucket(name, js, await js.jetstreamManager(), options);
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
    const rawKey = this.#rawKey(key);
    const messages = await this.#messagesOf(rawKey);
    const wanted = options?.revision ?? 0;
    const message = wanted > 0 ? messages.find(({ revision }) => revision === wanted) : messages.at(-1);
    return message === undefined ? null : this.#entry(message, { isUpdate: undefined });
  }

  async put(key: string, value: Payload, options: Partial<KvPutOptions> = {}): Promise<number> {
    return this.#put(key, value, options);
  }

  async create(
    key: string,
    value: Payload,
    markerTTL?: string,
    options: ConfirmOptions = {},
  ): Promise<number> {
    try {
      return await this.#put(key, value, { ...options, previousSeq: 0 }, markerTTL);
    } catch (error) {
      if (error instanceof JetStreamApiError && !wrongSequenceCodes.has(error.code)) throw error;
      // As NATS' client does, whatever else it was: of a bucket that is not there this read tells.
      const entry = await this.get(key);
      if (entry === null || entry.operation === "PUT") throw error;
      return this.#put(key, value, { ...options, previousSeq: entry.revision }, markerTTL);
    }
  }

  update(
    key: string,
    value: Payload,
    version: number,
    timeout?: number,
    options: ConfirmOptions = {},
  ): Promise<number> {
    if (version <= 0) throw new Error("version must be greater than 0");
    return this.put(key, value, {
      ...options,
      previousSeq: version,
      ...(timeout === undefined ? {} : { timeout }),
    });
  }

  async delete(key: string, options?: Partial<KvDeleteOptions>): Promise<void> {
    await this.#remove(key, "DEL", options);
  }

  async purge(key: string, options?: Partial<KvPurgeOptions>): Promise<void> {
    await this.#remove(key, "PURGE", options);
  }

  /** As `purge`. */
  async remove(key: string): Promise<void> {
    await this.purge(key);
  }

  async history(
    options: { key?: string | string[]; headers_only?: boolean } = {},
  ): Promise<QueuedIterator<KvWatchEntry>> {
    const messages = await this.#messages.messages(this.#filter(options.key));
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
    const watched = await watchMessages(this.#messages, this.#filter(options.key), begin);
    const queue = new ItemQueue<KvWatchEntry>();
    const isHeadersOnly = options.headers_only === true;
    const push = (message: Message, pending: number, isUpdate: boolean): void => {
      if (ignoreDeletes === true && operationOf(message) === "DEL") return;
      queue.push(this.#entry(message, { pending, isUpdate, isHeadersOnly }) as KvWatchEntry);
    };
    const isWanted = ({ revision }: Message): boolean => revision >= resumeFromRevision;
    const all = watched.initial.filter(isWanted);
    const isEach = resumeFromRevision > 0 || include !== KvWatchInclude.LastValue;
    const initial = isEach ? all : all.filter((message) => isLastOfItsKey(message, lastOfKeys(all)));
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
    const messages = await this.#messages.messages(this.#filter(filter));
    const lasts = lastOfKeys(messages);
    const queue = new ItemQueue<string>();
    for (const message of messages) {
      if (isLastOfItsKey(message, lasts) && operationOf(message) === "PUT")
        queue.push(this.decodeKey(message.key));
    }
    queue.stop();
    return queue;
  }

  async status(): Promise<KvStatus> {
    return new KvStatusImpl(await this.jsm.streams.info(this.stream));
  }

  async destroy(): Promise<boolean> {
    return this.jsm.streams.delete(this.stream);
  }

  /** There is nothing to close: the connection is. */
  async close(): Promise<void> {}

  /** Removes keys that were deleted more than `olderMillis` ago; of those deleted since, what came before. */
  async purgeDeletes(olderMillis: number = purgeDeletesMs): Promise<PurgeResponse> {
    const messages = await this.#messages.messages();
    const oldestKeptMs = Date.now() - olderMillis;
    let purged = 0;
    for (const marker of lastOfKeys(messages).values()) {
      if (operationOf(marker) === "PUT") continue;
      const keep = marker.createdMs >= oldestKeptMs ? 1 : 0;
      const filter = this.fullKeyName(marker.key);
      purged += (await purgeMessages(this.#messages, { filter, keep })).purged;
    }
    return { success: true, purged };
  }

  /** Removes messages, without markers. @throws Error for what Rockpool's versions cannot do; see {@link PurgeOpts} */
  async purgeBucket(options: PurgeOpts = {}): Promise<PurgeResponse> {
    return purgeMessages(this.#messages, options);
  }

  async #put(key: string, value: Payload, options: Partial<KvPutOptions>, ttl?: string): Promise<number> {
    const rawKey = this.#rawKey(key);
    const draft = createDraft("PUT", toBytes(this.codec.value.encode(value)), {
      previousSeq: options.previousSeq,
      ttl,
    });
    return this.#messages.publish(rawKey, draft, {
      confirm: this.#confirm(options),
      timeout: options.timeout,
    });
  }

  async #remove(key: string, operation: "DEL" | "PURGE", options?: Partial<KvPurgeOptions>): Promise<void> {
    if (!hasWildcards(key)) return this.#removeOne(key, operation, options);
    const keys: string[] = [];
    for await (const each of await this.keys(key)) keys.push(each);
    while (keys.length > 0) {
      await Promise.all(keys.splice(0, deleteBatch).map((each) => this.#removeOne(each, operation)));
    }
  }

  async #removeOne(
    key: string,
    operation: "DEL" | "PURGE",
    options: Partial<KvPurgeOptions> = {},
  ): Promise<void> {
    const rawKey = this.#rawKey(key);
    const ttl = operation === "PURGE" && typeof options.ttl === "string" ? options.ttl : undefined;
    const draft = createDraft(operation, new Uint8Array(), {
      previousSeq: options.previousSeq || undefined,
      ttl,
    });
    await this.#messages.publish(rawKey, draft, { confirm: this.#confirm(options) });
  }

  async #messagesOf(rawKey: string): Promise<readonly Message[]> {
    try {
      return await this.#messages.messagesOf(rawKey);
    } catch (error) {
      if (!this.direct || !(error instanceof StreamNotFoundError)) throw error;
      throw noResponders(`${directSubject}.${this.stream}.${this.fullKeyName(rawKey)}`);
    }
  }

  #confirm({ confirm }: ConfirmOptions): "local" | "relay" {
    return confirm ?? this.js.nc.confirm;
  }

  /** @throws Error "invalid key: …" */
  #rawKey(key: string): string {
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

const toBytes = (value: unknown): Uint8Array => {
  if (value === undefined) return new Uint8Array();
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError("payload types can be strings or Uint8Array");
};

const lastOfKeys = (messages: readonly Message[]): ReadonlyMap<string, Message> =>
  new Map(messages.map((message) => [message.key, message]));

const isLastOfItsKey = (message: Message, lasts: ReadonlyMap<string, Message>): boolean =>
  lasts.get(message.key) === message;
