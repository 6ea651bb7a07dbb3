/** Messages between replica and relay, and their form on the wire. See PROTOCOL.md. */
export {
  decodeDown,
  decodeUp,
  encodeDown,
  type EncodedEntries,
  encodeEntries,
  encodeUp,
  encodeWithEntries,
} from "./codec.ts";
export type {
  Attend,
  Auth,
  Aware,
  DownMessage,
  Fill,
  Hello,
  PageMessage,
  PatchMessage,
  Ping,
  Pong,
  Pull,
  Push,
  RelayLimits,
  Renewed,
  Ruled,
  SessionError,
  SessionErrorCode,
  UpMessage,
  Verified,
  Verify,
  Welcome,
} from "./messages.ts";
export { protocolVersion } from "./messages.ts";
export { ProtocolError } from "./protocol-error.ts";
export { readResult, writeResult } from "./ruling-codec.ts";
