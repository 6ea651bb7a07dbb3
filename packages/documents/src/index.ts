// Yjs documents under the keys of a Rockpool bucket.
export type { RockpoolDocument } from "./document.ts";
export type { TransactOptions } from "./document-setup.ts";
export type { DocumentEvents, ReplacedEvent } from "./document-events.ts";
export { documentRoom } from "./document-room.ts";
export { openDocument, type OpenDocumentOptions } from "./open-document.ts";
export type { DocumentVersion, DocumentVersions, RestoreVersionOptions } from "./versions.ts";
export type { ReplacedReason } from "./whole-document.ts";
