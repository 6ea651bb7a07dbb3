/**
 * What a server says of a stream, in the shapes of `@nats-io/jetstream` 3.4.
 */
import type { ApiError } from "./errors.ts";

export type StorageType = "file" | "memory";

/** For code that names the kinds of storage; here both are what the Rockpool bucket is kept in. */
export const StorageType = { File: "file", Memory: "memory" } as const;

export interface Placement {
  cluster: string;
  tags: string[];
}

export interface Republish {
  src: string;
  dest: string;
  headers_only?: boolean;
}

export interface StreamSource {
  name: string;
}

export interface StreamConfig {
  name: string;
  subjects: string[];
  description?: string;
  retention: "limits" | "interest" | "workqueue";
  storage: StorageType;
  max_consumers: number;
  max_msgs: number;
  max_msgs_per_subject: number;
  /** In nanoseconds; 0: no limit. */
  max_age: number;
  max_bytes: number;
  max_msg_size: number;
  discard: "old" | "new";
  discard_new_per_subject: boolean;
  /** In nanoseconds. */
  duplicate_window: number;
  allow_rollup_hdrs: boolean;
  num_replicas: number;
  placement?: Placement;
  deny_delete: boolean;
  deny_purge: boolean;
  allow_direct: boolean;
  mirror_direct: boolean;
  republish?: Republish;
  metadata?: Record<string, string>;
  compression?: "none" | "s2";
  /** In nanoseconds. */
  subject_delete_marker_ttl?: number;
  allow_msg_ttl?: boolean;
  sealed: boolean;
  first_seq: number;
  allow_msg_counter: boolean;
  persist_mode: string;
}

export interface StreamState {
  messages: number;
  bytes: number;
  first_seq: number;
  first_ts: string;
  last_seq: number;
  last_ts: string;
  num_deleted: number;
  deleted: number[];
  lost: { msgs: number[]; bytes: number };
  consumer_count: number;
  num_subjects?: number;
}

export interface StreamInfo {
  type?: string;
  error?: ApiError;
  total: number;
  offset: number;
  limit: number;
  config: StreamConfig;
  created: string;
  state: StreamState;
}

/** Which messages a purge is of: all without a filter; those below a sequence; or all but the latest `keep`. */
export interface PurgeOpts {
  filter?: string;
  seq?: number;
  keep?: number;
}

export interface PurgeResponse {
  success: boolean;
  /** Messages that are gone. */
  purged: number;
}

/** Gives a list once, by `next` or by iteration. */
export interface Lister<T> {
  [Symbol.asyncIterator](): AsyncIterator<T>;
  /** All of it; [] when it was given. */
  next(): Promise<T[]>;
}

export const createLister = <T>(load: () => Promise<T[]>): Lister<T> => {
  let isGiven = false;
  const next = async (): Promise<T[]> => {
    if (isGiven) return [];
    isGiven = true;
    return load();
  };
  return {
    next,
    async *[Symbol.asyncIterator]() {
      yield* await next();
    },
  };
};
