/**
 * What of notes needs the editor and Yjs: the board loads this module when the first note is opened.
 */
import type { Node } from "prosemirror-model";
import { prosemirrorToYXmlFragment } from "y-prosemirror";
import { Doc, encodeStateAsUpdate } from "yjs";
import { noteKey } from "../board/board-keys.ts";
import { getCard } from "../board/board-state.ts";
import { keepNoteAsNewCard } from "../view/card-actions.ts";
import type { Desk } from "../view/desk.ts";
import { CardNote } from "./card-note.ts";
import { openDocument } from "@rockpool/documents";
import { fragmentOf, noteSchema } from "./note-schema.ts";
import { rescuedLines } from "./rescued-words.ts";

/** Opens the note of a card; gives false when the card is gone. `onClosed` is called once for one that was opened. */
export const openNote = async (desk: Desk, cardId: string, onClosed: () => void): Promise<boolean> => {
  const card = getCard(desk.store.board, cardId);
  if (card === undefined) return false;
  const note = new CardNote(desk, card, openDocument(desk.kv, noteKey(cardId)), {
    keepAsNewCard: (title, lines) => void keepNoteAsNewCard(desk, title, updateOf(lines)),
    onClosed,
  });
  await note.load();
  return true;
};

/** Makes a card of the words in Yjs updates. */
export const keepWords = async (desk: Desk, title: string, updates: readonly Uint8Array[]): Promise<void> => {
  const lines = rescuedLines(updates);
  if (lines.length === 0) desk.showToast("There are no words in it.");
  else await keepNoteAsNewCard(desk, title, updateOf(lines));
};

/** A document of its own with these lines, as an update. */
const updateOf = (lines: readonly Node[]): Uint8Array => {
  const document = new Doc();
  prosemirrorToYXmlFragment(noteSchema.node("doc", null, lines), fragmentOf(document));
  return encodeStateAsUpdate(document);
};
