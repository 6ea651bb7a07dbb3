/**
 * What becomes of a wrong guess whose host dies before it could decide again: the void row is seen by
 * nobody, whatever is done beside it.
 */
import type { Log } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { describe, expect, test } from "vitest";
import { deadHandleError, openFaulty } from "./faulty-factory.ts";
import { appendMissed, appendOf, checkpointAt, countOf, fill } from "./log-bed.ts";

export const describeWrongGuesses = (freshName: () => string): void => {
  describe("a wrong guess that was left behind", () => {
    test("makes the next right one look wrong, which is settled without asking again", async () => {
      await using log = await createVoidRow(freshName());
      const [, second] = (await log.start()).rows;
      const asked: number[] = [];
      const { missed, position } = await log.append(second?.position ?? 0, (missed) => {
        asked.push(missed.length);
        return appendOf(3)();
      });
      expect([missed, asked]).toEqual([[], [0]]);
      expect(position).toBe((second?.position ?? 0) + 2);
    });

    test("keeps its position, also from a row that asks for one", async () => {
      await using log = await createVoidRow(freshName());
      const [, second] = (await log.start()).rows.map(({ position }) => position);
      const appended = await log.append(second ?? 0, appendOf(3), { atLeast: 1 });
      expect([appended.position, appended.missed]).toEqual([(second ?? 0) + 2, []]);
    });

    test("is seen by nobody", async () => {
      await using log = await createVoidRow(freshName());
      const [first, second] = (await log.start()).rows.map(({ position }) => position);
      await log.append(second ?? 0, appendOf(3));
      const { rows } = await log.start();
      expect(rows.map(countOf)).toEqual([1, 2, 3]);
      expect((await log.read(0, [])).missed).toEqual(rows);
      expect((await log.read(second ?? 0, [])).missed.map(countOf)).toEqual([3]);
      const { missed } = await log.append(first ?? 0, appendMissed(10));
      expect(missed.map(countOf)).toEqual([2, 3]);
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2, 3, 12]);
    });

    test("is no row to a host whose tail is gone by a checkpoint beside it", async () => {
      await using log = await createVoidRow(freshName());
      const [, second] = (await log.start()).rows.map(({ position }) => position);
      await log.append(second ?? 0, appendOf(3));
      await log.checkpoint(checkpointAt(0, second ?? 0));
      expect((await log.start()).rows.map(countOf)).toEqual([3, "checkpoint"]);
      // A tail further back than that of the void row is the one that could take it for the first row.
      for (const tail of [0, 1, second ?? 0]) {
        expect((await log.read(tail, [])).missed.map(countOf)).toEqual([3, "checkpoint"]);
      }
      const { missed } = await log.append(0, appendMissed(10));
      expect(missed.map(countOf)).toEqual([3, "checkpoint"]);
      expect((await log.start()).rows.map(countOf)).toEqual([3, "checkpoint", 12]);
    });

    test("is no row either when the checkpoint leaves it as the last one", async () => {
      await using log = await createVoidRow(freshName());
      const [, second] = (await log.start()).rows.map(({ position }) => position);
      await log.checkpoint(checkpointAt(0, second ?? 0));
      expect((await log.read(0, [])).missed.map(countOf)).toEqual(["checkpoint"]);
      expect((await log.start()).rows.map(countOf)).toEqual(["checkpoint"]);
    });
  });
};

/** A log of two rows, and a void one after them: the host of it died before it could decide again. */
const createVoidRow = async (databaseName: string): Promise<Log> => {
  const log = await openIdbLog(databaseName);
  const tail = await fill(log, 2);
  const { log: late, faults } = await openFaulty(databaseName);
  faults.commitFault = ({ go }) => {
    go();
    faults.beginError = deadHandleError();
  };
  await expect(late.append(tail - 1, appendOf(9))).rejects.toMatchObject({ code: "outcome-unknown" });
  await late.close();
  return log;
};
