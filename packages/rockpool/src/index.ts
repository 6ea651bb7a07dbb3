/** Rockpool: a key-value store for web apps that keep working offline. */
export type {
  BackupOptions,
  BackupSource,
  KvBackups,
  RestoreOptions,
  RestoreResult,
  TransferProgress,
} from "./backup.ts";
export type { HistoryOptions, KvVersion } from "./reads/history.ts";
export type { ChangeItem, ChangesOptions, ChangesSelector } from "./feeds/changes.ts";
export type { KvEntry, KvEntryMaybe } from "./entry.ts";
export type {
  AtomicCheck,
  AtomicOperation,
  CommitFailure,
  CommitOptions,
  CommitResult,
  Consistency,
  DeleteResult,
  GetOptions,
  Kv,
  KvKeyIterator,
  KvListIterator,
  KvMutation,
  MergeOptions,
  ListOptions,
  ReadOptions,
  SetOptions,
  UpdateOptions,
  UpdateResult,
  WatchOptions,
} from "./kv.ts";
export type { Lease, LockOptions } from "./lease.ts";
export type { Secrets, SecretsOptions } from "./secrets/lazy-secrets.ts";
export type { KvStatus } from "./status.ts";
export type {
  Conflict,
  ConflictAnswer,
  OnConflict,
  RejectedCommit,
  RejectedGroup,
  RejectedMutation,
  Settled,
  SignOutOptions,
  SignOutResult,
  SupersededWrite,
  Sync,
  SyncEventMap,
  SyncState,
  SyncStatus,
  UnsyncedWork,
} from "./sync.ts";
export { type BucketOwner, destroyBucket, listBuckets } from "./buckets.ts";
export { deleteEntry } from "./delete-entry.ts";
export type { OpenOptions } from "./open-options.ts";
export { openKv } from "./open-kv.ts";
export {
  any,
  type Key,
  keyBytes,
  type KeyPart,
  type KeyToSet,
  KvError,
  type KvErrorCode,
  KvDocument,
  KvU64,
  type PatternPart,
  type RejectionReason,
  rest,
  type Selector,
} from "@rockpool/model";
