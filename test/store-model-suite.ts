/**
 * The store against a sorted map: any sequence of commands in any tabs leaves both equal, as seen by
 * every tab, its reads, lists, watches and feeds. A failure prints its seed and path; to run it again
 * set VITE_FC_SEED and VITE_FC_PATH, and VITE_FC_RUNS to run more.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyBackupCommand } from "./store/backup-commands.ts";
import { anyFeedCommand } from "./store/feed-commands.ts";
import { createTally } from "./store/observed-log.ts";
import { anyRangeCommand } from "./store/range-commands.ts";
import { anySettings } from "./store/store-arbitrary.ts";
import { anyCommand } from "./store/store-commands.ts";
import { type StoreBed, StoreDevice } from "./store/store-device.ts";
import { SortedMap } from "./store/sorted-map.ts";
import { StoreWorld } from "./store/store-world.ts";

/** How much a store is tried. */
export interface StoreRuns {
  readonly runs: number;
  readonly commandsMax: number;
  /** The longest that one sequence may take, in ms. */
  readonly runMsMax: number;
}

export const describeStoreModel = (
  name: string,
  createBed: () => StoreBed,
  { runs, commandsMax, runMsMax }: StoreRuns,
): void => {
  describe(`store against a sorted map: ${name}`, () => {
    test.each([
      ["without a relay", false],
      ["with a relay that is never reached", true],
    ])("any commands leave both equal, %s", { timeout: 2 * searchMsMax }, async (_, hasRelay) => {
      const tally = createTally();
      const property = fc.asyncProperty(
        anySettings,
        fc.commands(
          [
            fc.oneof(
              { weight: 10, arbitrary: anyCommand },
              { weight: 2, arbitrary: anyFeedCommand },
              anyRangeCommand,
              anyBackupCommand,
            ),
          ],
          {
            maxCommands: commandsMax,
            size: "max",
          },
        ),
        async (settings, commands) => {
          const map = new SortedMap(settings.kept);
          const device = await StoreDevice.open(createBed(), { ...settings, hasRelay }, tally, 2);
          const world = new StoreWorld(device, map);
          try {
            await fc.asyncModelRun(() => ({ model: map, real: world }), commands);
            await world.compare();
          } finally {
            await device.close();
          }
        },
      );
      const { numRuns = runs, ...again } = rerun();
      await fc.assert(property, { numRuns, timeout: runMsMax, ...limits, ...again });
      if (again.path !== undefined) return;
      // A run that met none of these would have tried little.
      expect(tally.checkpoints).toBeGreaterThan(numRuns);
      // What is met seldom may be missed in few runs by chance.
      if (numRuns < manyRuns) return;
      // What is pending is in no page.
      for (const met of hasRelay ? [tally.pendingRecords] : [tally.splits, tally.versions]) {
        expect(met).toBeGreaterThan(numRuns / 2);
      }
      expect(tally.reopens + tally.kills).toBeGreaterThan(numRuns / 4);
      expect(tally.parts).toBeGreaterThan(numRuns / 4);
      // With a relay what is deleted is pending, and so remembered.
      expect(tally.resets).toBeGreaterThan(hasRelay ? -1 : 0);
    });
  });
};

const manyRuns = 100;

/** A failure is made smaller for as long as this, then told as small as it is. */
const searchMsMax = 60_000;

const limits = { interruptAfterTimeLimit: searchMsMax, markInterruptAsFailure: true } as const;

/** What to run, if it was said. */
const rerun = (): fc.Parameters<unknown> => {
  const { VITE_FC_SEED, VITE_FC_PATH, VITE_FC_RUNS } = import.meta.env as Record<string, string | undefined>;
  return {
    ...(VITE_FC_SEED === undefined ? {} : { seed: Number(VITE_FC_SEED) }),
    ...(VITE_FC_PATH === undefined ? {} : { path: VITE_FC_PATH }),
    ...(VITE_FC_RUNS === undefined ? {} : { numRuns: Number(VITE_FC_RUNS) }),
  };
};
