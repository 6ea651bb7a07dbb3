/**
 * The log in the IndexedDB of a real browser: the suite of every log, and that of its faults. What
 * only a browser can do to a log stands in log-in-browser.browser.test.ts.
 */
import { openIdbLog } from "@rockpool/log-idb";
import { describeDevices } from "./log/devices-suite.ts";
import { describeIdbFaults } from "./log/idb-fault-suite.ts";
import type { LogBed } from "./log/log-bed.ts";
import { describeOracle } from "./log/oracle-suite.ts";
import { describeLog } from "./log-conformance.ts";

const freshName = (): string => `log-${crypto.randomUUID()}`;

const createIdbBed = (): LogBed => {
  const name = freshName();
  return { open: () => openIdbLog(name) };
};

describeLog("IndexedDB", createIdbBed);
describeOracle("IndexedDB", createIdbBed, 15);
describeDevices("IndexedDB", createIdbBed, 10);
describeIdbFaults("IndexedDB", freshName);
