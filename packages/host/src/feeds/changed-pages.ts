/**
 * Which pages hold something later than a versionstamp, so that the others need not be read.
 */
import type { Log } from "@rockpool/log";
import type { PackedKey, Position, Versionstamp } from "@rockpool/model";
import type { Ledger } from "../ledger.ts";

/** By their first keys. They tell of a state as long as it is at their checkpoint. */
export interface ChangedPages {
  readonly checkpoint: Position;
  readonly firsts: ReadonlySet<PackedKey>;
}

/** Leaves the ledger level with the log. */
export const findChangedPages = async (
  log: Pick<Log, "pagesChangedSince">,
  ledger: Pick<Ledger, "state" | "catchUp">,
  since: Versionstamp,
): Promise<ChangedPages> => {
  for (;;) {
    const { checkpoint, generation } = ledger.state;
    const firsts = new Set(await log.pagesChangedSince(generation, since));
    // They are of this checkpoint if the log still is: none goes back.
    await ledger.catchUp();
    if (ledger.state.checkpoint === checkpoint) return { checkpoint, firsts };
  }
};
