/**
 * Opening a document of a bucket.
 */
import type { Key, Kv } from "rockpool";
import { documentAccess } from "rockpool/documents";
import * as Y from "yjs";
import { RockpoolDocument } from "./document.ts";

export interface OpenDocumentOptions {
  /** Makes each `Y.Doc` that the document is in turn. Default: `new Y.Doc()`. */
  readonly createDoc?: () => Y.Doc;
  /** Confirmed updates that the document comes to here before they are made one, an integer. Default 200. */
  readonly compactAfter?: number;
}

/**
 * Opens the document under a key, which the first edit makes where there is none. Every edit of its `doc`
 * becomes a commit of the bucket, after 50 ms without another and 200 ms at most; every commit of another tab
 * or device comes into it. Several may be open for one key. To be ended by `destroy()` before the bucket is closed.
 * @throws TypeError for what is no key or no bucket; KvError "closed"
 */
export const openDocument = (
  kv: Kv,
  key: Key,
  { createDoc = () => new Y.Doc(), compactAfter = 200 }: OpenDocumentOptions = {},
): RockpoolDocument => new RockpoolDocument({ kv, key, createDoc, compactAfter, access: documentAccess(kv) });
