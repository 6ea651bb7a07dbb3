/**
 * The sides Rockpool is compared with: y-indexeddb, y-websocket, and a document that is neither kept nor sent.
 */
import { IndexeddbPersistence } from "y-indexeddb";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import type { OpenSide } from "./side.ts";

export const openAlone: OpenSide = async () => {
  const doc = new Y.Doc();
  return { doc, saved: async () => undefined, close: async () => doc.destroy() };
};

/** It tells of no save, so its transactions are watched: all that were begun before the call must be complete. */
export const openYIndexeddb: OpenSide = async (name) => {
  const doc = new Y.Doc();
  const persistence = new IndexeddbPersistence(name, doc);
  await persistence.whenSynced;
  const { db } = persistence;
  if (db === null) throw new Error("y-indexeddb is synced without a database");
  const completionOf = watchTransactions(db);
  return { doc, saved: completionOf, close: () => persistence.destroy() };
};

export const openYWebsocket: OpenSide = async (name, server) => {
  if (server === null) throw new Error("y-websocket needs a server");
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(server, name, doc);
  if (!provider.synced) await new Promise<void>((resolve) => provider.once("sync", () => resolve()));
  return {
    doc,
    saved: async () => undefined,
    close: async () => {
      provider.destroy();
      doc.destroy();
    },
  };
};

/** What tells when every write transaction that `db` has begun so far is complete. */
function watchTransactions(db: IDBDatabase): () => Promise<void> {
  let last = Promise.resolve();
  const begin = db.transaction.bind(db);
  db.transaction = (...given: Parameters<typeof begin>) => {
    const transaction = begin(...given);
    const before = last;
    last = new Promise<void>((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      transaction.addEventListener("abort", () => reject(transaction.error));
    }).then(() => before);
    return transaction;
  };
  return () => last;
}
