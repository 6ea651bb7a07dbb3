/**
 * The conformance of what lies beside the pages: older versions of keys; and of the pages that
 * somebody looks for by time.
 */
import type { Log, Page, Version } from "@rockpool/log";
import { createVersionstamp, packKey } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { checkpointAt, fill, pageOf, versionOf } from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

export const describeVersions = (createBed: CreateBed): void => {
  describe("older versions", () => {
    test("are read by key and generation, ascending by versionstamp, in the order asked", async () => {
      await using log = await createBed().open();
      const put = [
        versionOf(1, "b", 10),
        versionOf(1, "a", 3),
        versionOf(2, "a", 1),
        versionOf(1, "a", 2),
        versionOf(1, "aa", 1),
        versionOf(1, "a", 16),
      ];
      await log.checkpoint(checkpointAt(0, 0, { putVersions: put }));
      const asked = [keyOf(1, "b"), keyOf(1, "a"), keyOf(1, "none"), keyOf(2, "a"), keyOf(3, "a")];
      expect((await log.read(0, [], asked)).versions).toEqual([
        [versionOf(1, "b", 10)],
        [versionOf(1, "a", 2), versionOf(1, "a", 3), versionOf(1, "a", 16)],
        [],
        [versionOf(2, "a", 1)],
        [],
      ]);
      expect((await log.read(0, [])).versions).toEqual([]);
    });

    test("come with rows and pages from one transaction", async () => {
      await using log = await createBed().open();
      await fill(log, 2);
      await log.checkpoint(
        checkpointAt(0, 0, { putPages: [pageOf(1, "a")], putVersions: [versionOf(1, "a", 1)] }),
      );
      const range = { generation: 1, from: packKey(["a"]), to: packKey(["a"]) };
      const { missed, pages, versions } = await log.read(0, [range], [keyOf(1, "a")]);
      expect([missed.length, pages, versions]).toEqual([3, [[pageOf(1, "a")]], [[versionOf(1, "a", 1)]]]);
    });

    test("are trimmed to the latest, those of the same checkpoint included", async () => {
      await using log = await createBed().open();
      const put = [1, 2, 3].flatMap((count) => [versionOf(1, "a", count), versionOf(1, "b", count)]);
      await log.checkpoint(checkpointAt(0, 0, { putVersions: [...put, versionOf(2, "a", 1)] }));
      await log.checkpoint(
        checkpointAt(0, 0, {
          putVersions: [versionOf(1, "a", 4)],
          trimVersions: [
            { ...keyOf(1, "a"), keep: 2 },
            { ...keyOf(1, "none"), keep: 0 },
          ],
        }),
      );
      expect(await countsOf(log, "a")).toEqual([3, 4]);
      expect(await countsOf(log, "b")).toEqual([1, 2, 3]);
      expect(await countsOf(log, "a", 2)).toEqual([1]);
      await log.checkpoint(checkpointAt(0, 0, { trimVersions: [{ ...keyOf(1, "a"), keep: 2 }] }));
      expect(await countsOf(log, "a")).toEqual([3, 4]);
      await log.checkpoint(checkpointAt(0, 0, { trimVersions: [{ ...keyOf(1, "a"), keep: 0 }] }));
      expect([await countsOf(log, "a"), await countsOf(log, "b")]).toEqual([[], [1, 2, 3]]);
    });

    test("are replaced by one of the same versionstamp, and stay as they were when a checkpoint loses", async () => {
      await using log = await createBed().open();
      const c = await fill(log, 1);
      await log.checkpoint(checkpointAt(0, c, { putVersions: [versionOf(1, "a", 1)] }));
      const deleted: Version = { ...keyOf(1, "a"), versionstamp: createVersionstamp(1) };
      await log.checkpoint(checkpointAt(c, c, { putVersions: [deleted] }));
      expect((await log.read(0, [], [keyOf(1, "a")])).versions).toEqual([[deleted]]);
      const late = {
        putVersions: [versionOf(1, "a", 2)],
        trimVersions: [{ ...keyOf(1, "a"), keep: 0 }],
      };
      expect(await log.checkpoint(checkpointAt(0, c, late))).toBe(false);
      expect((await log.read(0, [], [keyOf(1, "a")])).versions).toEqual([[deleted]]);
    });
  });
};

export const describePagesByTime = (createBed: CreateBed): void => {
  describe("pages by time", () => {
    test("are those of the generation in which something ends first, at most as many as asked", async () => {
      await using log = await createBed().open();
      await log.putPages([
        ending(1, "a", 30),
        ending(1, "b", 10),
        pageOf(1, "c"),
        ending(1, "d", 20),
        ending(2, "e", 5),
      ]);
      expect(await log.pagesByExpiry(1, 2)).toEqual([ending(1, "b", 10), ending(1, "d", 20)]);
      expect(await log.pagesByExpiry(1, 9)).toEqual([
        ending(1, "b", 10),
        ending(1, "d", 20),
        ending(1, "a", 30),
      ]);
      expect([await log.pagesByExpiry(2, 9), await log.pagesByExpiry(3, 9)]).toEqual([
        [ending(2, "e", 5)],
        [],
      ]);
    });

    test("that changed after a versionstamp are named by their first keys, ascending", async () => {
      await using log = await createBed().open();
      await log.putPages([pageOf(1, "c", 3), pageOf(1, "a", 16), pageOf(1, "b", 2), pageOf(2, "d", 9)]);
      const since = (count: number): Promise<readonly string[]> =>
        log.pagesChangedSince(1, createVersionstamp(count));
      expect(await since(0)).toEqual(["a", "b", "c"].map((name) => packKey([name])));
      expect(await since(2)).toEqual(["a", "c"].map((name) => packKey([name])));
      expect(await since(16)).toEqual([]);
    });

    test("change with what a checkpoint writes", async () => {
      await using log = await createBed().open();
      await log.checkpoint(checkpointAt(0, 0, { putPages: [ending(1, "a", 10), pageOf(1, "b", 5)] }));
      await log.checkpoint(
        checkpointAt(0, 0, { putPages: [pageOf(1, "a", 6)], deletePages: [keyFirst(1, "b")] }),
      );
      expect(await log.pagesByExpiry(1, 9)).toEqual([]);
      expect(await log.pagesChangedSince(1, createVersionstamp(4))).toEqual([packKey(["a"])]);
    });
  });
};

const keyOf = (generation: number, name: string): Pick<Version, "generation" | "key"> => ({
  generation,
  key: packKey([name]),
});

const keyFirst = (generation: number, name: string): Pick<Page, "generation" | "first"> => ({
  generation,
  first: packKey([name]),
});

const ending = (generation: number, name: string, earliestExpiry: number): Page => ({
  ...pageOf(generation, name),
  earliestExpiry,
});

/** What the versions of a key say. */
const countsOf = async (log: Log, name: string, generation = 1): Promise<readonly number[]> => {
  const [versions = []] = (await log.read(0, [], [keyOf(generation, name)])).versions;
  return versions.map(({ value }) => Number(value?.data));
};
