/**
 * The conformance of `checkpoint` and `start`: all of a checkpoint or nothing, one winner, and a
 * start that never sees half of one.
 */
import { formatVersion } from "@rockpool/log";
import type { Log, LogStart, PageKey } from "@rockpool/log";
import { packKey } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { appendOf, checkpointAt, countOf, fill, metaAt, mustBePlaced, pageOf, pendingOf } from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

const all = (generation: number): { generation: number; from: PageKey["first"]; to: PageKey["first"] } => ({
  generation,
  from: packKey([]),
  to: packKey([true]),
});

export const describeCheckpoint = (createBed: CreateBed): void => {
  describe("checkpoint", () => {
    test("writes pages, pending records and meta, deletes the rows up to it, and says so in a row", async () => {
      const bed = createBed();
      await using log = await bed.open();
      await fill(log, 4);
      const { rows } = await log.start();
      const c = rows[1]?.position ?? 0;
      const parts = { putPages: [pageOf(1, "b", 2), pageOf(1, "a", 1)], putPending: [pendingOf(c)] };
      expect(await log.checkpoint(checkpointAt(0, c, parts))).toBe(true);
      const started = await log.start();
      expect(started.meta).toEqual(metaAt(c));
      expect(started.pageKeys).toEqual([
        { generation: 1, first: packKey(["a"]) },
        { generation: 1, first: packKey(["b"]) },
      ]);
      expect(started.pending).toEqual([pendingOf(c)]);
      expect(started.rows.slice(0, 2)).toEqual(rows.slice(2));
      expect(started.rows.map(countOf)).toEqual([3, 4, "checkpoint"]);
      expect((await log.read(rows[3]?.position ?? 0, [])).missed.map(countOf)).toEqual(["checkpoint"]);
    });

    test("is won by one of two hosts that began from the same base; the other writes nothing", async () => {
      const bed = createBed();
      await using first = await bed.open();
      await using second = await bed.open();
      const c = await fill(first, 3);
      const won = await Promise.all([
        first.checkpoint(
          checkpointAt(0, c - 1, { putPages: [pageOf(1, "first")], putPending: [pendingOf(1)] }),
        ),
        second.checkpoint(
          checkpointAt(0, c, { putPages: [pageOf(1, "second")], putPending: [pendingOf(2)] }),
        ),
      ]);
      expect(won.toSorted()).toEqual([false, true]);
      const isFirst = won[0] === true;
      const started = await second.start();
      expect(started.meta).toEqual(metaAt(isFirst ? c - 1 : c));
      expect(started.pageKeys).toEqual([{ generation: 1, first: packKey([isFirst ? "first" : "second"]) }]);
      expect(started.pending).toEqual([pendingOf(isFirst ? 1 : 2)]);
      expect(started.rows.map(countOf)).toEqual(isFirst ? [3, "checkpoint"] : ["checkpoint"]);
    });

    test("from a base that is not current any more changes nothing", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const c = await fill(log, 2);
      await log.checkpoint(checkpointAt(0, c, { putPages: [pageOf(1, "a", 1)], putPending: [pendingOf(1)] }));
      const before = await log.start();
      const stale = checkpointAt(0, c, {
        putPages: [pageOf(1, "a", 2), pageOf(2, "b")],
        deletePages: [{ generation: 1, first: packKey(["a"]) }],
        putPending: [pendingOf(2)],
        deletePending: [1],
      });
      expect(await log.checkpoint(stale)).toBe(false);
      expect(await log.start()).toEqual(before);
      expect((await log.read(c, [all(1)])).pages).toEqual([[pageOf(1, "a", 1)]]);
    });

    test("after checkpoint: pages and pending records are replaced and deleted", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const c = await fill(log, 2);
      await log.checkpoint(
        checkpointAt(0, c - 1, {
          putPages: [pageOf(1, "a", 1), pageOf(1, "b", 1), pageOf(1, "c", 1)],
          putPending: [pendingOf(1), pendingOf(2)],
        }),
      );
      const next = checkpointAt(c - 1, c, {
        putPages: [pageOf(1, "b", 2)],
        deletePages: [{ generation: 1, first: packKey(["a"]) }],
        putPending: [pendingOf(3)],
        deletePending: [1],
      });
      expect(await log.checkpoint(next)).toBe(true);
      expect((await log.read(0, [all(1)])).pages).toEqual([[pageOf(1, "b", 2), pageOf(1, "c", 1)]]);
      expect((await log.start()).pending).toEqual([pendingOf(2), pendingOf(3)]);
    });

    test("a page both deleted and put stands", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const parts = {
        putPages: [pageOf(1, "a", 2)],
        deletePages: [{ generation: 1, first: packKey(["a"]) }],
        putPending: [pendingOf(1)],
        deletePending: [1],
      };
      await log.checkpoint(checkpointAt(0, 0, parts));
      const started = await log.start();
      expect([started.pageKeys.length, started.pending.length]).toEqual([1, 1]);
    });

    test("positions grow on after one that emptied the log, and after reopening", async () => {
      const bed = createBed();
      const log = await bed.open();
      const c = await fill(log, 3);
      await log.checkpoint(checkpointAt(0, c));
      const [signal] = (await log.start()).rows;
      expect(signal).toEqual({ type: "checkpoint", position: c + 1 });
      await log.checkpoint(checkpointAt(c, c + 1));
      await log.close();
      await using again = await bed.open();
      expect((await again.start()).rows).toEqual([{ type: "checkpoint", position: c + 2 }]);
      expect(mustBePlaced(await again.append(c + 2, appendOf(4)))).toBe(c + 3);
    });

    test("is found in the tail by a host that appends", async () => {
      const bed = createBed();
      await using first = await bed.open();
      await using second = await bed.open();
      const c = await fill(first, 2);
      await second.checkpoint(checkpointAt(0, c));
      const { missed, decision } = await first.append(c, (rows) =>
        rows.some(({ type }) => type === "checkpoint") ? { type: "retry" } : appendOf(3)(),
      );
      expect([missed.map(countOf), decision]).toEqual([["checkpoint"], "retry"]);
      expect((await second.start()).rows.map(countOf)).toEqual(["checkpoint"]);
    });

    test("at what is neither a row nor its base is refused", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const c = mustBePlaced(await log.append(0, appendOf(1), { atLeast: 10 }));
      await expect(log.checkpoint(checkpointAt(0, c - 1))).rejects.toThrow("neither a row nor the base");
      await expect(log.checkpoint(checkpointAt(0, c + 1))).rejects.toThrow("neither a row nor the base");
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
      expect(await log.checkpoint(checkpointAt(0, 0))).toBe(true);
      expect((await log.start()).rows.map(countOf)).toEqual([1, "checkpoint"]);
    });

    test("with a value that cannot be stored is refused whole", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const c = await fill(log, 1);
      const before = await log.start();
      const broken = { ...pageOf(1, "b"), entries: [{ value: () => "a function" }] } as never;
      await expect(
        log.checkpoint(checkpointAt(0, c, { putPages: [pageOf(1, "a"), broken] })),
      ).rejects.toMatchObject({ code: "unsupported" });
      expect(await log.start()).toEqual(before);
    });
  });
};

export const describePages = (createBed: CreateBed): void => {
  describe("pages", () => {
    test("are read by range, both ends included, ascending", async () => {
      await using log = await openWithPages(createBed);
      const range = { generation: 2, from: packKey(["b"]), to: packKey(["c"]) };
      expect((await log.read(0, [range])).pages).toEqual([[pageOf(2, "b"), pageOf(2, "c")]]);
    });

    test("are read by several ranges of several generations, in the order asked", async () => {
      await using log = await openWithPages(createBed);
      const { missed, pages } = await log.read(0, [
        { generation: 10, from: packKey(["c"]), to: packKey(["z"]) },
        { generation: 1, from: packKey([]), to: packKey(["a"]) },
        { generation: 3, from: packKey([]), to: packKey(["z"]) },
        { generation: 1, from: packKey(["c"]), to: packKey(["b"]) },
      ]);
      expect(pages).toEqual([[pageOf(10, "c"), pageOf(10, "d")], [pageOf(1, "a")], [], []]);
      expect(missed.map(countOf)).toEqual(["checkpoint"]);
    });

    test("are listed by generation as a number, then by key", async () => {
      await using log = await openWithPages(createBed);
      const keys = (await log.start()).pageKeys;
      expect(keys.map(({ generation }) => generation)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 10, 10, 10, 10]);
      expect(keys.slice(0, 4).map(({ first }) => first)).toEqual(
        ["a", "b", "c", "d"].map((name) => packKey([name])),
      );
    });
  });
};

export const describeStart = (createBed: CreateBed): void => {
  describe("start", () => {
    test("of a new bucket gives nothing", async () => {
      await using log = await createBed().open();
      expect(await log.start()).toEqual({ meta: undefined, pageKeys: [], pending: [], rows: [] });
    });

    test("sees whole checkpoints while another host appends and checkpoints", async () => {
      const bed = createBed();
      await using writer = await bed.open();
      await using reader = await bed.open();
      const writing = checkpointRepeatedly(writer);
      const starts = await startUntil(reader, writing);
      for (const { meta, pageKeys, pending, rows } of starts) {
        const c = meta?.checkpoint ?? 0;
        expect(pageKeys).toHaveLength(c === 0 ? 0 : 1);
        expect(pending.at(-1)?.position ?? 0).toBe(c);
        expect(rows.every(({ position }) => position > c)).toBe(true);
        expect(rows.filter(({ type }) => type === "checkpoint")).toHaveLength(c === 0 ? 0 : 1);
      }
      expect(starts.at(-1)?.pending).toHaveLength(10);
      expect(starts.length).toBeGreaterThan(10);
    });

    test("refuses a newer format, and so does a checkpoint", async () => {
      const bed = createBed();
      await using log = await bed.open();
      await log.checkpoint(checkpointAt(0, 0, { meta: metaAt(0, formatVersion + 1) }));
      await expect(log.start()).rejects.toMatchObject({ code: "newer-format" });
      await expect(log.checkpoint(checkpointAt(0, 0))).rejects.toMatchObject({ code: "newer-format" });
    });
  });
};

/** Appends 40 rows, with a checkpoint after every fourth. */
const checkpointRepeatedly = async (log: Log): Promise<void> => {
  let tail = 0;
  let base = 0;
  for (let count = 1; count <= 40; count++) {
    tail = mustBePlaced(await log.append(tail, appendOf(count)));
    if (count % 4 !== 0) continue;
    const parts = { putPages: [pageOf(1, "a", count)], putPending: [pendingOf(tail)] };
    await log.checkpoint(checkpointAt(base, tail, parts));
    base = tail;
    tail = (await log.read(tail, [])).missed.at(-1)?.position ?? 0;
  }
};

/** What `start` gives again and again until `writing` has ended, and once more. */
const startUntil = async (log: Log, writing: Promise<void>): Promise<readonly LogStart[]> => {
  const starts: LogStart[] = [];
  const ended = writing.then(() => "ended" as const);
  for (let last: "ended" | undefined; last !== "ended";) {
    starts.push(await log.start());
    last = await Promise.race([ended, undefined]);
  }
  return [...starts, await log.start()];
};

/** A log with the pages a to d in each of three generations. */
const openWithPages = async (createBed: CreateBed): Promise<Log> => {
  const log = await createBed().open();
  const names = ["d", "a", "c", "b"];
  const putPages = [1, 2, 10].flatMap((generation) => names.map((name) => pageOf(generation, name)));
  await log.checkpoint(checkpointAt(0, 0, { putPages }));
  return log;
};
