/**
 * A fill from the relay beside other tabs: it is shown only where it fits, and what they had committed
 * and the relay ruled is not shown twice.
 */
import { expect, test } from "vitest";
import { type CommitRecord, MemoryStorage, openMemoryLog, type Row } from "@rockpool/log";
import { packKey, type PatchEntry, wholeBucket, zeroStamp } from "@rockpool/model";
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

const sessionRow = { type: "session", epoch: "e1", scope: wholeBucket, clockOffsetMs: 0 } as const;

const patchRow = (from: number, to: number, ...entries: readonly PatchEntry[]): Row => ({
  type: "patch",
  epoch: "e1",
  scope: wholeBucket,
  patch: { from, to, head: to, upToDate: true, entries, results: [], stamp: zeroStamp },
  changed: entries.map(({ key }) => key),
  hidden: [],
  readingMs: 1,
});

/** A replica that waits for a fill, and a fill begun on it. */
const beginFill = async (storage: MemoryStorage, ...rows: readonly Row[]) => {
  const { ledger, log } = await openTab(storage);
  const append = (row: Row): Promise<unknown> => ledger.append(() => ({ row, result: undefined }));
  await append({ type: "attach", replica: "r" });
  for (const row of rows) await append(row);
  const limits = checkpointLimits;
  const fill = new RelayFill({ log, ledger, locks, database: "d", limits, readClock: () => 1 });
  await fill.store({ entries: [entry], results: [], stamp: zeroStamp });
  const view = (key = entry.key) => ledger.read(true, (state, pages) => viewOf(state, pages, key));
  const shown = async () => (await view()).value?.data;
  return { ledger, append, fill, shown, view };
};

const entry: PatchEntry = { key: count, revision: 1, value: { encoding: "u64", data: 1n } };

test.each<readonly [string, Row]>([
  ["epoch", { ...sessionRow, epoch: "e2", reset: false }],
  ["scope", { ...sessionRow, scope: [packKey(["other"])], reset: false }],
  ["received cursor", patchRow(0, 1)],
])("a fill is not shown on another %s than it began from", async (_what, row) => {
  const { append, fill, shown, ledger } = await beginFill(new MemoryStorage(), {
    ...sessionRow,
    reset: false,
  });
  await append(row);
  expect(await fill.reveal(1)).toBe(false);
  await fill.abort();
  expect([await shown(), ledger.state.building.size]).toEqual([undefined, 0]);
});

test("a commit of another tab, which this one had not heard of, is settled by its result in the fill", async () => {
  const storage = new MemoryStorage();
  const { ledger, fill, shown } = await beginFill(storage, { ...sessionRow, reset: true });
  const other = await openTab(storage);
  await other.ledger.append(() => ({ row: { type: "commit", commits: [record] }, result: undefined }));
  const ruling = { type: "accepted", superseded: [] } as const;
  const result = { name: record.name, tag: "t", revision: 1, stamp: zeroStamp, ruling };
  await fill.store({ entries: [entry], results: [result], stamp: zeroStamp });
  expect(await fill.reveal(1)).toBe(true);
  expect([await shown(), ledger.state.pendingCount]).toEqual([1n, 0]);
});

test("an entry keeps its versionstamp if it lies in the history that the relay still has", async () => {
  const early = { ...entry, key: packKey(["early"]), revision: 3 };
  const late = { ...entry, key: packKey(["late"]), revision: 5 };
  const { view, fill, ledger } = await beginFill(
    new MemoryStorage(),
    { ...sessionRow, reset: false },
    patchRow(0, 3, early),
    patchRow(3, 5, late),
    { ...sessionRow, epoch: "e2", reset: true, shared: 4 },
  );
  const [before, replaced] = [await view(early.key), await view(late.key)];
  await fill.store({ entries: [early, late], results: [], stamp: zeroStamp });
  expect(await fill.reveal(6)).toBe(true);
  expect((await view(early.key)).versionstamp).toBe(before.versionstamp);
  expect((await view(late.key)).versionstamp).toBe(ledger.state.revealed);
  expect(ledger.state.revealed > replaced.versionstamp).toBe(true);
});

test("what the relay lost, and ruled on again for a copy of this device, is settled by the fill", async () => {
  const ruling = { type: "accepted", superseded: [] } as const;
  const result = { name: record.name, tag: "t", revision: 1, stamp: zeroStamp, ruling };
  const first = patchRow(0, 1, entry) as Extract<Row, { type: "patch" }>;
  const { fill, shown, ledger } = await beginFill(
    new MemoryStorage(),
    { ...sessionRow, reset: false },
    { type: "commit", commits: [record] },
    { ...first, patch: { ...first.patch, results: [result] } },
    { ...sessionRow, epoch: "e2", reset: true, shared: 0 },
  );
  expect([await shown(), ledger.state.pendingCount]).toEqual([1n, 0]);
  await fill.store({ entries: [], results: [{ ...result, revision: 2 }], stamp: zeroStamp });
  expect(await fill.reveal(2)).toBe(true);
  expect([await shown(), ledger.state.pendingCount]).toEqual([1n, 0]);
});

test("a pending commit that cannot hold on what a fill brings is hidden", async () => {
  const check = { key: count, premise: { type: "absent" } } as const;
  const set = { type: "set", key: packKey(["k"]), value: { encoding: "u64", data: 7n } } as const;
  const { fill, view, ledger } = await beginFill(
    new MemoryStorage(),
    { ...sessionRow, reset: true },
    { type: "commit", commits: [{ ...record, checks: [check], mutations: [set] }] },
  );
  expect((await view(set.key)).value).toBeDefined();
  expect(await fill.reveal(1)).toBe(true);
  expect([(await view(set.key)).value, ledger.state.pendingCount]).toEqual([undefined, 1]);
});
