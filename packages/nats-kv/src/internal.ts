/**
 * What `@nats-io/kv/internal` gives: the rules of names, for tests and tools, beside the main entry's
 * functions and classes.
 */
export { Bucket } from "./bucket.ts";
export { Base64KeyCodec, NoopKvCodecs } from "./codecs.ts";
export { hasWildcards, kvPrefix, validateBucket, validateKey, validateSearchKey } from "./key-rules.ts";
export { KvWatchInclude } from "./kv.ts";
export { Kvm } from "./kvm.ts";
export { defaultBucketOpts } from "./stream-config.ts";
