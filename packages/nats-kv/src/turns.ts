/**
 * Turns of writers that share an open `Kv`: one after the other. Where there is no relay, so that they do
 * not compete for the bucket's next sequence; where there is one, so that two versions of a key never stand
 * in one row of the log, whose position is their revision.
 */
import type { Kv } from "rockpool";

const lastByName = new WeakMap<Kv, Map<string, Promise<unknown>>>();

/** Runs `work` when all that was given before under the name has ended, however it ended. */
export const takeTurn = <T>(kv: Kv, name: string, work: () => Promise<T>): Promise<T> => {
  const lasts = lastByName.get(kv) ?? new Map<string, Promise<unknown>>();
  lastByName.set(kv, lasts);
  const turn = (lasts.get(name) ?? Promise.resolve()).then(work, work);
  lasts.set(name, turn);
  const forget = (): void => {
    if (lasts.get(name) === turn) lasts.delete(name);
  };
  turn.then(forget, forget);
  return turn;
};
