/** The relay: rules on commits, keeps the history of every bucket, and sends it to the replicas. */
export type { Answer, BucketState, Engine, PatchSize, PushedCommit, RuledTurn, Turn } from "./engine.ts";
export {
  type EngineOptions,
  type MemoryEngineOptions,
  MemoryEngineStorage,
  openMemoryEngine,
} from "./memory-engine.ts";
export { type EpochStart, isInHistory, isValidCursor } from "./epoch-history.ts";
export type { RelayEntry } from "./relay-entry.ts";
export { type ReadEntry, type Resolution, resolve, type RulingContext } from "./resolve.ts";
export { createRelayConfig, type RelayConfig } from "./relay-config.ts";
export { RelayCore } from "./relay-core.ts";
export { type Relay, type RelayOptions, startRelay } from "./server.ts";
export { openSqliteEngine } from "./sqlite-engine.ts";
