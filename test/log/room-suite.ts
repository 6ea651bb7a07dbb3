/**
 * The conformance of making room: what may be given up is gone at once and whole, and nothing else is.
 */
import { packKey } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { checkpointAt, fill, pageOf, versionOf } from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

export const describeRoom = (createBed: CreateBed): void => {
  describe("making room", () => {
    test("gives up the older versions of all keys and generations, once, and leaves all else", async () => {
      await using log = await createBed().open();
      await fill(log, 2);
      const putVersions = [versionOf(1, "a", 1), versionOf(1, "b", 2), versionOf(2, "a", 1)];
      await log.checkpoint(checkpointAt(0, 0, { putPages: [pageOf(1, "a")], putVersions }));
      const before = await log.start();
      expect(await log.giveUp("versions")).toBe(true);
      const asked = [1, 2].flatMap((generation) =>
        ["a", "b"].map((key) => ({ generation, key: packKey([key]) })),
      );
      expect((await log.read(0, [], asked)).versions).toEqual([[], [], [], []]);
      expect(await log.start()).toEqual(before);
      expect(await log.giveUp("versions")).toBe(false);
    });

    test("has a reserve to give up when one is kept, and another one later", async () => {
      const bed = createBed();
      await using log = await bed.open();
      await using other = await bed.open();
      await fill(log, 1);
      const before = await log.start();
      expect(await log.giveUp("reserve")).toBe(false);
      for (let time = 0; time < 2; time++) {
        await log.keepReserve(1_000_000);
        await other.keepReserve(1_000_000);
        expect(await log.start()).toEqual(before);
        expect(await other.giveUp("reserve")).toBe(true);
        expect(await log.giveUp("reserve")).toBe(false);
      }
    });
  });
};
