/**
 * Where the arrow keys lead from a card.
 */
import { expect, test } from "vitest";
import type { Board, Card, List } from "../board/board-state.ts";
import { neighbourOf } from "./board-keyboard.ts";

const entry = { key: ["x"], value: null, versionstamp: "00000000000000010000" };

const listOf = (id: string, ...cardIds: readonly string[]): List => ({
  id,
  value: { title: id, order: id },
  order: id,
  pending: false,
  entry,
  cards: cardIds.map((cardId): Card => ({
    id: cardId,
    value: { title: cardId, label: null },
    listId: id,
    order: cardId,
    cheers: 0n,
    hasNote: false,
    pending: false,
    entry,
  })),
});

const board: Board = { lists: [listOf("a", "a1", "a2", "a3"), listOf("empty"), listOf("b", "b1", "b2")] };

test.each([
  ["a2", "up", "a1"],
  ["a2", "down", "a3"],
  ["a1", "up", undefined],
  ["a3", "down", undefined],
  ["a2", "right", "b2"],
  ["a3", "right", "b2"],
  ["b1", "left", "a1"],
  ["a1", "left", undefined],
  ["b2", "right", undefined],
  ["gone", "left", undefined],
] as const)("from %s, %s leads to %s", (from, direction, to) => {
  expect(neighbourOf(board, from, direction)).toBe(to);
});
