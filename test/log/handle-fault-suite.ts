/**
 * What becomes of calls whose handle is dead, and of a bucket that does not open: every promise
 * settles, and what can be healed is healed without a word.
 */
import { openIdbLog } from "@rockpool/log-idb";
import { describe, expect, test, vi } from "vitest";
import { deadHandleError, FaultyFactory, openFaulty, settled } from "./faulty-factory.ts";
import { appendOf, countOf, fill } from "./log-bed.ts";

export const describeDeadHandles = (freshName: () => string): void => {
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
      faults.beginError = deadHandleError();
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

export const describeOpenFaults = (freshName: () => string): void => {
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

const expectClosed = (handle: IDBDatabase): void => {
  expect(() => handle.transaction("log")).toThrow(expect.objectContaining({ name: "InvalidStateError" }));
};

const unknown = (): DOMException => new DOMException("Internal error opening backing store", "UnknownError");
