/**
 * `js.views.kv` of the older package `nats` 2.29: the same buckets, with errors of its class and without
 * what came later (lives of single keys, `isUpdate`).
 */
import { Bucket } from "../bucket.ts";
import type { Payload } from "../codecs.ts";
import { connect as connectTo, type Connection, type ConnectionOptions } from "../connection.ts";
import { jetstream, type JetStreamManager } from "../jetstream.ts";
import type { KvDeleteOptions, KvEntry, KvPutOptions, KvStatus, KvWatchOptions } from "../kv.ts";
import type { QueuedIterator } from "../queued-iterator.ts";
import type { KvOptions } from "../stream-config.ts";
import type { PurgeOpts, PurgeResponse } from "../stream-info.ts";
import { toOlderError } from "./nats-error.ts";

export interface RoKV {
  get(key: string, options?: { revision: number }): Promise<KvEntry | null>;
  history(options?: { key?: string | string[]; headers_only?: boolean }): Promise<QueuedIterator<KvEntry>>;
  /** `initializedFn` is called when the reader has been given what stood, also when that is nothing. */
  watch(options?: KvWatchOptions): Promise<QueuedIterator<KvEntry>>;
  close(): Promise<void>;
  status(): Promise<KvStatus>;
  keys(filter?: string | string[]): Promise<QueuedIterator<string>>;
}

export interface KV extends RoKV {
  create(key: string, value: Payload): Promise<number>;
  update(key: string, value: Payload, version: number): Promise<number>;
  put(key: string, value: Payload, options?: Partial<KvPutOptions>): Promise<number>;
  delete(key: string, options?: Partial<KvDeleteOptions>): Promise<void>;
  purge(key: string, options?: Partial<KvDeleteOptions>): Promise<void>;
  /** As `purge`. */
  remove(key: string): Promise<void>;
  purgeDeletes(olderMillis?: number): Promise<PurgeResponse>;
  purgeBucket(options?: PurgeOpts): Promise<PurgeResponse>;
  destroy(): Promise<boolean>;
}

/** The older options: sizes by their older names too. */
export type OlderKvOptions = Partial<KvOptions & { maxBucketSize: number }>;

export interface OlderJetStreamClient {
  readonly views: {
    /** Opens the bucket, and makes it when it is new, unless `bindOnly`. @throws NatsError */
    kv(name: string, options?: OlderKvOptions): Promise<KV>;
  };
  jetstreamManager(): Promise<JetStreamManager>;
}

/** A connection with the methods that `nats` has on it. */
export interface NatsConnection {
  jetstream(): OlderJetStreamClient;
  jetstreamManager(): Promise<JetStreamManager>;
  close(): Promise<void>;
  drain(): Promise<void>;
  flush(): Promise<void>;
  closed(): Promise<void>;
  isClosed(): boolean;
  isDraining(): boolean;
  getServer(): string;
}

/** As `connect` of `nats`. @throws NatsError, and what `openKv` of rockpool throws */
export const connect = async (options: ConnectionOptions = {}): Promise<NatsConnection> => {
  const connection = await translated(() => connectTo(options));
  return {
    jetstream: () => createClient(connection),
    jetstreamManager: () => jetstream(connection).jetstreamManager(),
    close: () => connection.close(),
    drain: () => connection.drain(),
    flush: () => connection.flush(),
    closed: () => connection.closed(),
    isClosed: () => connection.isClosed(),
    isDraining: () => connection.isDraining(),
    getServer: () => connection.getServer(),
  };
};

const createClient = (connection: Connection): OlderJetStreamClient => {
  const js = jetstream(connection);
  const kv = async (name: string, { maxBucketSize, ...rest }: OlderKvOptions = {}): Promise<KV> => {
    const options = maxBucketSize === undefined ? rest : { max_bytes: maxBucketSize, ...rest };
    const isBound = options.bindOnly === true;
    return olderKv(
      await translated(() => (isBound ? Bucket.bind(js, name, options) : Bucket.create(js, name, options))),
    );
  };
  return { views: { kv }, jetstreamManager: () => js.jetstreamManager() };
};

const olderKv = (bucket: Bucket): KV => ({
  get: (key, options) => translated(() => bucket.get(key, options)),
  history: (options) => translated(() => bucket.history(options)),
  watch: (options) => translated(() => bucket.watch(options)),
  close: () => bucket.close(),
  status: () => translated(() => bucket.status()),
  keys: (filter) => translated(() => bucket.keys(filter)),
  create: (key, value) => translated(() => bucket.create(key, value)),
  update: (key, value, version) => {
    const updating = bucket.update(key, value, version);
    return translated(() => updating);
  },
  put: (key, value, options) => translated(() => bucket.put(key, value, options)),
  delete: (key, options) => translated(() => bucket.delete(key, options)),
  purge: (key, options) => translated(() => bucket.purge(key, options)),
  remove: (key) => translated(() => bucket.remove(key)),
  purgeDeletes: (olderMillis) => translated(() => bucket.purgeDeletes(olderMillis)),
  purgeBucket: (options) => translated(() => bucket.purgeBucket(options)),
  destroy: () => translated(() => bucket.destroy()),
});

const translated = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toOlderError(error);
  }
};
