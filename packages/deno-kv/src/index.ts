// Deno's KV API over Rockpool.
export { AtomicOperation, Kv, KvListIterator, KvU64 } from "./classes.ts";
export { errors } from "./errors.ts";
export { install } from "./install.ts";
export type {
  AtomicCheck,
  KvCommitError,
  KvCommitResult,
  KvConsistencyLevel,
  KvEnqueueOptions,
  KvEntry,
  KvEntryMaybe,
  KvKey,
  KvKeyPart,
  KvListOptions,
  KvListSelector,
  KvMutation,
  KvQueueHandler,
} from "./kv.ts";
export { openKv, type KvSource, type OpenKvOptions, type QueueOptions } from "./open-kv.ts";
