/**
 * Pages of generations that are not in force: written beside the others, and deleted in bounded
 * transactions that never leave an older version behind without a page that names its generation.
 */
import { createVersionstamp, packKey } from "@rockpool/model";
import type { Log } from "@rockpool/log";
import { describe, expect, test } from "vitest";
import { checkpointAt, type CreateBed, pageOf } from "./log-bed.ts";

const names = ["a", "b", "c", "d", "e"];

export const describeGenerations = (createBed: CreateBed): void => {
  describe("a generation", () => {
    test("is written beside the others, and read like them", async () => {
      const log = await openWith(createBed, [7]);
      await log.putPages([pageOf(9, "b"), pageOf(9, "a")]);
      expect(await firstsOf(log, 9)).toEqual(["a", "b"].map((name) => packKey([name])));
      expect(await firstsOf(log, 7)).toHaveLength(names.length);
      await log.close();
    });

    test("is deleted piece by piece, and nothing of the others", async () => {
      const log = await openWith(createBed, [7, 8]);
      expect(await log.deleteGeneration(7, 2)).toBe(false);
      expect(await firstsOf(log, 7)).toHaveLength(3);
      expect(await log.deleteGeneration(7, 3)).toBe(true);
      expect(await firstsOf(log, 7)).toEqual([]);
      expect(await log.deleteGeneration(7, 3)).toBe(true);
      expect(await firstsOf(log, 8)).toHaveLength(names.length);
      await log.close();
    });

    test("keeps its pages until its older versions are gone, so that it is found again", async () => {
      const log = await openWith(createBed, [7, 8]);
      const versionsOf = (generation: number) =>
        log.read(0, [], [{ generation, key: packKey(["a"]) }]).then(({ versions }) => versions[0]?.length);
      await log.checkpoint(
        checkpointAt(0, 0, { putVersions: [7, 8].flatMap((generation) => versions(generation, 5)) }),
      );
      expect(await log.deleteGeneration(7, 2)).toBe(false);
      expect([await versionsOf(7), (await firstsOf(log, 7)).length]).toEqual([3, 5]);
      expect(await log.deleteGeneration(7, 3)).toBe(false);
      expect([await versionsOf(7), (await firstsOf(log, 7)).length]).toEqual([0, 2]);
      expect(await log.deleteGeneration(7, 3)).toBe(true);
      expect([await versionsOf(8), (await firstsOf(log, 8)).length]).toEqual([5, 5]);
      await log.close();
    });
  });
};

/** A log with five pages in each of some generations. */
const openWith = async (createBed: CreateBed, generations: readonly number[]): Promise<Log> => {
  const log = await createBed().open();
  for (const generation of generations) await log.putPages(names.map((name) => pageOf(generation, name)));
  return log;
};

const firstsOf = async (log: Log, generation: number): Promise<readonly string[]> =>
  (await log.start()).pageKeys.filter((key) => key.generation === generation).map(({ first }) => first);

const versions = (generation: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    generation,
    key: packKey(["a"]),
    versionstamp: createVersionstamp(index + 1),
  }));
