/**
 * The logs that Node can hold: in memory, and in an IndexedDB made of JavaScript. Quick to run, and
 * no proof for a browser: log.browser.test.ts runs the same suites there.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it sets the globals that idb knows transactions and requests by
import "fake-indexeddb/auto";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { expect, test } from "vitest";
import { describeDevices } from "./log/devices-suite.ts";
import { describeIdbFaults } from "./log/idb-fault-suite.ts";
import type { LogBed } from "./log/log-bed.ts";
import { describeOracle } from "./log/oracle-suite.ts";
import { describeLog } from "./log-conformance.ts";

const createMemoryBed = (): LogBed => {
  const storage = new MemoryStorage();
  return { open: () => openMemoryLog(storage) };
};

describeLog("memory", createMemoryBed);
describeDevices("memory", createMemoryBed, 40);

let databases = 0;
const freshName = (): string => `log-${(databases += 1)}`;

const createIdbBed = (): LogBed => {
  const name = freshName();
  return { open: () => openIdbLog(name) };
};

describeLog("fake-indexeddb", createIdbBed);
describeOracle("fake-indexeddb", createIdbBed, 60);
describeDevices("fake-indexeddb", createIdbBed, 40);
describeIdbFaults("fake-indexeddb", freshName);

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("a closed log leaves no timer that would keep a program alive", async () => {
  const before = timers();
  const log = await openIdbLog(freshName());
  await log.start();
  await log.close();
  expect(timers()).toBeLessThanOrEqual(before);
});
