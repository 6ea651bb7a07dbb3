/** The relay: rules on commits, keeps the history of every bucket, and sends it to the replicas. */
export { type Authenticate, type Grant, type Rights, UnauthorizedError } from "./access.ts";
export type { Admission, DocumentRules } from "./document-rules.ts";
export type { DocumentState, DocumentUpdate } from "./document-state.ts";
export type {
  Answer,
  BucketState,
  Compaction,
  Engine,
  EntryReading,
  Page,
  PageQuery,
  PatchQuery,
  PatchSize,
  PushedCommit,
  RuledTurn,
  Sweep,
  SweepOptions,
  Turn,
} from "./engine.ts";
export { createJwtAuthenticator, type JwtOptions } from "./jwt-authenticator.ts";
export { MemoryEngineStorage } from "./memory-bucket.ts";
export { type EngineOptions, type MemoryEngineOptions, openMemoryEngine } from "./memory-engine.ts";
export { type EpochStart, isInHistory, isValidCursor } from "./epoch-history.ts";
export type { RelayEntry } from "./relay-entry.ts";
export { type ReadEntry, type Resolution, resolve, type RulingContext } from "./resolve.ts";
export { createRelayConfig, type RelayConfig } from "./relay-config.ts";
export { RelayCore, type RelayCoreOptions } from "./relay-core.ts";
export type { Schedule } from "./schedule.ts";
export { type Relay, type RelayOptions, startRelay } from "./server.ts";
export { openSqliteEngine, type SqliteEngineOptions } from "./sqlite-engine.ts";
