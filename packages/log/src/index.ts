/** The Log contract, the formats of what it keeps, and a log in memory. */
export type {
  AppendOptions,
  Checkpoint,
  Decision,
  KnownPages,
  Log,
  LogAppend,
  LogRead,
  LogStart,
  PageRange,
} from "./log.ts";
export type {
  BucketSettings,
  CommitState,
  Meta,
  Page,
  PageEntry,
  PageKey,
  PendingRecord,
  SessionState,
  StoredSize,
  TrackedCommit,
  Version,
  VersionsOf,
} from "./page.ts";
export { defaultSettings, formatVersion, mustKnowFormat } from "./page.ts";
export type {
  AbandonRow,
  AttachRow,
  BuildRow,
  CheckpointRow,
  CommitRecord,
  CommitRow,
  CompactRow,
  DecisionRow,
  Effect,
  ExpireRow,
  FilledFrom,
  FillRow,
  FollowRow,
  PatchRow,
  PauseRow,
  PlacedRow,
  Row,
  SessionRow,
  VerifyRow,
  SettingsRow,
} from "./row.ts";
export { mustKnowRow } from "./row.ts";
export { pagesAfter, stillKnown } from "./known-pages.ts";
export { type MemoryLogOptions, openMemoryLog } from "./memory-log.ts";
export { emptyImage, MemoryStorage } from "./memory-storage.ts";
export type { FaultPoint, MemoryStorageOptions, StorageImage, StorageOutcome } from "./memory-storage.ts";
