/** Rockpool: a key-value store for web apps that keep working offline. */
export type {
  AtomicCheck,
  AtomicOperation,
  ChangeItem,
  ChangesOptions,
  CommitFailure,
  CommitResult,
  Consistency,
  Kv,
  KvEntry,
  KvEntryMaybe,
  KvListIterator,
  ListOptions,
  ReadOptions,
  RejectedCommit,
  RejectedGroup,
  RejectedMutation,
  SetOptions,
  Settled,
  SupersededWrite,
  Sync,
  SyncEventMap,
  SyncState,
  SyncStatus,
} from "./kv.ts";
export { type OpenOptions, openKv } from "./open-kv.ts";
export { type Key, type KeyPart, KvError, type KvErrorCode, KvU64, type RejectionReason, type Selector } from "@rockpool/model";
