/**
 * What a bucket is: its options, and the configuration of the stream that a server would keep it in,
 * with the refusals that a server has for what cannot be.
 */
import type { KvCodecs } from "./codecs.ts";
import { NoopKvCodecs } from "./codecs.ts";
import { invalidConfig, invalidJson, tooManyReplicas } from "./errors.ts";
import { kvPrefix } from "./key-rules.ts";
import type { Placement, Republish, StorageType, StreamConfig, StreamSource } from "./stream-info.ts";

export interface KvLimits {
  description: string;
  /** 1: copies are made by the relay, not by the bucket. */
  replicas: number;
  /** Versions kept of each key, deletions included. Rockpool keeps 64 at most. */
  history: number;
  /** Of all messages, in bytes; -1: no limit. */
  max_bytes: number;
  /** In bytes, a deletion's headers included; -1: no limit. */
  maxValueSize: number;
  /** How long a message lives, in ms: 100 at least, 0 for ever. */
  ttl: number;
  /** Turns on lives of single messages, and markers of their ends that live this long, in ms: 1,000 at least. */
  markerTTL: number;
  storage: StorageType;
  placement: Placement;
  republish: Republish;
  mirror?: StreamSource;
  sources?: StreamSource[];
  compression?: boolean;
}

export type KvOptions = KvLimits & {
  /** How long a write waits for the relay, in ms, where it waits at all. */
  timeout: number;
  streamName: string;
  codec: KvCodecs;
  bindOnly: boolean;
  allow_direct: boolean;
  metadata?: Record<string, string>;
};

/** What a bucket is where nothing is said. */
export const defaultBucketOpts = (): Partial<KvOptions> => ({
  replicas: 1,
  history: 1,
  timeout: 2000,
  max_bytes: -1,
  maxValueSize: -1,
  codec: NoopKvCodecs(),
  storage: "file",
});

const nanosPerMs = 1_000_000;
const maxAgeMsMin = 100;
const markerMsMin = 1000;
const descriptionMax = 4096;
/** How long a server knows a message again, in ms. */
const duplicateWindowMs = 2 * 60 * 1000;

/** @throws JetStreamApiError as a server for what cannot be; Error for what needs one */
export const createStreamConfig = (bucket: string, options: Partial<KvOptions>): StreamConfig => {
  const { history = 1, replicas = 1, max_bytes = -1, maxValueSize = -1, storage = "file" } = options;
  const { ttl = 0, markerTTL = 0, description, placement, republish, metadata, compression } = options;
  checkOptions(options);
  return {
    name: options.streamName ?? `${kvPrefix}${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    retention: "limits",
    max_consumers: -1,
    max_msgs: -1,
    max_bytes: max_bytes === 0 ? -1 : max_bytes,
    max_age: ttl * nanosPerMs,
    max_msgs_per_subject: history === 0 ? -1 : history,
    max_msg_size: maxValueSize === 0 ? -1 : maxValueSize,
    discard: "new",
    discard_new_per_subject: false,
    storage,
    num_replicas: replicas === 0 ? 1 : replicas,
    duplicate_window: (ttl > 0 ? Math.min(ttl, duplicateWindowMs) : duplicateWindowMs) * nanosPerMs,
    allow_direct: options.allow_direct ?? true,
    mirror_direct: false,
    sealed: false,
    deny_delete: false,
    deny_purge: false,
    allow_rollup_hdrs: true,
    first_seq: 0,
    allow_msg_counter: false,
    persist_mode: "",
    ...(description ? { description } : {}),
    ...(markerTTL > 0 ? { allow_msg_ttl: true, subject_delete_marker_ttl: markerTTL * nanosPerMs } : {}),
    ...(placement === undefined ? {} : { placement }),
    ...(republish === undefined ? {} : { republish }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(compression === undefined ? {} : { compression: compression ? ("s2" as const) : ("none" as const) }),
  };
};

const checkOptions = (options: Partial<KvOptions>): void => {
  const { history, replicas, max_bytes, maxValueSize, storage, ttl = 0, markerTTL = 0 } = options;
  const counts = [history, replicas, max_bytes, maxValueSize].filter((count) => count !== undefined);
  const isStorage = storage === undefined || storage === "file" || storage === "memory";
  if (!isStorage || counts.some((count) => !Number.isInteger(count))) throw invalidJson();
  if ((replicas ?? 1) > 1) throw tooManyReplicas();
  if (ttl < 0) throw invalidConfig("duplicates window can not be negative");
  if (ttl !== 0 && ttl < maxAgeMsMin) throw invalidConfig("max age needs to be >= 100ms");
  if (markerTTL !== 0 && markerTTL < markerMsMin) {
    throw invalidConfig("subject delete marker TTL must be at least 1 second");
  }
  if ((options.description?.length ?? 0) > descriptionMax) {
    throw invalidConfig(`stream description is too long, maximum allowed is ${descriptionMax}`);
  }
  if (options.mirror !== undefined || options.sources !== undefined) {
    throw new Error(
      "mirror and sources copy streams between servers, and there is none here: give both sides the same relay, or copy with watch and put",
    );
  }
};

/** The life of a bucket's messages, in ms; undefined: for ever. */
export const maxAgeMs = ({ max_age }: StreamConfig): number | undefined =>
  max_age > 0 ? max_age / nanosPerMs : undefined;

/** How long the markers of ended lives stay, in ms; 0 where there are none. */
export const markerMs = ({ subject_delete_marker_ttl = 0 }: StreamConfig): number =>
  subject_delete_marker_ttl / nanosPerMs;
