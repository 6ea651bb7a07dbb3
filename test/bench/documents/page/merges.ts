/**
 * Documents by merges alone, each keystroke a commit of its own: what a commit costs, without what `openDocument`
 * does to save some of them. It reads what stands once, and hears of nobody else.
 */
import { KvDocument, openKv } from "rockpool";
import * as Y from "yjs";
import type { OpenSide } from "./side.ts";

const key = ["documents", "text"];

export const openMerges: OpenSide = async (name) => {
  const kv = await openKv(name);
  const doc = new Y.Doc();
  const { value } = await kv.get(key);
  if (value instanceof KvDocument) for (const update of value.updates) Y.applyUpdate(doc, update);
  let last: Promise<unknown> = Promise.resolve();
  doc.on("update", (update: Uint8Array) => {
    last = kv.atomic().merge(key, update).commit();
  });
  return {
    doc,
    saved: async () => void (await last),
    close: async () => {
      await last;
      await kv[Symbol.asyncDispose]();
    },
  };
};
