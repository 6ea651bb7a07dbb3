/**
 * Whatever the orders are, and whoever wrote them, a card lands where it was put.
 */
import { expect, test } from "vitest";
import { compareOrdered, placeAt, type Ordered } from "./order.ts";

const apply = (items: readonly Ordered[], written: readonly Ordered[]): string[] =>
  [...items.filter(({ id }) => !written.some((one) => one.id === id)), ...written]
    .toSorted(compareOrdered)
    .map(({ id }) => id);

const listOf = (count: number): readonly Ordered[] => {
  let items: readonly Ordered[] = [];
  for (let index = 0; index < count; index += 1) {
    items = [...items, ...placeAt(items, String(index), index)];
  }
  return items;
};

test.each([0, 1, 2, 3])("a card placed at %i stands there, and only its own place is written", (index) => {
  const others = listOf(3);
  const written = placeAt(others, "new", index);
  expect(written.map(({ id }) => id)).toEqual(["new"]);
  expect(apply(others, written)).toEqual(["0", "1", "2"].toSpliced(index, 0, "new"));
});

test("an index past the ends means the end", () => {
  const others = listOf(2);
  expect(apply(others, placeAt(others, "new", 99))).toEqual(["0", "1", "new"]);
  expect(apply(others, placeAt(others, "new", -1))).toEqual(["new", "0", "1"]);
});

test("two cards that were put into the same gap at once are told apart by id, on every device alike", () => {
  const others = listOf(2);
  const written = [...placeAt(others, "b", 1), ...placeAt(others, "a", 1)];
  expect(apply(others, written)).toEqual(["0", "a", "b", "1"]);
});

test("a card can be placed between two of equal order: the list is spaced anew", () => {
  const others: readonly Ordered[] = [
    { id: "a", order: "a0" },
    { id: "b", order: "a0" },
  ];
  const written = placeAt(others, "new", 1);
  expect(written).toHaveLength(3);
  expect(apply(others, written)).toEqual(["a", "new", "b"]);
});

test("an order that is no fractional index does not stop a move", () => {
  const others: readonly Ordered[] = [{ id: "odd", order: "!" }];
  expect(apply(others, placeAt(others, "new", 1))).toEqual(["odd", "new"]);
  expect(apply(others, placeAt(others, "new", 0))).toEqual(["new", "odd"]);
});

test("a thousand cards put at the top keep their orders short", () => {
  let items: readonly Ordered[] = [];
  for (let count = 0; count < 1000; count += 1) items = [...placeAt(items, String(count), 0), ...items];
  expect(Math.max(...items.map(({ order }) => order.length))).toBeLessThan(8);
});
