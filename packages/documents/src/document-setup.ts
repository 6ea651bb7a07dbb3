/**
 * What a document is made with, and what may be said with an edit.
 */
import type { CommitOptions, Key, Kv } from "rockpool";
import type { DocumentAccess } from "rockpool/documents";
import type * as Y from "yjs";
import type { QueueClock } from "./save-timers.ts";

export interface DocumentSetup {
  readonly kv: Kv;
  readonly key: Key;
  readonly access: DocumentAccess;
  readonly createDoc: () => Y.Doc;
  readonly clock: QueueClock;
}

export interface TransactOptions extends CommitOptions {
  /** Of the Yjs transaction, for undo managers and observers. Default null. */
  readonly origin?: unknown;
}
