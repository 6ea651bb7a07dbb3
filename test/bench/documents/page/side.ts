/**
 * What the page of the benchmark asks of each side that is compared: a document that is kept, sent, or both.
 */
import type * as Y from "yjs";

export interface OpenedDocument {
  readonly doc: Y.Doc;
  /** Fulfilled when all edits made before the call survive the end of the tab; at once where nothing is kept. */
  saved(): Promise<void>;
  /** The same, at once where edits are put off for a time otherwise. */
  save?(): Promise<void>;
  close(): Promise<void>;
}

/** Fulfilled when the document stands as it is kept, or as the server has it. `server`: `ws://host:port`, null for none. */
export type OpenSide = (name: string, server: string | null) => Promise<OpenedDocument>;
