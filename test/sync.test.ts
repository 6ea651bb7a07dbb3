/**
 * Random runs of devices and a relay. Each seed gives one run, the same every time; a failure names
 * its seed, and SYNC_SEED=<seed> runs that one alone.
 */
import { describe, expect, test } from "vitest";
import { runRandomly } from "./sync/workload-suite.ts";

const seedAsked = process.env["SYNC_SEED"];
const seedsPerTest = 20;
/** Far above what they take: machines that test are busy. */
const testMsMax = 60_000;
const tests = Array.from({ length: 10 }, (_, index) => index * seedsPerTest + 1);

const runSeed = async (seed: number): Promise<void> => {
  try {
    await runRandomly(seed, { steps: 60, paceMs: 150 });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`seed ${seed} (run it alone with SYNC_SEED=${seed}): ${message}`, { cause });
  }
};

describe("devices and a relay come to the same, whatever befalls them", () => {
  const firstSeeds = seedAsked === undefined ? tests : [Number(seedAsked)];
  const count = seedAsked === undefined ? seedsPerTest : 1;
  test.each(firstSeeds)(
    `seeds %i and the ${count - 1} after it`,
    async (first) => {
      for (let seed = first; seed < first + count; seed++) {
        await expect(runSeed(seed)).resolves.toBeUndefined();
      }
    },
    testMsMax,
  );
});
