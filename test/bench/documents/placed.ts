/**
 * Clients in Node that give documents to the servers that are compared.
 */
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import type { ServedDocument } from "./served.ts";

// Each provider listens for the end of the process: more than ten of them are no leak here.
process.setMaxListeners(0);

/** Has a second client fetch it all, so that the server has taken it. */
export const placeByYWebsocket = async (
  server: string,
  name: string,
  update: Uint8Array,
): Promise<ServedDocument> => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  const provider = new WebsocketProvider(server, name, doc, { disableBc: true });
  await isSynced(provider);
  const other = new Y.Doc();
  const witness = new WebsocketProvider(server, name, other, { disableBc: true });
  await isSynced(witness);
  const length = doc.getText("text").length;
  while (other.getText("text").length < length) {
    await new Promise((resolve) => other.once("update", resolve));
  }
  witness.destroy();
  return {
    close: async () => {
      provider.destroy();
      doc.destroy();
      other.destroy();
    },
  };
};

const isSynced = async (provider: WebsocketProvider): Promise<void> => {
  if (!provider.synced) await new Promise<void>((resolve) => provider.once("sync", () => resolve()));
};
