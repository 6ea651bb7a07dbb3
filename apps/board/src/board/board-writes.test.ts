/**
 * What the board writes, read back by the board: on a real bucket, in memory.
 */
import { type Kv, type KvDocument, openKv } from "rockpool";
import { expect, test } from "vitest";
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from "yjs";
import { noteKey } from "./board-keys.ts";
import { getCard, getList, type Board } from "./board-state.ts";
import { BoardStore } from "./board-store.ts";
import {
  addCard,
  addList,
  cheerCard,
  deleteEntries,
  editCard,
  entriesOfCard,
  entriesOfList,
  moveCard,
  moveList,
  renameList,
  restoreEntries,
  type Written,
} from "./board-writes.ts";
import { layOutSample } from "./sample.ts";

/** A board of two lists, "a" with the cards 1, 2 and 3, and "b" with none. */
const openBoard = async () => {
  const kv = await openKv(crypto.randomUUID());
  const store = new BoardStore();
  const following = store.follow(kv);
  await store.ready;
  /** Fulfilled when the board shows the write. */
  const shown = async (write: Written): Promise<boolean> => {
    const result = await write;
    if (result.ok) await store.shows(result.versionstamp);
    return result.ok;
  };
  for (const id of ["a", "b"]) await shown(addList(kv, store.board, id, `List ${id}`));
  for (const id of ["1", "2", "3"]) {
    await shown(addCard(kv, mustGet(getList(store.board, "a")), id, `Card ${id}`));
  }
  return {
    kv,
    store,
    shown,
    card: (id: string) => mustGet(getCard(store.board, id)),
    list: (id: string) => mustGet(getList(store.board, id)),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      kv.close();
      await following.catch(() => {
        // A feed ends with its bucket.
      });
    },
  };
};

const mustGet = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error("The board has no such list or card.");
  return value;
};

/** The words in a card's note. */
const wordsAt = async (kv: Kv, cardId: string): Promise<string> => {
  const note = new Doc();
  const { value } = await kv.get<KvDocument>(noteKey(cardId));
  for (const update of value?.updates ?? []) applyUpdate(note, update);
  return note.getText("words").toString();
};

const outlineOf = (board: Board): unknown =>
  board.lists.map(({ id, cards }) => [id, ...cards.map((card) => card.id)]);

test("lists and cards are added at the end", async () => {
  await using board = await openBoard();
  expect(outlineOf(board.store.board)).toEqual([["a", "1", "2", "3"], ["b"]]);
});

test("a card moves within its list and to another, and takes title and cheers along", async () => {
  await using board = await openBoard();
  await board.shown(cheerCard(board.kv, "3"));
  await board.shown(moveCard(board.kv, board.card("3"), board.list("a"), 0));
  expect(outlineOf(board.store.board)).toEqual([["a", "3", "1", "2"], ["b"]]);
  await board.shown(moveCard(board.kv, board.card("3"), board.list("b"), 0));
  expect(outlineOf(board.store.board)).toEqual([
    ["a", "1", "2"],
    ["b", "3"],
  ]);
  expect(board.card("3")).toMatchObject({ value: { title: "Card 3" }, cheers: 1n });
});

test("a title is saved over the entry that its author saw, and over no other", async () => {
  await using board = await openBoard();
  const seen = board.card("1").entry;
  expect(await board.shown(editCard(board.kv, seen, { title: "Mine", label: "kelp" }))).toBe(true);
  expect(await board.shown(editCard(board.kv, seen, { title: "Late", label: null }))).toBe(false);
  expect(board.card("1").value).toEqual({ title: "Mine", label: "kelp" });
});

test("moving and cheering a card do not make its title stale", async () => {
  await using board = await openBoard();
  const seen = board.card("1").entry;
  await board.shown(moveCard(board.kv, board.card("1"), board.list("b"), 0));
  await board.shown(cheerCard(board.kv, "1"));
  expect(await board.shown(editCard(board.kv, seen, { title: "Mine", label: null }))).toBe(true);
});

test("a deleted card comes back as it was, with its place and its cheers", async () => {
  await using board = await openBoard();
  for (let count = 0; count < 3; count += 1) await board.shown(cheerCard(board.kv, "2"));
  const taken = entriesOfCard(board.store.entries, "2");
  await board.shown(deleteEntries(board.kv, taken));
  expect(outlineOf(board.store.board)).toEqual([["a", "1", "3"], ["b"]]);
  await board.shown(restoreEntries(board.kv, taken));
  expect(outlineOf(board.store.board)).toEqual([["a", "1", "2", "3"], ["b"]]);
  await board.shown(cheerCard(board.kv, "2"));
  expect(board.card("2").cheers).toBe(4n);
});

test("a note goes with its card, in one commit, and comes back with all that was written into it", async () => {
  await using board = await openBoard();
  const note = new Doc();
  for (const words of ["Low", " ", "tide"]) {
    const before = encodeStateVector(note);
    note.getText("words").insert(note.getText("words").length, words);
    await board.shown(board.kv.atomic().merge(noteKey("2"), encodeStateAsUpdate(note, before)).commit());
  }
  expect(board.card("2").hasNote).toBe(true);
  expect(board.card("1").hasNote).toBe(false);
  const taken = entriesOfCard(board.store.entries, "2");
  await board.shown(deleteEntries(board.kv, taken));
  expect((await board.kv.get(noteKey("2"))).versionstamp).toBeNull();
  await board.shown(restoreEntries(board.kv, taken));
  expect(board.card("2").hasNote).toBe(true);
  expect(await wordsAt(board.kv, "2")).toBe("Low tide");
});

test("a card is added together with its note", async () => {
  await using board = await openBoard();
  const note = new Doc();
  note.getText("words").insert(0, "Kept");
  await board.shown(addCard(board.kv, board.list("b"), "4", "Card 4", encodeStateAsUpdate(note)));
  expect(board.card("4")).toMatchObject({ value: { title: "Card 4" }, hasNote: true });
  expect(await wordsAt(board.kv, "4")).toBe("Kept");
});

test("a deleted list takes its cards along and brings them back", async () => {
  await using board = await openBoard();
  await board.shown(cheerCard(board.kv, "1"));
  const taken = entriesOfList(board.store.entries, board.list("a"));
  await board.shown(deleteEntries(board.kv, taken));
  expect(outlineOf(board.store.board)).toEqual([["b"]]);
  expect(board.store.entries.size).toBe(1);
  await board.shown(restoreEntries(board.kv, taken));
  expect(outlineOf(board.store.board)).toEqual([["a", "1", "2", "3"], ["b"]]);
});

test("a list is renamed and moved", async () => {
  await using board = await openBoard();
  const { entry, value } = board.list("b");
  await board.shown(renameList(board.kv, entry, { ...value, title: "New" }));
  await board.shown(moveList(board.kv, board.store.board, board.list("b"), 0));
  expect(board.store.board.lists.map((list) => list.value.title)).toEqual(["New", "List a"]);
});

test("the sample is laid out once, however often and from how many tabs", async () => {
  const name = crypto.randomUUID();
  await using one = await openKv(name);
  await using other = await openKv(name);
  await Promise.all([layOutSample(one), layOutSample(other), layOutSample(one)]);
  const titles: string[] = [];
  for await (const { value } of one.list<{ title: string }>({ prefix: ["list"] })) titles.push(value.title);
  expect(titles).toEqual(["Try this", "At low tide", "Done"]);
  const first = await one.get<{ title: string }>(["card", "sample-1-1"]);
  await one.delete(["card", "sample-1-1"]);
  await layOutSample(other);
  expect(first.versionstamp).not.toBeNull();
  expect((await other.get(["card", "sample-1-1"])).versionstamp).toBeNull();
});
