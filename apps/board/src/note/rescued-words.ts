/**
 * The words in edits whose document is gone: an update says what was typed, and not where without the document that
 * it belongs to. Words typed one after another come one after another; styles are lost.
 */
import type { Node } from "prosemirror-model";
import { ContentString, ContentType, decodeUpdate, Item, mergeUpdates } from "yjs";
import { noteSchema } from "./note-schema.ts";

/** The lines that Yjs updates typed, as lines of a note; none when nothing of it was left by their author. */
export const rescuedLines = (updates: readonly Uint8Array[]): readonly Node[] => {
  if (updates.length === 0) return [];
  const { structs, ds } = decodeUpdate(mergeUpdates([...updates]));
  const isDeleted = (client: number, clock: number): boolean =>
    ds.clients.get(client)?.some((run) => run.clock <= clock && clock < run.clock + run.len) === true;
  let text = "";
  for (const struct of structs) {
    if (!(struct instanceof Item)) continue;
    const { id, content } = struct;
    if (content instanceof ContentType) text += "\n";
    if (!(content instanceof ContentString)) continue;
    // Yjs counts code units, as strings do.
    for (let at = 0; at < content.str.length; at += 1) {
      if (!isDeleted(id.client, id.clock + at)) text += content.str.charAt(at);
    }
  }
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => noteSchema.node("paragraph", null, [noteSchema.text(line)]));
};
