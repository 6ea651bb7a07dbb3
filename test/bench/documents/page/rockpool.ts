/**
 * Documents as apps have them: `openDocument` over a bucket, with a relay where there is a server.
 */
import { openDocument } from "@rockpool/documents";
import { openKv } from "rockpool";
import type { OpenSide } from "./side.ts";

export const openRockpool: OpenSide = async (name, server) => {
  const kv = await openKv(name, server === null ? {} : { relay: server });
  const document = openDocument(kv, ["documents", "text"]);
  await (server === null ? document.whenLoaded : document.whenSynced);
  return {
    doc: document.doc,
    saved: () => document.whenSaved(),
    save: () => document.flush(),
    close: async () => {
      await document.destroy();
      await kv[Symbol.asyncDispose]();
    },
  };
};
