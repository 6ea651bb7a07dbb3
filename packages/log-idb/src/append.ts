/**
 * The two ways to append in one transaction: with a guessed row sent beside the read of what was
 * missed, which costs as much as a blind add, and with the read first.
 */
import type { Decision, LogAppend, PlacedRow, Row } from "@rockpool/log";
import { assert } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import { after } from "./read.ts";
import { commit, ignoreRejection, rollback } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

export type Decide = (missed: readonly PlacedRow[]) => Decision;

/** Adds the guess while it reads; where rows were missed, what is decided of them takes its place. */
export const appendGuess = async (
  transaction: LogTransaction<"readwrite">,
  tail: Position,
  guess: Row,
  decide: Decide,
): Promise<Verdict<LogAppend>> => {
  const log = transaction.objectStore("log");
  const reading = log.getAll(after(tail));
  ignoreRejection(reading);
  const [missed, position] = await Promise.all([reading, log.add(unplaced(guess))]);
  mustStandAfter(missed, tail, position);
  if (missed.length === 0) return commit({ missed, position, decision: "row" });
  const decision = decide(missed);
  if (decision.type !== "row") return rollback({ missed, position: undefined, decision: decision.type });
  ignoreRejection(log.put({ ...decision.row, position }));
  return commit({ missed, position, decision: "row" });
};

/** Reads what was missed, then adds what is decided; without missed rows a `guess` given is decided. */
export const appendDecided = async (
  transaction: LogTransaction<"readwrite">,
  tail: Position,
  decide: Decide,
  guess: Decision | undefined,
  atLeast: Position | undefined,
): Promise<Verdict<LogAppend>> => {
  const log = transaction.objectStore("log");
  const missed = await log.getAll(after(tail));
  const decision = guess !== undefined && missed.length === 0 ? guess : decide(missed);
  if (decision.type !== "row") return rollback({ missed, position: undefined, decision: decision.type });
  if (atLeast === undefined) {
    const position = await log.add(unplaced(decision.row));
    mustStandAfter(missed, tail, position);
    return commit({ missed, position, decision: "row" });
  }
  const position = Math.max(atLeast, (missed.at(-1)?.position ?? tail) + 1);
  ignoreRejection(log.add({ ...decision.row, position }));
  return commit({ missed, position, decision: "row" });
};

/** The key generator places it. */
const unplaced = (row: Row): PlacedRow => row as PlacedRow;

const mustStandAfter = (missed: readonly PlacedRow[], tail: Position, position: Position): void => {
  const last = missed.at(-1)?.position ?? tail;
  assert(position > last, `a row at ${position} would stand before the tail ${last}`);
};
