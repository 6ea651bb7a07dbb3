/**
 * What a document is made with, and what may be said with an edit.
 */
import type { CommitOptions, Key, Kv } from "rockpool";
import type { DocumentAccess } from "rockpool/documents";
import type * as Y from "yjs";

export interface DocumentSetup {
  readonly kv: Kv;
  readonly key: Key;
  readonly access: DocumentAccess;
  readonly createDoc: () => Y.Doc;
  readonly compactAfter: number;
}

export interface TransactOptions extends CommitOptions {
  /** Of the Yjs transaction, for undo managers and observers. Default null. */
  readonly origin?: unknown;
}
