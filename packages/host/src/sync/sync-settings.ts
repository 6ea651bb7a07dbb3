/**
 * How a device syncs, as its apps say: one answer for all tabs, that outlives them. Written down in the
 * log, where the tab that carries the session reads it.
 */
import { createScope, equalScopes, type PackedKey } from "@rockpool/model";
import type { Ledger } from "../ledger.ts";

/** Syncing rests until it is resumed, or goes on. */
export const setPaused = async (ledger: Ledger, paused: boolean): Promise<void> => {
  await ledger.append((state) => ({
    row: state.session.paused === paused ? undefined : { type: "pause", paused },
    result: undefined,
  }));
};

/** The last call counts: what was followed before and is not any more leaves the device. */
export const followPrefixes = async (ledger: Ledger, prefixes: readonly PackedKey[]): Promise<void> => {
  const followed = createScope(prefixes);
  await ledger.append((state) => ({
    row: equalScopes(state.session.followed, followed) ? undefined : { type: "follow", followed },
    result: undefined,
  }));
};
