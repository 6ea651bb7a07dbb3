/**
 * How a device syncs, as its apps say: one answer for all tabs, that outlives them. Written down in the
 * log, where the tab that carries the session reads it.
 */
import type { Ledger } from "../ledger.ts";

/** Syncing rests until it is resumed, or goes on. */
export const setPaused = async (ledger: Ledger, paused: boolean): Promise<void> => {
  await ledger.append((state) => ({
    row: state.session.paused === paused ? undefined : { type: "pause", paused },
    result: undefined,
  }));
};
