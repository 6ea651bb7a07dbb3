/**
 * What a person is told of a write that lost to a later one.
 */
import { type Key, KvDocument, type SupersededWrite } from "rockpool";
import { expect, test } from "vitest";
import { cardKey, cheersKey, listKey, noteKey, placeKey } from "../board/board-keys.ts";
import { keyName, type Entries } from "../board/board-state.ts";
import { lostWords, sentenceOf } from "./superseded-notices.ts";

const versionstamp = "00000000000000010000";

const write = (key: Key, theirs: unknown): SupersededWrite => ({
  versionstamp,
  reason: "superseded",
  winner: null,
  ruledAtMs: 0,
  mutation: {
    type: "set",
    key,
    mine: undefined,
    theirs: theirs === null ? { key, value: null, versionstamp: null } : { key, value: theirs, versionstamp },
  },
});

const entries: Entries = new Map(
  [
    { key: cardKey("x"), value: { title: "Limpets", label: null }, versionstamp },
    { key: listKey("l"), value: { title: "Done", order: "a0" }, versionstamp },
  ].map((entry) => [keyName(entry.key), entry]),
);

test.each([
  [placeKey("x"), { listId: "l", order: "a0" }, "Someone moved “Limpets” later: theirs is shown."],
  [cardKey("x"), { title: "Limpets", label: null }, "Someone changed “Limpets” later: theirs is shown."],
  [cheersKey("gone"), null, "Someone deleted this card later: it is gone."],
  [listKey("l"), { title: "Done", order: "a0" }, "Someone changed the list “Done” later: theirs is shown."],
])("of a write to %j it is said who is shown", (key, theirs, sentence) => {
  expect(sentenceOf(write(key, theirs), entries)).toBe(sentence);
});

test("the words that met the deletion of their note are gathered by card", () => {
  const merge = (cardId: string, byte: number): SupersededWrite => ({
    ...write(noteKey(cardId), null),
    mutation: {
      type: "merge",
      key: noteKey(cardId),
      mine: new KvDocument([Uint8Array.of(byte)]),
      theirs: { key: noteKey(cardId), value: null, versionstamp: null },
    },
  });
  expect(lostWords([merge("x", 1), write(placeKey("x"), null), merge("y", 2), merge("x", 3)])).toEqual(
    new Map([
      ["x", [Uint8Array.of(1), Uint8Array.of(3)]],
      ["y", [Uint8Array.of(2)]],
    ]),
  );
});

test("nothing is said of what is none of the board's", () => {
  expect(sentenceOf(write(["notes", 1], "text"), entries)).toBeUndefined();
  expect(sentenceOf(write(["board", "seeded"], true), entries)).toBeUndefined();
});
