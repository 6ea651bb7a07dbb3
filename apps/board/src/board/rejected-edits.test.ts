/**
 * What a person is asked about rejected edits, and what needs no asking.
 */
import {
  type Key,
  KvDocument,
  type KvEntryMaybe,
  type RejectedCommit,
  type RejectedGroup,
  type RejectedMutation,
} from "rockpool";
import { expect, test } from "vitest";
import { cardKey, listKey, noteKey, placeKey, seededKey } from "./board-keys.ts";
import { keyName, type Entries } from "./board-state.ts";
import { questionOf } from "./rejected-edits.ts";

const stands = (key: Key, value: unknown): KvEntryMaybe<unknown> =>
  value === null
    ? { key, value: null, versionstamp: null }
    : { key, value, versionstamp: "00000000000000010000" };

const set = (key: Key, mine: unknown, theirs: unknown): RejectedMutation => ({
  type: "set",
  key,
  mine,
  theirs: stands(key, theirs),
});

const merge = (key: Key, theirs: unknown): RejectedMutation => ({
  type: "merge",
  key,
  mine: new KvDocument([Uint8Array.of(1)]),
  theirs: stands(key, theirs),
});

const commitOf = (...mutations: readonly RejectedMutation[]): RejectedCommit => ({
  versionstamp: "00000000000000010000",
  reason: { type: "check", checks: [0] },
  checks: [],
  mutations,
});

const groupOf = (...commits: readonly RejectedCommit[]): RejectedGroup => ({ id: "g", commits });

const noEntries: Entries = new Map();
const sample = commitOf(
  set(seededKey, true, true),
  set(listKey("sample-1"), { title: "Try", order: "a0" }, null),
);

test("a rename that lost is asked about with both titles", () => {
  const group = groupOf(
    commitOf(set(cardKey("x"), { title: "M", label: null }, { title: "T", label: null })),
  );
  expect(questionOf(group, noEntries)).toMatchObject({
    id: "g",
    edits: [{ what: "Card", mine: "M", theirs: "T" }],
  });
});

test("a label is named where it differs", () => {
  const group = groupOf(
    commitOf(set(cardKey("x"), { title: "A", label: "kelp" }, { title: "A", label: null })),
  );
  const edit = questionOf(group, noEntries)?.edits[0];
  expect([edit?.mine, edit?.theirs]).toEqual(["A (kelp label)", "A (no label)"]);
});

test("a rename of what somebody deleted says so", () => {
  const group = groupOf(commitOf(set(cardKey("x"), { title: "M", label: null }, null)));
  expect(questionOf(group, noEntries)?.edits[0]?.theirs).toBe("Deleted");
});

test("what was written into a note is asked about once, however many edits it was", () => {
  const note = new KvDocument([Uint8Array.of(2)]);
  const [x, y] = [noteKey("x"), noteKey("y")];
  const group = groupOf(commitOf(merge(x, note)), commitOf(merge(x, note)), commitOf(merge(y, null)));
  expect(questionOf(group, noEntries)?.edits).toEqual([
    { what: "Note of a card", mine: "What you wrote", theirs: "The note without it" },
    { what: "Note of a card", mine: "What you wrote", theirs: "Deleted" },
  ]);
});

test("a place is told by the name of its list", () => {
  const list = {
    key: listKey("a"),
    value: { title: "Done", order: "a0" },
    versionstamp: "00000000000000010000",
  };
  const group = groupOf(
    commitOf(set(placeKey("x"), { listId: "a", order: "a0" }, { listId: "b", order: "a0" })),
  );
  const edit = questionOf(group, new Map([[keyName(list.key), list]]))?.edits[0];
  expect([edit?.mine, edit?.theirs]).toEqual(["In “Done”", "In a list that is gone"]);
});

test("a sample laid out a second time is no question", () => {
  expect(questionOf(groupOf(sample), noEntries)).toBeUndefined();
});

test("an edit that was built on such a sample is one, and the sample is not told again", () => {
  const edit = commitOf(set(cardKey("x"), { title: "M", label: null }, { title: "T", label: null }));
  expect(questionOf(groupOf(sample, edit), noEntries)?.edits).toHaveLength(1);
});

test("an edit whose outcome stands anyway is no question", () => {
  const same = set(cardKey("x"), { title: "A", label: null }, { label: null, title: "A" });
  const deleted: RejectedMutation = {
    type: "delete",
    key: cardKey("y"),
    mine: null,
    theirs: stands(cardKey("y"), null),
  };
  expect(questionOf(groupOf(commitOf(same, deleted)), noEntries)).toBeUndefined();
});

test("values that the board does not know are never taken for the same", () => {
  const group = groupOf(commitOf(set(["notes", 1], { a: 1 }, { b: 2 })));
  expect(questionOf(group, noEntries)?.edits).toHaveLength(1);
});
