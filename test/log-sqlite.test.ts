/**
 * The log in an SQLite file: the suite of every log, against the oracle too, and the store on top of it
 * as it runs on the others.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteLog } from "@rockpool/log-sqlite";
import { afterAll } from "vitest";
import { describeDevices } from "./log/devices-suite.ts";
import type { LogBed } from "./log/log-bed.ts";
import { describeOracle } from "./log/oracle-suite.ts";
import { describeLog } from "./log-conformance.ts";
import { describeStoreModel } from "./store-model-suite.ts";
import { describeTwoHosts } from "./two-hosts-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "rockpool-log-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const freshFile = (): string => join(folder, `${(files += 1)}.sqlite`);

const createBed = (): LogBed => {
  const file = freshFile();
  return { open: () => openSqliteLog(file), guesses: false };
};

const createStoreBed = (): { openLog: LogBed["open"] } => ({ openLog: createBed().open });

describeLog("SQLite", createBed);
describeOracle("SQLite", createBed, 100);
describeDevices("SQLite", createBed, 60);
describeStoreModel("SQLite", createStoreBed, { runs: 40, commandsMax: 50, runMsMax: 10_000 });
describeTwoHosts("SQLite", createStoreBed, [
  { commits: 3000, hasRelay: false },
  { commits: 300, hasRelay: true },
]);
