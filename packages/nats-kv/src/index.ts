/** NATS KV over Rockpool: what `@nats-io/kv` 3.4 gives, and what its users import beside it. */
export { Bucket } from "./bucket.ts";
export { KvStatusImpl } from "./bucket-status.ts";
export {
  Base64KeyCodec,
  type KvCodecs,
  type KvKeyCodec,
  type KvPayloadCodec,
  NoopKvCodecs,
  type Payload,
} from "./codecs.ts";
export { connect, Connection, type ConnectionOptions, type KvSource } from "./connection.ts";
export {
  type ApiError,
  ClosedConnectionError,
  InvalidArgumentError,
  InvalidOperationError,
  JetStreamApiError,
  JetStreamNotEnabled,
  NoRespondersError,
  RequestError,
  StreamNotFoundError,
  TimeoutError,
} from "./errors.ts";
export {
  jetstream,
  type JetStreamClient,
  jetstreamManager,
  type JetStreamManager,
  type JetStreamOptions,
  type StreamApi,
} from "./jetstream.ts";
export { Kvm } from "./kvm.ts";
export {
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
  type RoKV,
} from "./kv.ts";
export type { HeaderMatch, MessageHeaders } from "./message-headers.ts";
export type { Operation } from "./message.ts";
export type { QueuedIterator } from "./queued-iterator.ts";
export { defaultBucketOpts, type KvLimits, type KvOptions } from "./stream-config.ts";
export {
  type Lister,
  type Placement,
  type PurgeOpts,
  type PurgeResponse,
  type Republish,
  StorageType,
  type StreamConfig,
  type StreamInfo,
  type StreamSource,
  type StreamState,
} from "./stream-info.ts";
