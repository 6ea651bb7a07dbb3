/** NATS KV over Rockpool for code that imports from the older package `nats` 2. */
export { Base64KeyCodec, type KvCodecs, NoopKvCodecs, type Payload } from "../codecs.ts";
export type { ConnectionOptions } from "../connection.ts";
export { KvWatchInclude, type KvEntry, type KvStatus, type KvWatchOptions } from "../kv.ts";
export type { QueuedIterator } from "../queued-iterator.ts";
export { defaultBucketOpts, type KvOptions } from "../stream-config.ts";
export { StorageType } from "../stream-info.ts";
export { ErrorCode, NatsError } from "./nats-error.ts";
export { type Codec, JSONCodec, StringCodec } from "./text-codecs.ts";
export {
  connect,
  type KV,
  type NatsConnection,
  type OlderJetStreamClient,
  type OlderKvOptions,
  type RoKV,
} from "./views.ts";
