/**
 * The transactions of an append: a guess sent blind; what settles a guess that may have been wrong;
 * and, for whoever has no row to guess, one that reads first. See row-chain.ts for what a guess that
 * was wrong means to others.
 */
import type { Decision, LogAppend, PlacedRow, Row } from "@rockpool/log";
import { assert } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import { after } from "./read.ts";
import { countingRows } from "./row-chain.ts";
import type { StoredRow } from "./row-chain.ts";
import { commit, ignoreRejection } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

export type Decide = (missed: readonly PlacedRow[]) => Decision;

/** Adds `row` as decided after `tail`. At the position tail + 1 it is, for no row can stand between. */
export const addGuess = async (
  transaction: LogTransaction<"readwrite">,
  tail: Position,
  row: Row,
): Promise<Verdict<Position>> => commit(add(transaction, { after: tail, row }));

/** Keeps the guess at `position` if it counts; else what is decided of the missed rows takes its place. */
export const settleGuess = async (
  transaction: LogTransaction<"readwrite">,
  tail: Position,
  position: Position,
  decide: Decide,
): Promise<Verdict<LogAppend>> => {
  assert(position > tail, `a row at ${position} would stand before the tail ${tail}`);
  const log = transaction.objectStore("log");
  const missed = countingRows(await log.getAll(after(tail)), tail);
  if (missed[0]?.position === position) return commit({ missed: [], position, decision: "row" });
  const decision = decide(missed);
  ignoreRejection(log.delete(position));
  return addDecided(transaction, tail, missed, decision);
};

/** Reads first. When nothing was missed, `guess` is what is decided; a row is placed at `atLeast` or later. */
export const appendDecided = async (
  transaction: LogTransaction<"readwrite">,
  tail: Position,
  decide: Decide,
  guess: Decision | undefined,
  atLeast: Position | undefined,
): Promise<Verdict<LogAppend>> => {
  const stored = await transaction.objectStore("log").getAll(after(tail));
  const missed = countingRows(stored, tail);
  const decision = guess !== undefined && missed.length === 0 ? guess : decide(missed);
  if (atLeast === undefined) return addDecided(transaction, tail, missed, decision);
  const position = Math.max(atLeast, (stored.at(-1)?.position ?? tail) + 1);
  return addDecided(transaction, tail, missed, decision, { position });
};

const addDecided = (
  transaction: LogTransaction<"readwrite">,
  tail: Position,
  missed: readonly PlacedRow[],
  decision: Decision,
  place: { readonly position?: Position } = {},
): Verdict<LogAppend> => {
  if (decision.type !== "row") return commit({ missed, position: undefined, decision: decision.type });
  const placed = { ...place, after: missed.at(-1)?.position ?? tail, row: decision.row };
  return commit(add(transaction, placed).then((position) => ({ missed, position, decision: "row" })));
};

/** The key generator places a row without a position. */
const add = (
  transaction: LogTransaction<"readwrite">,
  row: Omit<StoredRow, "position"> & { readonly position?: Position },
): Promise<Position> => transaction.objectStore("log").add(row as StoredRow);
