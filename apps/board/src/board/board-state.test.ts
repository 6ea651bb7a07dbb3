/**
 * The board read from entries: in order, nothing out of sight, nothing foreign in it.
 */
import type { ChangeItem, Key, KvEntry } from "rockpool";
import { expect, test } from "vitest";
import { cardKey, cheersKey, listKey, placeKey, seededKey } from "./board-keys.ts";
import { foldChange, getCard, readBoard, type Board, type Entries } from "./board-state.ts";

const entryOf = (key: Key, value: unknown, pending = false): KvEntry<unknown> => ({
  key,
  value,
  versionstamp: "00000000000000010000",
  pending,
});

const update = (...entries: readonly KvEntry<unknown>[]): ChangeItem<unknown> => ({
  type: "update",
  entries,
  versionstamp: "00000000000000010000",
});

const fold = (...items: readonly ChangeItem<unknown>[]): Entries => {
  let entries: Entries = new Map();
  for (const item of items) entries = foldChange(entries, item);
  return entries;
};

const list = (id: string, order: string): KvEntry<unknown> =>
  entryOf(listKey(id), { title: `List ${id}`, order });

const card = (id: string, listId: string, order: string): readonly KvEntry<unknown>[] => [
  entryOf(cardKey(id), { title: `Card ${id}`, label: null }),
  entryOf(placeKey(id), { listId, order }),
];

const outlineOf = (board: Board): unknown =>
  Object.fromEntries(board.lists.map(({ id, cards }) => [id, cards.map((one) => one.id)]));

test("lists and cards stand in their order, whatever the order in which they came", () => {
  const entries = fold(
    update(...card("x", "b", "a1"), list("b", "a1")),
    update(list("a", "a0"), ...card("w", "b", "a0")),
  );
  expect(Object.keys(outlineOf(readBoard(entries)) as object)).toEqual(["a", "b"]);
  expect(outlineOf(readBoard(entries))).toEqual({ a: [], b: ["w", "x"] });
});

test("a moved card leaves its old list", () => {
  const entries = fold(
    update(list("a", "a0"), list("b", "a1"), ...card("x", "a", "a0")),
    update(entryOf(placeKey("x"), { listId: "b", order: "a0" })),
  );
  expect(outlineOf(readBoard(entries))).toEqual({ a: [], b: ["x"] });
});

test("a deleted card is gone, with its cheers", () => {
  const entries = fold(update(list("a", "a0"), ...card("x", "a", "a0")), {
    ...update(),
    entries: [cardKey("x"), placeKey("x")].map((key) => ({ key, value: null, versionstamp: null })),
  } as ChangeItem<unknown>);
  expect(outlineOf(readBoard(entries))).toEqual({ a: [] });
  expect(entries.size).toBe(1);
});

test("a card whose list is gone, or that has no place, stands at the end of the first list", () => {
  const entries = fold(
    update(list("a", "a0"), ...card("x", "gone", "a0"), ...card("w", "a", "a0")),
    update(entryOf(cardKey("lost"), { title: "Lost", label: null })),
  );
  expect(outlineOf(readBoard(entries))).toEqual({ a: ["w", "lost", "x"] });
});

test.each([
  ["its title", [entryOf(cardKey("x"), { title: "New", label: null }, true)]],
  ["its place", [entryOf(placeKey("x"), { listId: "a", order: "a5" }, true)]],
  ["its cheers", [entryOf(cheersKey("x"), { value: 1n }, true)]],
])("a card is pending while %s is", (_, entries) => {
  const before = update(list("a", "a0"), ...card("x", "a", "a0"));
  expect(getCard(readBoard(fold(before)), "x")?.pending).toBe(false);
  expect(getCard(readBoard(fold(before, update(...entries))), "x")?.pending).toBe(true);
});

test("cheers are counted beyond what a number can hold", () => {
  const entries = fold(
    update(list("a", "a0"), ...card("x", "a", "a0"), entryOf(cheersKey("x"), { value: 2n ** 60n })),
  );
  expect(getCard(readBoard(entries), "x")?.cheers).toBe(2n ** 60n);
});

test("what another program left in the bucket is passed over", () => {
  const entries = fold(
    update(
      entryOf(seededKey, true),
      entryOf(["notes", 1], "text"),
      entryOf(["card", "x", "more"], { title: "deep", label: null }),
      entryOf(cardKey("y"), { title: 7 }),
      entryOf(listKey("z"), null),
      list("a", "a0"),
    ),
  );
  expect(outlineOf(readBoard(entries))).toEqual({ a: [] });
});

test("the end of the first entries changes nothing", () => {
  const entries = fold(update(list("a", "a0")));
  expect(foldChange(entries, { type: "ready", versionstamp: "00000000000000010000" })).toBe(entries);
});
