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

    test("of a deleted bucket is destroyed for good, and the bucket is not made again by it", async () => {
      const databaseName = freshName();
      const { log } = await openFaulty(databaseName);
      await fill(log, 2);
      await settled(indexedDB.deleteDatabase(databaseName));
      await expect(log.append(2, appendOf(3))).rejects.toMatchObject({ code: "destroyed" });
      // WebKit goes on listing a database whose making was aborted, as one of version 0, which is none.
      const databases = (await indexedDB.databases()).filter(({ version }) => version !== 0);
      expect(databases.map(({ name }) => name)).not.toContain(databaseName);
      await using other = await openIdbLog(databaseName);
      await fill(other, 1);
      await expect(log.read(0, [])).rejects.toMatchObject({ code: "destroyed" });
      await expect(log.append(0, appendOf(3))).rejects.toMatchObject({ code: "destroyed" });
      expect((await other.start()).rows.map(countOf)).toEqual([1]);
      await log.close();
    });

    test("whose database is another one in its place was evicted, which is told once and for good", async () => {
      const databaseName = freshName();
      const faults = new FaultyFactory();
      const told: unknown[] = [];
      const options = { indexedDB: faults.factory, onEnd: (error: unknown) => told.push(error) };
      await using log = await openIdbLog(databaseName, options);
      await fill(log, 2);
      // As when a browser deletes the site's data: no versionchange comes, the handle is closed.
      faults.lastHandle.close();
      await settled(indexedDB.deleteDatabase(databaseName));
      await using other = await openIdbLog(databaseName);
      await fill(other, 1);
      for (let call = 0; call < 5; call++) {
        await expect(log.append(2, appendOf(3))).rejects.toMatchObject({ code: "evicted" });
        await expect(log.start()).rejects.toMatchObject({ code: "evicted" });
      }
      expect(told).toMatchObject([{ code: "evicted" }]);
      expect((await other.start()).rows.map(countOf)).toEqual([1]);
    });

    test("whose database is gone was evicted, as is told though nobody calls, and it is not made again", async () => {
      const databaseName = freshName();
      const faults = new FaultyFactory();
      const { promise: ended, resolve: onEnd } = Promise.withResolvers<unknown>();
      await using log = await openIdbLog(databaseName, { indexedDB: faults.factory, onEnd });
      await fill(log, 2);
      faults.lastHandle.close();
      await settled(indexedDB.deleteDatabase(databaseName));
      faults.tellClosed();
      expect(await ended).toMatchObject({ code: "evicted" });
      const databases = (await indexedDB.databases()).filter(({ version }) => version !== 0);
      expect(databases.map(({ name }) => name)).not.toContain(databaseName);
      await expect(log.append(2, appendOf(3))).rejects.toMatchObject({ code: "evicted" });
    });

    test("that the browser closed is replaced though nobody calls, and then nothing is told", async () => {
      const faults = new FaultyFactory();
      const told: unknown[] = [];
      const options = { indexedDB: faults.factory, onEnd: (error: unknown) => told.push(error) };
      await using log = await openIdbLog(freshName(), options);
      await fill(log, 2);
      faults.lastHandle.close();
      faults.tellClosed();
      await vi.waitFor(() => expect(faults.handles).toHaveLength(2));
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
      expect([faults.handles.length, told]).toEqual([2, []]);
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

export const describeRest = (freshName: () => string): void => {
  describe("a log that rests", () => {
    test("lets what is under way end, closes its handle, and begins nothing until it is woken", async () => {
      const { log, faults } = await openFaulty(freshName());
      const tail = await fill(log, 1);
      const underWay = log.append(tail, appendOf(2));
      await vi.waitFor(() => expect(faults.writes).toHaveLength(2));
      log.rest();
      log.rest();
      await expect(underWay).resolves.toMatchObject({ decision: "row" });
      expectClosed(faults.lastHandle);
      const waiting = Promise.all([log.append(tail + 1, appendOf(3)), log.read(tail + 1, [])]);
      // A transaction of another log, from its beginning to its end.
      await using other = await openIdbLog(freshName());
      await fill(other, 1);
      expect([faults.handles.length, faults.writes.length]).toEqual([1, 2]);
      log.wake();
      log.wake();
      await waiting;
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2, 3]);
      expect(faults.handles).toHaveLength(2);
      await log.close();
    });

    test("refuses with closed what waits, when it is closed", async () => {
      const { log, faults } = await openFaulty(freshName());
      log.rest();
      const waiting = log.append(0, appendOf(1)).catch((cause: unknown) => cause);
      await log.close();
      expect(await waiting).toMatchObject({ code: "closed" });
      log.wake();
      await expect(log.start()).rejects.toMatchObject({ code: "closed" });
      expect(faults.handles).toHaveLength(1);
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

    test("that waits without an event is stalled in time, and what opens late is closed", async () => {
      const databaseName = freshName();
      const holder = await settled(indexedDB.open(databaseName));
      const deleting = settled(indexedDB.deleteDatabase(databaseName));
      const faults = new FaultyFactory();
      const opening = openIdbLog(databaseName, { indexedDB: faults.factory, openMsMax: 60 });
      await expect(opening).rejects.toMatchObject({ code: "stalled", cause: { name: "TimeoutError" } });
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
