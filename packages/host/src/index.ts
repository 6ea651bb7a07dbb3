/** A replica at work on its log: what the worker runs, and the surface it shows to its tab. */
export type { HostChannel, HostEnvironment, HostLocks, HostSocket, SocketEvents } from "./environment.ts";
export type { Compaction } from "@rockpool/replica";
export type { OwnPresence, PresenceEvent } from "./document-api.ts";
export { Host, type HostSettings } from "./host.ts";
export type {
  ChangesRequest,
  DocumentGrowth,
  FeedItem,
  FeedRequest,
  FeedSelection,
  FeedVersion,
  WholeDocument,
} from "./feeds/feed-api.ts";
export type {
  HostAnswer,
  HostApi,
  HostCallResults,
  HostCalls,
  HostEvent,
  HostOpenOptions,
  HostRequest,
  Outcome,
  TransportMutation,
  TransportStatus,
  Unsynced,
} from "./host-api.ts";
export type {
  TransportConflict,
  TransportConflictGroup,
  TransportRejectedGroup,
  TransportRejectedMutation,
  TransportResolution,
  TransportSettled,
  TransportSuperseded,
} from "./ruling-api.ts";
export type { TransportEntry, TransportValue, TransportVersion } from "./transport-entry.ts";
export type { Transferred, TransferStep } from "./backup/transfer-api.ts";
export { createMainHost } from "./main.ts";
export { platformEnvironment } from "./platform.ts";
export { serveHost, type ServeOptions } from "./serve.ts";
