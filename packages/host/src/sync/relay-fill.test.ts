/**
 * A fill from the relay beside other tabs: what they had committed and the relay ruled is not shown twice.
 */
import { expect, test } from "vitest";
import { type CommitRecord, MemoryStorage, openMemoryLog } from "@rockpool/log";
import { type PackedKey, packKey, wholeBucket, zeroStamp } from "@rockpool/model";
import { checkpointLimits, viewOf } from "@rockpool/replica";
import { Ledger } from "../ledger.ts";
import { RelayFill } from "./relay-fill.ts";

const locks = { request: (_name: string, work: () => Promise<void>) => work() } as unknown as LockManager;
const count = packKey(["count"]);

const openTab = async (storage: MemoryStorage) => {
  const log = await openMemoryLog(storage);
  const { ledger } = await Ledger.open(log, { onRow: () => {}, onGap: () => {} }, () => 1);
  return { log, ledger };
};

const record: CommitRecord = {
  name: { host: "h", n: 1 },
  tag: "t",
  readingMs: 1,
  checks: [],
  mutations: [{ type: "sum", key: count, operand: 1n }],
  effects: [],
};

test("a commit of another tab, which this one had not heard of, is settled by its result in the fill", async () => {
  const storage = new MemoryStorage();
  const { ledger, log } = await openTab(storage);
  await ledger.append(() => ({ row: { type: "attach", replica: "r" }, result: undefined }));
  const session = {
    type: "session",
    epoch: "e1",
    scope: wholeBucket,
    clockOffsetMs: 0,
    reset: true,
  } as const;
  await ledger.append(() => ({ row: session, result: undefined }));
  const fill = new RelayFill({
    log,
    ledger,
    locks,
    database: "d",
    limits: checkpointLimits,
    readClock: () => 1,
  });
  await fill.store({ entries: [], results: [], stamp: zeroStamp });
  const other = await openTab(storage);
  await other.ledger.append(() => ({ row: { type: "commit", commits: [record] }, result: undefined }));
  await fill.store({
    entries: [{ key: count, revision: 1, value: { encoding: "u64", data: 1n } }],
    results: [
      {
        name: record.name,
        tag: "t",
        revision: 1,
        stamp: zeroStamp,
        ruling: { type: "accepted", superseded: [] },
      },
    ],
    stamp: zeroStamp,
  });
  expect(await fill.reveal(1)).toBe(true);
  const shown = await ledger.read(
    true,
    (state, pages) => viewOf(state, pages, count as PackedKey).value?.data,
  );
  expect([shown, ledger.state.pendingCount]).toEqual([1n, 0]);
});
