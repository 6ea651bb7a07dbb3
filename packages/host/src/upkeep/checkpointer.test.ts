/**
 * Checkpoints begin when the tail is long, and end when it is short, also while others write.
 */
import { beforeEach, expect, test } from "vitest";
import { type Log, MemoryStorage, openMemoryLog, type Row } from "@rockpool/log";
import { packKey } from "@rockpool/model";
import { Checkpointer } from "./checkpointer.ts";
import type { Ledger } from "../ledger.ts";

const limits = { rowsMax: 4, pagesMax: 64, pageEntries: 64, pageBytes: 16_384 };

let storage: MemoryStorage;
let log: Log;
let checkpoints: number;
/** Looks at the whole log. */
let starts: number;
let timers: (() => void)[];
/** What happens right before each checkpoint. */
let meanwhile: () => Promise<void>;

const append = async (name: string): Promise<void> => {
  const tail = storage.image.rows.at(-1)?.position ?? 0;
  const value = { encoding: "json", data: "1" } as const;
  const commit = { name: { host: "h", n: 1 }, tag: "t", readingMs: 0, checks: [], mutations: [] };
  const row: Row = { type: "commit", commits: [{ ...commit, effects: [{ key: packKey([name]), value }] }] };
  await log.append(tail, () => ({ type: "row", row }));
};

const create = (): Checkpointer =>
  new Checkpointer({
    log: {
      ...log,
      start: (...given) => {
        starts++;
        return log.start(...given);
      },
      read: (tail, ranges) => log.read(tail, ranges),
      checkpoint: async (checkpoint) => {
        checkpoints++;
        await meanwhile();
        return log.checkpoint(checkpoint);
      },
    } as Log,
    ledger: { restart: async () => {}, knownPages: { checkpoint: 0, pageKeys: [] } } as unknown as Ledger,
    environment: {
      now: () => 0,
      setTimer: (callback) => {
        timers.push(callback);
        return () => (timers = timers.filter((timer) => timer !== callback));
      },
    },
    limits,
    tailEntries: 40,
    tailBytes: 1e6,
    onFailure: (error) => {
      throw error;
    },
    onRecovery: () => {},
  });

beforeEach(async () => {
  storage = new MemoryStorage();
  log = await openMemoryLog(storage);
  checkpoints = 0;
  starts = 0;
  timers = [];
  meanwhile = async () => {};
});

test("they go on until little is left", async () => {
  for (let n = 0; n < 100; n++) await append(`k${n}`);
  await create().run();
  expect(storage.image.rows.filter(({ type }) => type === "commit").length).toBeLessThan(10);
});

test("they end though another host writes as fast as they move", async () => {
  for (let n = 0; n < 20; n++) await append(`k${n}`);
  let written = 0;
  meanwhile = async () => {
    if (written++ < 300) await append(`more${written}`);
  };
  await create().run();
  expect(checkpoints).toBeLessThan(20);
});

test("a tail that cannot be moved yet is not looked at again with every row", async () => {
  const patch = { from: 0, to: 1, head: 9, upToDate: false, entries: [], results: [], stamp: "" } as never;
  const row: Row = { type: "patch", epoch: "e", scope: [], patch, changed: [], hidden: [], readingMs: 0 };
  await log.append(0, () => ({ type: "row", row }));
  for (let n = 0; n < 100; n++) await append(`k${n}`);
  const checkpointer = create();
  await checkpointer.run();
  await append("next");
  for (const next of storage.image.rows.slice(-1)) checkpointer.onRow(next);
  expect([starts, checkpoints, timers.length]).toEqual([1, 0, 0]);
});

test("one is made at once when asked for, and none of nothing", async () => {
  await create().run();
  expect(checkpoints).toBe(0);
  await append("k");
  await create().run();
  expect(checkpoints).toBe(1);
  expect(storage.image.pages.size).toBe(1);
});

test("a long tail is moved when the host is idle, a very long one at once", async () => {
  const checkpointer = create();
  for (let n = 0; n < 100; n++) await append(`k${n}`);
  const { rows } = storage.image;
  for (const row of rows.slice(0, 19)) checkpointer.onRow(row);
  expect(timers).toHaveLength(0);
  for (const row of rows.slice(19, 25)) checkpointer.onRow(row);
  expect(timers).toHaveLength(1);
  expect(checkpoints).toBe(0);
  for (const row of rows.slice(25)) checkpointer.onRow(row);
  await checkpointer.run();
  expect(checkpoints).toBeGreaterThan(0);
});
