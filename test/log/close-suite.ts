/**
 * The conformance of `close`: what is in flight settles first, what comes later is refused, and
 * other hosts notice nothing.
 */
import { describe, expect, test } from "vitest";
import { appendOf, checkpointAt, countOf } from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

export const describeClose = (createBed: CreateBed): void => {
  describe("close", () => {
    test("lets calls in flight settle first", async () => {
      const bed = createBed();
      const log = await bed.open();
      const ended: string[] = [];
      const appending = log.append(0, appendOf(1)).then(() => ended.push("append"));
      const reading = log.read(0, []).then(() => ended.push("read"));
      await log.close().then(() => ended.push("close"));
      await Promise.all([appending, reading]);
      expect(ended).toEqual(["append", "read", "close"]);
      await using again = await bed.open();
      expect((await again.start()).rows.map(countOf)).toEqual([1]);
    });

    test("refuses every call after it, and leaves other hosts alone", async () => {
      const bed = createBed();
      const log = await bed.open();
      await using other = await bed.open();
      await log.close();
      const closed = { name: "KvError", code: "closed" };
      await expect(log.start()).rejects.toMatchObject(closed);
      await expect(log.append(0, appendOf(1))).rejects.toMatchObject(closed);
      await expect(log.append(0, appendOf(1), { atLeast: 5 })).rejects.toMatchObject(closed);
      await expect(log.read(0, [])).rejects.toMatchObject(closed);
      await expect(log.checkpoint(checkpointAt(0, 1))).rejects.toMatchObject(closed);
      expect((await other.start()).rows).toEqual([]);
    });

    test("is harmless a second time, while the first one waits too", async () => {
      const bed = createBed();
      const log = await bed.open();
      const appending = log.append(0, appendOf(1));
      await Promise.all([log.close(), log.close()]);
      await expect(appending).resolves.toMatchObject({ decision: "row" });
      await log.close();
    });
  });
};
