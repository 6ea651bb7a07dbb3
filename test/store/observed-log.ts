/**
 * A log that counts what becomes of it: how often it was checkpointed and pages were split, and
 * where its last row was placed. It changes nothing.
 */
import type { Log } from "@rockpool/log";
import type { Position } from "@rockpool/model";

/** What happened on a device, or in a whole run of tests. */
export interface Tally {
  appends: number;
  checkpoints: number;
  /** Checkpoints that came too late for their base. */
  lostCheckpoints: number;
  /** Pages that were cut in two or more. */
  splits: number;
  /** Records of pending commits that checkpoints wrote. */
  pendingRecords: number;
  /** Records of older versions that they wrote. */
  versions: number;
  /** Parts that feeds gave, and feeds that were told to begin anew. */
  parts: number;
  resets: number;
  reopens: number;
  kills: number;
}

export const createTally = (): Tally => ({
  appends: 0,
  checkpoints: 0,
  lostCheckpoints: 0,
  splits: 0,
  pendingRecords: 0,
  versions: 0,
  parts: 0,
  resets: 0,
  reopens: 0,
  kills: 0,
});

export interface ObservedLog {
  readonly log: Log;
  /** Where this handle's last row was placed; 0 before the first. */
  readonly lastPosition: () => Position;
}

export const observeLog = (log: Log, tally: Tally): ObservedLog => {
  let lastPosition: Position = 0;
  /** The first keys of the pages there are, as of the last start. */
  let firsts = new Set<string>();
  const observed: Log = {
    start: async (...given) => {
      const start = await log.start(...given);
      firsts = new Set(start.pageKeys.map(({ generation, first }) => `${generation}/${first}`));
      return start;
    },
    append: async (...given) => {
      const appended = await log.append(...given);
      if (appended.position !== undefined) {
        tally.appends++;
        lastPosition = appended.position;
      }
      return appended;
    },
    read: (...given) => log.read(...given),
    pagesByExpiry: (...given) => log.pagesByExpiry(...given),
    pagesChangedSince: (...given) => log.pagesChangedSince(...given),
    putPages: (...given) => log.putPages(...given),
    deleteGeneration: (...given) => log.deleteGeneration(...given),
    checkpoint: async (checkpoint) => {
      const isWritten = await log.checkpoint(checkpoint);
      if (!isWritten) tally.lostCheckpoints++;
      else {
        tally.checkpoints++;
        tally.pendingRecords += checkpoint.putPending.length;
        tally.versions += checkpoint.putVersions.length;
        const fresh = checkpoint.putPages.filter(
          ({ generation, first }) => first !== "" && !firsts.has(`${generation}/${first}`),
        );
        tally.splits += fresh.length;
      }
      return isWritten;
    },
    giveUp: (...given) => log.giveUp(...given),
    keepReserve: (bytes) => log.keepReserve(bytes),
    rest: () => log.rest(),
    wake: () => log.wake(),
    close: () => log.close(),
    [Symbol.asyncDispose]: () => log.close(),
  };
  return { log: observed, lastPosition: () => lastPosition };
};
