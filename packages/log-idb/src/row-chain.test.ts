/**
 * Which rows count, told by examples: each row is written as [position, after], a checkpoint row as
 * its position alone.
 */
import { expect, test } from "vitest";
import { countingRows } from "./row-chain.ts";
import type { StoredRow } from "./row-chain.ts";

type Example = readonly [position: number, after?: number];

const storedRow = ([position, after]: Example): StoredRow => ({
  position,
  ...(after === undefined ? {} : { after }),
  row: after === undefined ? { type: "checkpoint" } : { type: "pause", paused: true },
});

test.each<[name: string, tail: number, rows: readonly Example[], counting: readonly number[]]>([
  ["nothing is stored", 7, [], []],
  [
    "each was decided after the one before it",
    0,
    [
      [1, 0],
      [2, 1],
      [3, 2],
    ],
    [1, 2, 3],
  ],
  [
    "positions leave gaps",
    1,
    [
      [5, 1],
      [900, 5],
    ],
    [5, 900],
  ],
  [
    "two hosts began at once",
    0,
    [
      [1, 0],
      [2, 0],
    ],
    [1],
  ],
  [
    "a void row stands between",
    1,
    [
      [2, 1],
      [3, 1],
      [4, 2],
    ],
    [2, 4],
  ],
  [
    "a void row comes first",
    5,
    [
      [6, 3],
      [7, 5],
    ],
    [7],
  ],
  [
    "a row was decided after a void one's position",
    0,
    [
      [1, 0],
      [2, 0],
      [3, 2],
    ],
    [1],
  ],
  ["a checkpoint row stands between", 1, [[2, 1], [3], [4, 3]], [2, 3, 4]],
  ["a checkpoint row came before a row decided without it", 1, [[2, 1], [3], [4, 2], [5, 3]], [2, 3, 5]],
  ["the tail is gone by a checkpoint", 2, [[9, 8], [10], [11, 10]], [9, 10, 11]],
  ["the tail is gone and only the checkpoint row is left", 2, [[10], [11, 2], [12, 10]], [10, 12]],
  [
    "all of a log whose beginning is gone",
    0,
    [
      [9, 8],
      [10, 9],
    ],
    [9, 10],
  ],
])("when %s", (_, tail, rows, counting) => {
  expect(countingRows(rows.map(storedRow), tail).map(({ position }) => position)).toEqual(counting);
});

test("a row that counts is given as it was appended, with its position", () => {
  const [row] = countingRows([storedRow([4, 3])], 3);
  expect(row).toEqual({ type: "pause", paused: true, position: 4 });
});
