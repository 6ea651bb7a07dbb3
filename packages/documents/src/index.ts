// Yjs documents under the keys of a Rockpool bucket.
export type { RockpoolDocument, TransactOptions } from "./document.ts";
export type { DocumentEvents, ReplacedEvent } from "./document-events.ts";
export { documentRoom } from "./document-room.ts";
export { openDocument, type OpenDocumentOptions } from "./open-document.ts";
export type { ReplacedReason } from "./whole-document.ts";
