/**
 * NATS KV as its users see it: the types of `@nats-io/kv` 3.4, and what is added to them here.
 */
import type { Payload } from "./codecs.ts";
import type { Operation } from "./message.ts";
import type { QueuedIterator } from "./queued-iterator.ts";
import type { KvLimits } from "./stream-config.ts";
import type { StreamInfo } from "./stream-info.ts";

export interface KvEntry {
  bucket: string;
  /** Decoded. */
  key: string;
  /** Empty for a deletion. */
  value: Uint8Array;
  /** By its writer's clock. */
  created: Date;
  /** Rises with every change of the bucket on this device; see README.md for buckets that have a relay. */
  revision: number;
  /** How many entries of the same answer follow. */
  delta?: number;
  operation: Operation;
  /** Bytes of the value, also where it was not asked for. */
  length: number;
  /** As stored. */
  rawKey: string;
  /** @throws SyntaxError for a value that is no JSON */
  json<T>(reviver?: (this: unknown, key: string, value: unknown) => unknown): T;
  string(): string;
}

export type KvWatchEntry = KvEntry & {
  /** False for what stood when the watch began, except the last of it. */
  isUpdate: boolean;
};

export type KvStatus = KvLimits & {
  bucket: string;
  /** Messages: versions and deletions too. */
  values: number;
  streamInfo: StreamInfo;
  /** In bytes, as a server counts them. */
  size: number;
  metadata?: Record<string, string>;
  markerTTL: number;
};

/** With what a watch begins: each key's last entry, all that is kept, or nothing. */
export const KvWatchInclude = { LastValue: "", AllHistory: "history", UpdatesOnly: "updates" } as const;
export type KvWatchInclude = (typeof KvWatchInclude)[keyof typeof KvWatchInclude];

export interface KvWatchOptions {
  /** Keys to watch, with wildcards; several must not match a key in common. */
  key?: string | string[];
  /** Entries without values. */
  headers_only?: boolean;
  /** Without deletions; purges come through. */
  ignoreDeletes?: boolean;
  include?: KvWatchInclude;
  /** Begins with this revision, whatever `include` says. */
  resumeFromRevision?: number;
  /**
   * Called when the reader has been given all that stood at the call, also when that is nothing. Not in
   * `@nats-io/kv` 3, whose users ask for it (nats.js#270); the older `nats` has it.
   */
  initializedFn?: () => void;
}

/** For writes on a condition. */
export interface ConfirmOptions {
  /**
   * Who decides whether the condition holds: this device, at once and also offline; or the relay, so that
   * one of several devices wins. Default: as the connection was made with, else "local".
   */
  confirm?: "local" | "relay";
}

export interface KvPutOptions extends ConfirmOptions {
  /** The key must be at this revision; 0: it must not exist. */
  previousSeq: number;
  /** How long to wait for the relay, in ms. */
  timeout: number;
}

export interface KvDeleteOptions extends ConfirmOptions {
  /** The key must be at this revision; 0 asks for nothing. */
  previousSeq: number;
}

export interface KvPurgeOptions extends KvDeleteOptions {
  /** How long the marker stays, as a Go duration. */
  ttl: string;
}

export interface RoKV {
  /** The last entry, a deletion too; null where there is none. A revision asks for the key as it was then. */
  get(key: string, options?: { revision: number }): Promise<KvEntry | null>;
  /** All that is kept, oldest first, deletions too. */
  history(options?: { key?: string | string[] }): Promise<QueuedIterator<KvWatchEntry>>;
  /** What stands, then every change, of whatever tab or device. */
  watch(options?: KvWatchOptions): Promise<QueuedIterator<KvWatchEntry>>;
  status(): Promise<KvStatus>;
  /** Keys that are not deleted, in the order of their last change. */
  keys(filter?: string | string[]): Promise<QueuedIterator<string>>;
}

export interface KV extends RoKV {
  /** As `put` where the key does not exist or is deleted. @throws JetStreamApiError 10071 where it does */
  create(key: string, value: Payload, markerTTL?: string, options?: ConfirmOptions): Promise<number>;
  /** As `put` where the key is at `version`. @throws JetStreamApiError 10071 where not; Error at once for less than 1 */
  update(
    key: string,
    value: Payload,
    version: number,
    timeout?: number,
    options?: ConfirmOptions,
  ): Promise<number>;
  /** The revision it made. */
  put(key: string, value: Payload, options?: Partial<KvPutOptions>): Promise<number>;
  /** Leaves a marker. With wildcards: of each key by itself, whatever the options say. */
  delete(key: string, options?: Partial<KvDeleteOptions>): Promise<void>;
  /** Leaves a marker and drops the key's history. */
  purge(key: string, options?: Partial<KvPurgeOptions>): Promise<void>;
  /** Deletes the bucket. */
  destroy(): Promise<boolean>;
}
