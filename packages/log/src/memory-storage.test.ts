/**
 * The storage in memory does what tests ask of it: transactions in order, faults at three points, and
 * images that outlive what came after. The contract of a log on it is checked by test/log.test.ts.
 */
import { expect, test } from "vitest";
import type { Decision } from "./log.ts";
import { openMemoryLog } from "./memory-log.ts";
import { emptyImage, MemoryStorage } from "./memory-storage.ts";

const pause = (paused: boolean) => (): Decision => ({ type: "row", row: { type: "pause", paused } });
const failure = (): Error => new Error("planted");

test("a transaction waits for all before it, however long their turns take", async () => {
  const turns = [30, 1, 10, 1];
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, turns.shift() ?? 0));
  const storage = new MemoryStorage({ turn });
  const ended: number[] = [];
  await Promise.all(
    [1, 2, 3, 4].map((call) =>
      storage.transact((image) => ({ image: { ...image, nextPosition: call }, result: ended.push(call) })),
    ),
  );
  expect(ended).toEqual([1, 2, 3, 4]);
  expect(storage.image.nextPosition).toBe(4);
});

test("a transaction takes a turn of the event loop at least", async () => {
  const storage = new MemoryStorage();
  let isDone = false;
  const transaction = storage.transact(() => ({ result: undefined })).then(() => (isDone = true));
  for (let i = 0; i < 100; i++) await Promise.resolve();
  expect(isDone).toBe(false);
  await transaction;
});

test.each([
  ["before", 0, false],
  ["commit", 1, false],
  ["after", 1, true],
] as const)("a fault %s lets the body run %i times, and the row stand: %s", async (when, runs, isKept) => {
  const storage = new MemoryStorage();
  await using log = await openMemoryLog(storage);
  await log.append(0, pause(true));
  storage.failNextTransaction(failure(), when);
  let decided = 0;
  const decide = (): Decision => {
    decided += 1;
    return pause(false)();
  };
  await expect(log.append(0, decide)).rejects.toThrow("planted");
  // The first time was the guess, before the transaction.
  expect(decided - 1).toBe(runs);
  expect((await log.start()).rows.length).toBe(isKept ? 2 : 1);
});

test("faults hit one transaction each, in the order planted", async () => {
  const storage = new MemoryStorage();
  await using log = await openMemoryLog(storage);
  storage.failNextTransaction(new Error("first"), "before");
  storage.failNextTransaction(new Error("second"), "before");
  await expect(log.start()).rejects.toThrow("first");
  await expect(log.start()).rejects.toThrow("second");
  expect((await log.start()).rows).toEqual([]);
});

test("an image put back takes what came after it away, positions included", async () => {
  const storage = new MemoryStorage();
  await using log = await openMemoryLog(storage);
  const { position } = await log.append(0, pause(true));
  const { image } = storage;
  await log.append(position ?? 0, pause(false));
  storage.restore(image);
  expect((await log.start()).rows).toEqual([{ type: "pause", paused: true, position }]);
  expect((await log.append(position ?? 0, pause(true))).position).toBe((position ?? 0) + 1);
  storage.restore(emptyImage);
  expect((await log.start()).rows).toEqual([]);
});

test("a clone goes its own way", async () => {
  const storage = new MemoryStorage();
  await using log = await openMemoryLog(storage);
  await log.append(0, pause(true));
  await using cloned = await openMemoryLog(new MemoryStorage({ image: storage.image }));
  await cloned.append(1, pause(false));
  expect([(await log.start()).rows.length, (await cloned.start()).rows.length]).toEqual([1, 2]);
});
