/**
 * Which generations of pages on disk are needed, and which are not. A generation is named by the
 * position of a row, so no number is given twice; it is shown only by a row that was decided while
 * `building` named it. So one that is dead once stays dead.
 */
import type { LogStart } from "@rockpool/log";
import { foldRow } from "./fold.ts";
import { stateAtCheckpoint } from "./state.ts";

export interface StoredGenerations {
  /** Needed by nobody, now or later: they may be deleted. */
  readonly dead: readonly number[];
  /** Needed only by those who fold the tail: dead as soon as a checkpoint has moved past what took their place. */
  readonly outgoing: readonly number[];
}

export const storedGenerations = (start: LogStart): StoredGenerations => {
  const state = stateAtCheckpoint(start);
  // All that the tail goes through, too: a checkpoint may end at any row of it.
  const passed = new Set([state.generation]);
  for (const row of start.rows) {
    foldRow(state, row);
    passed.add(state.generation);
  }
  const stored = [...new Set(start.pageKeys.map(({ generation }) => generation))];
  return {
    dead: stored.filter((generation) => !passed.has(generation) && !state.building.has(generation)),
    outgoing: stored.filter((generation) => passed.has(generation) && generation !== state.generation),
  };
};
