/**
 * What becomes of a write whose commit fails it: a code that is true, nothing of it left where that
 * is promised, and never a second run of what may have been committed.
 */
import { describe, expect, test } from "vitest";
import {
  abortAtCommit,
  abortForQuota,
  closeAfterCommit,
  openFaulty,
  quotaAtCommit,
  throwAfterCommit,
} from "./faulty-factory.ts";
import { appendOf, checkpointAt, countOf, fill, guessThen, mustBePlaced, pageOf } from "./log-bed.ts";

export const describeCommitFaults = (freshName: () => string): void => {
  describe("a commit that fails", () => {
    test.each([{}, { atLeast: 9 }])(
      "for space rejects an append with quota (%o) and leaves nothing",
      async (options) => {
        const { log, faults } = await openFaulty(freshName());
        const tail = await fill(log, 1);
        faults.commitFault = quotaAtCommit;
        const error = await log.append(tail, appendOf(2), options).catch((cause: unknown) => cause);
        expect(error).toMatchObject({
          name: "KvError",
          code: "quota",
          cause: { name: "QuotaExceededError" },
        });
        expect((await log.start()).rows.map(countOf)).toEqual([1]);
        expect(mustBePlaced(await log.append(tail, appendOf(3)))).toBe(tail + 1);
        expect(faults.handles).toHaveLength(1);
        await log.close();
      },
    );

    test("for space rejects a checkpoint with quota and leaves what was", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 2);
      const before = await log.start();
      faults.commitFault = quotaAtCommit;
      const checkpoint = checkpointAt(0, tail, { putPages: [pageOf(1, "a")] });
      await expect(log.checkpoint(checkpoint)).rejects.toMatchObject({ code: "quota" });
      expect(await log.start()).toEqual(before);
      await log.close();
    });

    test("without a reason is outcome-unknown and is not run again", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 1);
      faults.commitFault = abortAtCommit;
      await expect(log.append(tail, appendOf(2))).rejects.toMatchObject({ code: "outcome-unknown" });
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
      expect(faults.handles).toHaveLength(2);
      await log.close();
    });

    test("whose handle dies before it told is outcome-unknown, though the row stands", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 1);
      faults.commitFault = closeAfterCommit;
      await expect(log.append(tail, appendOf(2))).rejects.toMatchObject({ code: "outcome-unknown" });
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
      await log.close();
    });

    test("that throws though it was sent is not run again", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 1);
      faults.commitFault = throwAfterCommit;
      await expect(log.append(tail, appendOf(2))).rejects.toThrow("ended before its body");
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
      await log.close();
    });

    test("before it was sent tells why the browser gave up, not what that did to the requests", async () => {
      const { log, faults } = await openFaulty(freshName());
      await fill(log, 1);
      const full = guessThen(appendOf(2), () => {
        abortForQuota(faults.lastWrite);
        return appendOf(2)();
      });
      await expect(log.append(0, full)).rejects.toMatchObject({ code: "quota" });
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
      await log.close();
    });

    test("is asked for once by every write, with the durability that was asked", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 1);
      await log.append(tail, appendOf(2), { durability: "strict" });
      await log.append(0, appendOf(3), { durability: "strict", atLeast: 1 });
      await log.checkpoint(checkpointAt(0, tail));
      expect(faults.writes).toEqual([
        { durability: "relaxed", commits: 1 },
        { durability: "strict", commits: 1 },
        { durability: "strict", commits: 1 },
        { durability: "relaxed", commits: 1 },
      ]);
      await log.close();
    });
  });
};
