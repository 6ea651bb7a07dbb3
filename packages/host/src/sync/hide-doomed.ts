/**
 * Hides the pending commits that can no longer hold on what is confirmed: after a fill, which put it all
 * in place anew, and before a session goes on, in case whoever filled ended before this.
 */
import { decideDoomed } from "@rockpool/replica";
import type { Ledger } from "../ledger.ts";

/** `readClock`: ms since 1970, by the relay's clock as far as it is known. @throws as the log does */
export const hideDoomed = async (ledger: Ledger, readClock: () => number): Promise<void> => {
  await ledger.append((state, pages) => ({
    row: decideDoomed(state, pages, readClock()),
    result: undefined,
  }));
};
