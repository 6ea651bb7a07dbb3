/**
 * Which stored rows count. An append is sent blind, its commit right behind it, which makes it as
 * cheap as a bare put and safe in a tab that is closing. So a host learns only afterwards whether
 * another row had come between; each row therefore names the one it was decided after, and counts
 * only if that is the last one before it that counts. One that does not is void: its host decides
 * again, and no reader ever sees it.
 * A checkpoint row counts always: it was not decided after any other. The first row of a log counts,
 * because a checkpoint deletes the void rows that would come first.
 */
import type { PlacedRow, Row } from "@rockpool/log";
import type { Position } from "@rockpool/model";

/** A row as it is stored. */
export interface StoredRow {
  readonly position: Position;
  /** The last row its host had folded. Absent in a checkpoint row. */
  readonly after?: Position;
  readonly row: Row;
}

/** The rows that count, of all stored after `tail`, which is a row that counts or one that is gone. */
export const countingRows = (stored: readonly StoredRow[], tail: Position): readonly PlacedRow[] => {
  // A row decided after one that is gone from here is the first of the log.
  let last = Math.max(tail, stored[0]?.after ?? 0);
  const counting: PlacedRow[] = [];
  for (const placed of stored) {
    if (!countsAfter(placed, last)) continue;
    last = placed.position;
    counting.push({ ...placed.row, position: placed.position });
  }
  return counting;
};

/** True when `stored` counts, `last` being the last row before it that does. */
export const countsAfter = (stored: StoredRow, last: Position): boolean =>
  stored.after === last || stored.after === undefined;
