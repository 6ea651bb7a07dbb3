/**
 * Which pages on disk are needed: those in force anywhere along the tail, and those being written.
 */
import { expect, test } from "vitest";
import type { LogStart, Meta, PlacedRow } from "@rockpool/log";
import { packKey, zeroStamp } from "@rockpool/model";
import { storedGenerations } from "./stored-generations.ts";

const metaOf = (generation: number, building: readonly number[] = []): Meta => ({
  format: 1,
  checkpoint: 10,
  ranges: [{ first: packKey([]), generation }],
  building,
  replica: null,
  stamp: zeroStamp,
  session: { epoch: null, cursor: 0, scope: [], followed: [], clockOffsetMs: 0, paused: false },
});

const startOf = (
  meta: Meta | undefined,
  stored: readonly number[],
  rows: readonly PlacedRow[],
): LogStart => ({
  meta,
  pageKeys: stored.flatMap((generation) => [
    { generation, first: packKey([]) },
    { generation, first: packKey(["m"]) },
  ]),
  pending: [],
  rows,
});

const fill = (position: number, generation: number): PlacedRow => ({
  type: "fill",
  position,
  generation,
  stored: { entries: 1, bytes: 1 },
});

test("pages in force, and those that somebody writes, are needed", () => {
  const start = startOf(metaOf(3, [5]), [3, 5, 12], [{ type: "build", position: 12 }]);
  expect(storedGenerations(start)).toEqual({ dead: [], outgoing: [] });
});

test("pages of a bucket that never had a checkpoint are of generation 0", () => {
  expect(storedGenerations(startOf(undefined, [0], []))).toEqual({ dead: [], outgoing: [] });
});

test("pages that nothing names are dead", () => {
  expect(storedGenerations(startOf(metaOf(3), [0, 2, 3], []))).toEqual({ dead: [0, 2], outgoing: [] });
});

test("pages whose writer was given up are dead", () => {
  const start = startOf(metaOf(3, [5]), [3, 5], [{ type: "abandon", position: 12, generations: [5] }]);
  expect(storedGenerations(start)).toEqual({ dead: [5], outgoing: [] });
});

test("pages that a row of the tail replaced go with the next checkpoint, those between two such rows too", () => {
  const start = startOf(metaOf(3, [5, 6]), [3, 5, 6, 7], [fill(12, 5), fill(13, 6)]);
  expect(storedGenerations(start)).toEqual({ dead: [7], outgoing: [3, 5] });
});

test("pages that a fill from a relay replaced go with the next checkpoint", () => {
  const scope = [packKey([])];
  const start = startOf(
    metaOf(3),
    [3],
    [
      { type: "attach", position: 11, replica: "r" },
      { type: "session", position: 12, epoch: "e", scope, clockOffsetMs: 0, reset: true },
      { type: "build", position: 13 },
      {
        type: "fill",
        position: 14,
        generation: 13,
        stored: { entries: 0, bytes: 0 },
        relay: { epoch: "e", scope, from: 0, to: 1, results: [], stamp: zeroStamp, readingMs: 0 },
      },
    ],
  );
  expect(storedGenerations(start)).toEqual({ dead: [], outgoing: [3] });
});
