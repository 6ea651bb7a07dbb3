/** What `@nats-io/kv/internal` gives, the parts that are not in the main entry. */
export * from "./index.ts";
export { hasWildcards, kvPrefix, validateBucket, validateKey, validateSearchKey } from "./key-rules.ts";
