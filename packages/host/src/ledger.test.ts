/**
 * A host's state stays level with its log, whoever writes to it, and its pages stay within bounds.
 */
import { describe, expect, test } from "vitest";
import { emptyImage, MemoryStorage, openMemoryLog, type Page, type Row } from "@rockpool/log";
import {
  createVersionstamp,
  KvError,
  type PackedKey,
  type PackedRange,
  packKey,
  zeroStamp,
} from "@rockpool/model";
import { isPresent, listEntries, type Pages, type ReplicaState, viewOf } from "@rockpool/replica";
import { Ledger, type LedgerListener, type Verdict } from "./ledger.ts";

const key = (name: string | number): PackedKey => packKey([name]);
const everything: PackedRange = {
  start: "" as PackedKey,
  end: "\u00ff" as PackedKey,
  common: "" as PackedKey,
};

const commitRow = (name: string, n = 1): Row => ({
  type: "commit",
  commits: [
    {
      name: { host: "h", n },
      tag: "t",
      readingMs: 0,
      checks: [],
      mutations: [],
      effects: [{ key: key(name), value: { encoding: "json", data: "1" } }],
    },
  ],
});

const verdict =
  (row: Row | undefined): (() => Verdict<undefined>) =>
  () => ({ row, result: undefined });

/** Notes what a ledger tells of. */
class Heard implements LedgerListener {
  readonly positions: number[] = [];
  readonly gaps: string[] = [];

  onRow({ position }: { readonly position: number }): void {
    this.positions.push(position);
  }

  onGap(since: string): void {
    this.gaps.push(since);
  }
}

const openLedger = async (storage: MemoryStorage, heard: Heard = new Heard()): Promise<Ledger> =>
  (await Ledger.open(await openMemoryLog(storage), heard, () => 1)).ledger;

/** A storage of `count` pages of one key each, with values of so many digits or without. */
const storageOfPages = (count: number, isDeleted: boolean, digits = 1): MemoryStorage => {
  const pages = new Map<string, Page>();
  for (let index = 0; index < count; index++) {
    const first = index === 0 ? ("" as PackedKey) : key(index);
    const versionstamp = createVersionstamp(1);
    const value = { encoding: "json", data: "1".repeat(digits) } as const;
    const entry = { key: key(index), versionstamp, ...(isDeleted ? {} : { value }) };
    pages.set(`1/${first}`, { generation: 1, first, entries: [entry], latest: versionstamp });
  }
  const meta = {
    format: 1,
    checkpoint: 1,
    ranges: [{ first: "" as PackedKey, generation: 1 }],
    replica: null,
    stamp: zeroStamp,
    session: { epoch: null, cursor: 0, scope: [""], followed: [""], clockOffsetMs: 0, paused: false },
  };
  return new MemoryStorage({ image: { ...emptyImage, pages, meta: meta as never, nextPosition: 2 } });
};

const listFrom =
  (from: number, limit: number, reverse = false) =>
  (state: ReplicaState, pages: Pages): readonly unknown[] =>
    listEntries(state, pages, { ...everything, start: key(from) }, limit, reverse, (view) =>
      isPresent(view, 0),
    );

describe("pages", () => {
  test("more of them than are kept in memory can be read at once, whatever was read before", async () => {
    const ledger = await openLedger(storageOfPages(3200, false));
    const all = Number.POSITIVE_INFINITY;
    expect(await ledger.read(true, listFrom(1200, all))).toHaveLength(2000);
    expect(await ledger.read(true, listFrom(700, all))).toHaveLength(2500);
    expect(await ledger.read(true, listFrom(0, all))).toHaveLength(3200);
  });

  test("of large entries are kept as far as their bytes allow", async () => {
    const log = await openMemoryLog(storageOfPages(100, false, 2 ** 20));
    let looks = 0;
    const counting = new Proxy(log, {
      get: (_, name) => {
        if (name === "read") looks++;
        const member: unknown = Reflect.get(log, name);
        return typeof member === "function" ? member.bind(log) : member;
      },
    });
    const { ledger } = await Ledger.open(counting, new Heard(), () => 1);
    const looksFor = async (name: number): Promise<number> => {
      const before = looks;
      await ledger.read(false, (state, pages) => viewOf(state, pages, key(name)));
      return looks - before;
    };
    for (let name = 0; name < 100; name++) expect(await looksFor(name)).toBe(1);
    expect([await looksFor(99), await looksFor(75), await looksFor(0)]).toEqual([0, 0, 1]);
  });

  test.each([false, true])(
    "thousands of deletions are passed in few looks (reverse: %s)",
    async (reverse) => {
      const storage = storageOfPages(3000, true);
      const ledger = await openLedger(storage);
      let runs = 0;
      const listed = await ledger.read(true, (state, pages) => {
        runs++;
        return listFrom(0, 1, reverse)(state, pages);
      });
      expect(listed).toEqual([]);
      expect(runs).toBeLessThan(30);
    },
  );
});

describe("rows", () => {
  test("of two hosts are told to both once, in order, whoever reads or appends them", async () => {
    const storage = new MemoryStorage();
    const heard = [new Heard(), new Heard()] as const;
    const a = await openLedger(storage, heard[0]);
    const b = await openLedger(storage, heard[1]);
    await a.append(verdict(commitRow("first")));
    const reads = [b.catchUp(), a.catchUp()];
    const appends = [b.append(verdict(commitRow("second"))), a.append(verdict(commitRow("third")))];
    await Promise.all([...reads, ...appends, a.catchUp(), b.catchUp()]);
    await Promise.all([a.catchUp(), b.catchUp()]);
    const positions = storage.image.rows.map(({ position }) => position);
    expect(heard.map((one) => one.positions)).toEqual([positions, positions]);
  });

  test("an append is decided on every row before it", async () => {
    const storage = new MemoryStorage();
    const a = await openLedger(storage);
    const b = await openLedger(storage);
    await a.append(verdict(commitRow("k")));
    const { result } = await b.append((state, pages) => ({
      row: undefined,
      result: viewOf(state, pages, key("k")).value !== undefined,
    }));
    expect(result).toBe(true);
  });

  test("of a newer Rockpool in another tab end reading and writing, and nothing is written after them", async () => {
    const storage = new MemoryStorage();
    const [ledger, reader] = [await openLedger(storage), await openLedger(storage)];
    const newer = await openMemoryLog(storage);
    await newer.append(0, () => ({ type: "row", row: { type: "of tomorrow" } as never }));
    for (let run = 0; run < 2; run++) {
      const refused = { code: "newer-format" };
      await expect(ledger.append(verdict(commitRow("k")))).rejects.toMatchObject(refused);
      await expect(reader.catchUp()).rejects.toMatchObject(refused);
    }
    await expect(openLedger(storage)).rejects.toMatchObject({ code: "newer-format" });
    expect(storage.image.rows).toHaveLength(1);
  });

  test("of a transaction that failed are neither told nor kept, and the next append stands", async () => {
    const storage = new MemoryStorage();
    const heard = new Heard();
    const ledger = await openLedger(storage, heard);
    storage.failNextTransaction(new KvError("quota", "full"), "commit");
    await expect(ledger.append(verdict(commitRow("lost")))).rejects.toThrow("full");
    await ledger.append(verdict(commitRow("kept")));
    const seen = await ledger.read(true, (state, pages) =>
      ["lost", "kept"].map((name) => viewOf(state, pages, key(name)).value !== undefined),
    );
    expect(seen).toEqual([false, true]);
    expect(heard.positions).toHaveLength(1);
  });

  test("that were stored though their append failed are found by the next look", async () => {
    const storage = new MemoryStorage();
    const ledger = await openLedger(storage);
    storage.failNextTransaction(new KvError("outcome-unknown", "who knows"), "after");
    await expect(ledger.append(verdict(commitRow("stored")))).rejects.toThrow("who knows");
    const found = await ledger.read(true, (state, pages) => viewOf(state, pages, key("stored")).value);
    expect(found).toBeDefined();
  });

  test("told of by a notice are folded when they are next, and otherwise looked up", async () => {
    const storage = new MemoryStorage();
    const heard = new Heard();
    const a = await openLedger(storage);
    const b = await openLedger(storage, heard);
    const notices: Parameters<Ledger["offer"]>[0][] = [];
    a.onAppend = (notice) => notices.push(notice);
    await a.append(verdict(commitRow("one")));
    await a.append(verdict(commitRow("two")));
    await a.append(verdict(commitRow("three")));
    const [one, two, three] = notices as [never, never, never];
    expect(b.offer(two)).toBe(false);
    expect(b.offer(one)).toBe(true);
    expect(b.offer(three)).toBe(false);
    expect(b.offer(two)).toBe(true);
    expect(b.offer(two)).toBe(true);
    expect(b.offer(three)).toBe(true);
    expect(heard.positions).toEqual(storage.image.rows.map(({ position }) => position));
  });

  test("that were lost to another host's checkpoint are told of as a gap", async () => {
    const storage = new MemoryStorage();
    const heard = new Heard();
    const a = await openLedger(storage);
    const b = await openLedger(storage, heard);
    await a.append(verdict(commitRow("seen")));
    await b.catchUp();
    const seenTo = b.state.tail;
    const { position = 0 } = await a.append(verdict(commitRow("moved")));
    const log = await openMemoryLog(storage);
    const entries = ["moved", "seen"].map((name) => ({
      key: key(name),
      value: { encoding: "json", data: "1" } as const,
      versionstamp: createVersionstamp(position),
    }));
    await log.checkpoint({
      base: 0,
      meta: {
        format: 1,
        checkpoint: position,
        ranges: [{ first: "" as PackedKey, generation: 0 }],
        replica: null,
        stamp: a.state.stamp,
        session: { epoch: null, cursor: 0, scope: [], followed: [], clockOffsetMs: 0, paused: false },
      },
      putPages: [{ generation: 0, first: "" as PackedKey, entries, latest: createVersionstamp(position) }],
      deletePages: [],
      putPending: [],
      deletePending: [],
      putVersions: [],
      trimVersions: [],
    });
    const found = await b.read(true, (state, pages) => viewOf(state, pages, key("moved")).value);
    expect(found).toBeDefined();
    expect(heard.gaps).toEqual([createVersionstamp(seenTo, 0xffff)]);
    const { position: next = 0 } = await b.append(verdict(commitRow("after")));
    expect(heard.positions.at(-1)).toBe(next);
  });
});
