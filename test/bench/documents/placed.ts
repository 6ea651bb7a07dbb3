/**
 * Clients in Node that give documents to the servers that are compared.
 */
import { openDocument } from "@rockpool/documents";
import { openKv } from "rockpool";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import type { PlacedDocuments } from "./served.ts";

// Each provider listens for the end of the process: more than ten of them are no leak here.
process.setMaxListeners(0);

export const placeByYWebsocket = async (
  server: string,
  names: readonly string[],
  update: Uint8Array,
): Promise<PlacedDocuments> => {
  const providers: WebsocketProvider[] = [];
  for (const name of names) {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, update);
    providers.push(await connect(server, name, doc));
    await witness(server, name, doc.getText("text").length);
  }
  return {
    close: async () => {
      for (const provider of providers) disconnect(provider);
    },
  };
};

/** All in one bucket, as an app would have them. */
export const placeByRockpool = async (
  server: string,
  names: readonly string[],
  update: Uint8Array,
): Promise<PlacedDocuments> => {
  const kv = await openKv("served", { relay: server });
  const documents = names.map((name) => openDocument(kv, ["documents", name]));
  for (const document of documents) {
    await document.whenSynced;
    Y.applyUpdate(document.doc, update);
    await document.flush();
  }
  await kv.sync.flush();
  return {
    close: async () => {
      for (const document of documents) await document.destroy();
      await kv[Symbol.asyncDispose]();
    },
  };
};

const connect = async (server: string, name: string, doc: Y.Doc): Promise<WebsocketProvider> => {
  const provider = new WebsocketProvider(server, name, doc, { disableBc: true });
  if (!provider.synced) await new Promise<void>((resolve) => provider.once("sync", () => resolve()));
  return provider;
};

/** Another client comes to have it all, so the server has taken it. */
const witness = async (server: string, name: string, length: number): Promise<void> => {
  const doc = new Y.Doc();
  const provider = await connect(server, name, doc);
  while (doc.getText("text").length < length) {
    await new Promise((resolve) => doc.once("update", resolve));
  }
  disconnect(provider);
};

/** Its awareness ends with its document. */
const disconnect = (provider: WebsocketProvider): void => {
  provider.destroy();
  provider.doc.destroy();
};
