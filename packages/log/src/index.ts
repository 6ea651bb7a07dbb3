/** The Log contract, the formats of what it keeps, and a log in memory. */
export type {
  AppendOptions,
  Checkpoint,
  Decision,
  Log,
  LogAppend,
  LogRead,
  LogStart,
  PageRange,
} from "./log.ts";
export type {
  CommitState,
  Meta,
  Page,
  PageEntry,
  PageKey,
  PendingRecord,
  SessionState,
  TrackedCommit,
} from "./page.ts";
export { formatVersion, mustKnowFormat } from "./page.ts";
export type {
  AttachRow,
  CheckpointRow,
  CommitRecord,
  CommitRow,
  DecisionRow,
  Effect,
  PatchRow,
  PauseRow,
  PlacedRow,
  Row,
  SessionRow,
} from "./row.ts";
export { openMemoryLog } from "./memory-log.ts";
export { emptyImage, MemoryStorage } from "./memory-storage.ts";
export type { FaultPoint, MemoryStorageOptions, StorageImage } from "./memory-storage.ts";
