/**
 * Says that a write of this device lost to a later one of somebody else: what is on screen is theirs.
 */
import type { SupersededWrite } from "rockpool";
import { cardKey, isCardValue, isDocument, isListValue, listKey, subjectOf } from "../board/board-keys.ts";
import { keyName, type Entries } from "../board/board-state.ts";
import type { Desk } from "./desk.ts";
import { isNoteOpen, offerWords } from "./note-opening.ts";

export const showSupersededWrites = (desk: Desk): void => {
  const { kv, store, showToast } = desk;
  kv.sync.addEventListener("superseded", ({ detail }) => {
    const others = detail.filter(({ mutation }) => mutation.type !== "merge");
    const sentences = new Set(others.flatMap((write) => sentenceOf(write, store.entries) ?? []));
    for (const sentence of sentences) showToast(sentence, { stayMs: 12_000 });
    for (const [cardId, updates] of lostWords(detail)) {
      // An open note sees for itself what it lost.
      if (isNoteOpen(cardId)) continue;
      const title = titleOf(cardId, store.entries);
      const note = `The note of ${title === undefined ? "a card" : `“${title}”`}`;
      const text = `${note} was deleted elsewhere while you wrote into it.`;
      offerWords(desk, text, title ?? "From a note that was deleted", updates);
    }
  });
};

/** By card, the updates of notes that met a deletion. */
export const lostWords = (writes: readonly SupersededWrite[]): ReadonlyMap<string, readonly Uint8Array[]> => {
  const updatesByCard = new Map<string, readonly Uint8Array[]>();
  for (const { mutation } of writes) {
    const subject = subjectOf(mutation.key);
    if (mutation.type !== "merge" || subject?.type !== "note" || !isDocument(mutation.mine)) continue;
    updatesByCard.set(subject.id, [...(updatesByCard.get(subject.id) ?? []), ...mutation.mine.updates]);
  }
  return updatesByCard;
};

const titleOf = (cardId: string, entries: Entries): string | undefined => {
  const card = entries.get(keyName(cardKey(cardId)))?.value;
  return isCardValue(card) ? card.title : undefined;
};

/** What became of a superseded write, in a person's words; undefined for what is none of the board's. */
export const sentenceOf = ({ mutation }: SupersededWrite, entries: Entries): string | undefined => {
  const subject = subjectOf(mutation.key);
  if (subject === undefined || subject.type === "board") return undefined;
  const card = entries.get(keyName(cardKey(subject.id)))?.value;
  const list = entries.get(keyName(listKey(subject.id)))?.value;
  const title = isCardValue(card)
    ? `“${card.title}”`
    : isListValue(list)
      ? `the list “${list.title}”`
      : "this card";
  if (mutation.theirs.versionstamp === null) return `Someone deleted ${title} later: it is gone.`;
  return subject.type === "place"
    ? `Someone moved ${title} later: theirs is shown.`
    : `Someone changed ${title} later: theirs is shown.`;
};
