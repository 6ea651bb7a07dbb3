/**
 * Says that a write of this device lost to a later one of somebody else: what is on screen is theirs.
 */
import type { SupersededWrite } from "rockpool";
import { cardKey, isCardValue, isListValue, listKey, subjectOf } from "../board/board-keys.ts";
import { keyName, type Entries } from "../board/board-state.ts";
import type { Desk } from "./desk.ts";

export const showSupersededWrites = ({ kv, store, showToast }: Desk): void => {
  kv.sync.addEventListener("superseded", ({ detail }) => {
    const sentences = new Set(detail.flatMap((write) => sentenceOf(write, store.entries) ?? []));
    for (const sentence of sentences) showToast(sentence, { stayMs: 12_000 });
  });
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
