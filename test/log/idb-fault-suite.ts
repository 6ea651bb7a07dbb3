/**
 * What becomes of a call when IndexedDB fails it: every promise settles, with a code that is true.
 * Faults are planted in a real database, or made by hand: a closed handle, a deletion, a newer version.
 */
import { openIdbLog } from "@rockpool/log-idb";
import type { IdbLogOptions } from "@rockpool/log-idb";
import type { Log } from "@rockpool/log";
import { describe, expect, test, vi } from "vitest";
import {
  abortAtCommit,
  abortForQuota,
  closeAfterCommit,
  FaultyFactory,
  quotaAtCommit,
  settled,
  throwAfterCommit,
} from "./faulty-factory.ts";
import {
  appendMissed,
  appendOf,
  checkpointAt,
  countOf,
  fill,
  guessThen,
  mustBePlaced,
  pageOf,
} from "./log-bed.ts";

export const describeIdbFaults = (name: string, freshName: () => string): void => {
  describe(`log faults: ${name}`, () => {
    describeCommitFaults(freshName);
    describeWrongGuesses(freshName);
    describeDeadHandles(freshName);
    describeOpenFaults(freshName);
  });
};

const openFaulty = async (
  databaseName: string,
  options: IdbLogOptions = {},
): Promise<{ readonly log: Log; readonly faults: FaultyFactory }> => {
  const faults = new FaultyFactory();
  return { faults, log: await openIdbLog(databaseName, { indexedDB: faults.factory, ...options }) };
};

const dead = (): DOMException => new DOMException("The database connection is closing.", "InvalidStateError");

const expectClosed = (handle: IDBDatabase): void => {
  expect(() => handle.transaction("log")).toThrow(expect.objectContaining({ name: "InvalidStateError" }));
};

const unknown = (): DOMException => new DOMException("Internal error opening backing store", "UnknownError");

const describeCommitFaults = (freshName: () => string): void => {
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

/** A log of two rows, and a void one after them: the host of it died before it could decide again. */
const createVoidRow = async (databaseName: string): Promise<Log> => {
  const log = await openIdbLog(databaseName);
  const tail = await fill(log, 2);
  const { log: late, faults } = await openFaulty(databaseName);
  faults.commitFault = ({ go }) => {
    go();
    faults.beginError = dead();
  };
  await expect(late.append(tail - 1, appendOf(9))).rejects.toMatchObject({ code: "outcome-unknown" });
  await late.close();
  return log;
};

const describeWrongGuesses = (freshName: () => string): void => {
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

const describeDeadHandles = (freshName: () => string): void => {
  describe("a dead handle", () => {
    test("is replaced by another, and the calls that met it are answered once", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 1);
      faults.lastHandle.close();
      const [appended, read] = await Promise.all([log.append(tail, appendOf(2)), log.read(0, [])]);
      expect([appended.decision, read.missed.length]).toEqual(["row", 2]);
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
      expect(faults.handles).toHaveLength(2);
      await log.close();
    });

    test("that is closed behind an append in flight lets it end", async () => {
      const { log, faults } = await openFaulty(freshName());
      const appending = log.append(0, appendOf(1));
      // The transaction begins a few microtasks after the call.
      for (let i = 0; i < 20; i++) await Promise.resolve();
      faults.lastHandle.close();
      await expect(appending).resolves.toMatchObject({ decision: "row" });
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
      await log.close();
    });

    test("time and again is lost-connection, after three attempts to open in all", async () => {
      const { log, faults } = await openFaulty(freshName());
      await fill(log, 1);
      faults.beginError = dead();
      for (let call = 0; call < 4; call++) {
        const failed = { name: "KvError", code: "lost-connection" };
        await expect(log.append(0, appendOf(2))).rejects.toMatchObject(failed);
        await expect(log.start()).rejects.toMatchObject(failed);
      }
      expect(faults.handles).toHaveLength(1 + 3);
      await log.close();
    });

    test("that cannot be replaced now may be later", async () => {
      const { log, faults } = await openFaulty(freshName());
      faults.lastHandle.close();
      faults.openErrors.push(new DOMException("", "SecurityError"));
      await expect(log.start()).rejects.toMatchObject({ code: "unavailable" });
      expect((await log.start()).rows).toEqual([]);
      await log.close();
    });

    test("is what close leaves", async () => {
      const { log, faults } = await openFaulty(freshName());
      await log.close();
      expectClosed(faults.lastHandle);
    });

    test("now and then is replaced for ever, as long as calls end well in between", async () => {
      const { log, faults } = await openFaulty(freshName());
      for (let call = 0; call < 10; call++) {
        faults.lastHandle.close();
        expect((await log.start()).rows).toEqual([]);
      }
      expect(faults.handles).toHaveLength(11);
      await log.close();
    });

    test("of a deleted bucket is lost-connection for good, and the bucket is not made again by it", async () => {
      const databaseName = freshName();
      const { log } = await openFaulty(databaseName);
      await fill(log, 2);
      await settled(indexedDB.deleteDatabase(databaseName));
      await expect(log.append(2, appendOf(3))).rejects.toMatchObject({ code: "lost-connection" });
      expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(databaseName);
      await using other = await openIdbLog(databaseName);
      await fill(other, 1);
      await expect(log.read(0, [])).rejects.toMatchObject({ code: "lost-connection" });
      await expect(log.append(0, appendOf(3))).rejects.toMatchObject({ code: "lost-connection" });
      expect((await other.start()).rows.map(countOf)).toEqual([1]);
      await log.close();
    });

    test("makes way for a newer version of the database, which is then refused as newer-format", async () => {
      const databaseName = freshName();
      const { log } = await openFaulty(databaseName);
      const newer = await settled(indexedDB.open(databaseName, 2));
      await expect(log.append(0, appendOf(1))).rejects.toMatchObject({ code: "newer-format" });
      await expect(openIdbLog(databaseName)).rejects.toMatchObject({ code: "newer-format" });
      newer.close();
      await log.close();
    });
  });
};

const describeOpenFaults = (freshName: () => string): void => {
  describe("opening", () => {
    test("is tried three times when IndexedDB cannot say why it failed", async () => {
      const faults = new FaultyFactory();
      faults.openErrors.push(unknown(), unknown());
      const options = { indexedDB: faults.factory };
      await using log = await openIdbLog(freshName(), options);
      expect((await log.start()).rows).toEqual([]);
      faults.openErrors.push(unknown(), unknown(), unknown());
      const error = await openIdbLog(freshName(), options).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: "unavailable", cause: { name: "UnknownError" } });
      expect(faults.openErrors).toEqual([]);
    });

    test.each([
      ["SecurityError", "unavailable"],
      ["QuotaExceededError", "quota"],
      ["VersionError", "newer-format"],
    ])("that meets a %s is %s at once", async (name, code) => {
      const faults = new FaultyFactory();
      faults.openErrors.push(new DOMException("", name), new DOMException("", name));
      await expect(openIdbLog(freshName(), { indexedDB: faults.factory })).rejects.toMatchObject({ code });
      expect(faults.openErrors).toHaveLength(1);
    });

    test("that waits without an event is unavailable in time, and what opens late is closed", async () => {
      const databaseName = freshName();
      const holder = await settled(indexedDB.open(databaseName));
      const deleting = settled(indexedDB.deleteDatabase(databaseName));
      const faults = new FaultyFactory();
      const opening = openIdbLog(databaseName, { indexedDB: faults.factory, openMsMax: 60 });
      await expect(opening).rejects.toMatchObject({ code: "unavailable", cause: { name: "TimeoutError" } });
      holder.close();
      await deleting;
      await vi.waitFor(() => expectClosed(faults.lastHandle));
      await settled(indexedDB.deleteDatabase(databaseName));
    });

    test("a database of something else is corrupt, and is let be", async () => {
      const databaseName = freshName();
      const request = indexedDB.open(databaseName, 1);
      request.addEventListener("upgradeneeded", () => request.result.createObjectStore("theirs"));
      (await settled(request)).close();
      await expect(openIdbLog(databaseName)).rejects.toMatchObject({ code: "corrupt" });
      const theirs = await settled(indexedDB.open(databaseName));
      expect([...theirs.objectStoreNames]).toEqual(["theirs"]);
      theirs.close();
    });
  });
};
