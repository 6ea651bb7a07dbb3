/** A replica at work on its log: what the worker runs, and the surface it shows to its tab. */
export type { HostChannel, HostEnvironment, HostLocks, HostSocket, SocketEvents } from "./environment.ts";
export { Host, type HostSettings } from "./host.ts";
export type {
  FeedRequest,
  HostAnswer,
  HostApi,
  HostCallResults,
  HostCalls,
  HostEvent,
  HostOpenOptions,
  HostRequest,
  Outcome,
  TransportEntry,
  TransportMutation,
  TransportRejectedGroup,
  TransportRejectedMutation,
  TransportSettled,
  TransportStatus,
  TransportSuperseded,
  TransportValue,
} from "./host-api.ts";
export { createMainHost } from "./main.ts";
export { platformEnvironment } from "./platform.ts";
export { serveHost, type ServeOptions } from "./serve.ts";
