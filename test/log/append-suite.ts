/**
 * The conformance of `append` and `read`: one serial order for all hosts, the guess and what takes
 * its place, and positions that only grow.
 */
import type { Decision, PlacedRow, Row } from "@rockpool/log";
import { createDocument, joinDocuments, packKey } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import {
  appendMissed,
  appendOf,
  countOf,
  countRow,
  CountingHost,
  fill,
  guessThen,
  mustBePlaced,
  none,
  retry,
} from "./log-bed.ts";
import type { CreateBed } from "./log-bed.ts";

const unstorable = (): Decision => ({ type: "row", row: { ...countRow(2), commits: () => [] } as never });

export const describeAppend = (createBed: CreateBed): void => {
  describe("append", () => {
    test("gives back what was appended, in order", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 3);
      const { rows } = await log.start();
      expect(rows.map(countOf)).toEqual([1, 2, 3]);
      expect(rows[0]).toEqual({ ...countRow(1), position: rows[0]?.position });
      expect(rows.at(-1)?.position).toBe(tail);
    });

    test("two hosts that append 200 rows each at once lose none and count to 400", async () => {
      const bed = createBed();
      await using first = await bed.open();
      await using second = await bed.open();
      const hosts = [new CountingHost(first), new CountingHost(second)];
      await Promise.all(
        hosts.map(async (host) => {
          for (let i = 0; i < 200; i++) await host.increment(i === 0 ? 1000 : undefined);
        }),
      );
      const { rows } = await first.start();
      expect(rows.map(countOf)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
      expect(rows.map(({ position }) => position)).toEqual(
        [...new Set(rows.map(({ position }) => position))].toSorted((a, b) => a - b),
      );
      // Each learned of every row up to its last one, once and in order.
      for (const host of hosts) expect(host.rows).toEqual(rows.slice(0, host.rows.length));
      expect(Math.max(...hosts.map((host) => host.rows.length))).toBe(400);
    });

    test("appends of one host that overlap are serial too", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const appends = await Promise.all(Array.from({ length: 20 }, () => log.append(0, appendMissed(1))));
      expect(appends.map(({ missed }) => missed.length)).toEqual(Array.from({ length: 20 }, (_, i) => i));
      const { rows } = await log.start();
      expect(rows.map(countOf)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(rows.map(({ position }) => position)).toEqual(appends.map(mustBePlaced));
    });

    test("a guess stands when nothing was missed, and is asked for once", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const asked: number[] = [];
      const appended = await log.append(0, (missed) => {
        asked.push(missed.length);
        return appendOf(1)();
      });
      expect(appended).toEqual({ missed: [], position: mustBePlaced(appended), decision: "row" });
      expect(asked).toEqual([0]);
    });

    test("no guess is asked for right after one that missed rows", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const second = await fill(log, 2);
      const asked: number[] = [];
      const decide = (missed: readonly PlacedRow[]): Decision => {
        asked.push(missed.length);
        return appendOf(9)();
      };
      await log.append(0, decide);
      const fourth = mustBePlaced(await log.append(second, decide));
      await log.append(fourth, decide);
      await log.append(0, decide);
      expect(asked).toEqual(bed.guesses === false ? [2, 1, 0, 5] : [0, 2, 1, 0, 0, 5]);
    });

    test("a guess gives way to what is decided of the missed rows", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 2);
      const { missed, position, decision } = await log.append(0, appendMissed(100));
      expect([missed.map(countOf), decision]).toEqual([[1, 2], "row"]);
      expect(position).toBeGreaterThan(tail);
      const { rows } = await log.start();
      expect(rows.map(countOf)).toEqual([1, 2, 102]);
      expect(rows.at(-1)?.position).toBe(position);
    });

    test.each([
      ["none", none],
      ["retry", retry],
    ])("a guess followed by %s leaves no row, and the next one stands after it all", async (type, late) => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 2);
      const given = await log.append(0, guessThen(appendOf(9), late));
      expect([given.missed.map(countOf), given.position, given.decision]).toEqual([[1, 2], undefined, type]);
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
      const next = mustBePlaced(await log.append(tail, appendOf(3)));
      expect(next).toBeGreaterThan(tail);
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2, 3]);
      expect(mustBePlaced(await log.append(next, appendOf(4)))).toBe(next + 1);
    });

    test.each([
      ["none", none],
      ["retry", retry],
    ])("%s with nothing missed writes nothing", async (type, decide) => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 1);
      expect(await log.append(tail, decide)).toEqual({ missed: [], position: undefined, decision: type });
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
    });

    test("a guess of nothing gives way to a row", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 2);
      const appended = await log.append(0, guessThen(none, appendOf(3)));
      expect([appended.missed.map(countOf), appended.decision]).toEqual([[1, 2], "row"]);
      expect(appended.position).toBe(tail + 1);
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2, 3]);
    });

    test("an exception of decide rejects the append and leaves no row", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 1);
      const broken = guessThen(appendOf(9), () => {
        throw new RangeError("planted");
      });
      await expect(log.append(0, broken)).rejects.toThrow("planted");
      await expect(log.append(0, broken, { atLeast: 1 })).rejects.toThrow("planted");
      await log.append(tail, appendOf(2));
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
    });

    test.each([{}, { atLeast: 5 }])("a row that cannot be stored is refused, with %o", async (options) => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 1);
      await expect(log.append(tail, unstorable, options)).rejects.toMatchObject({ code: "unsupported" });
      await expect(log.append(0, unstorable, options)).rejects.toMatchObject({ code: "unsupported" });
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
      expect(mustBePlaced(await log.append(tail, appendOf(2)))).toBe(tail + 1);
    });

    test("a row that would stand before the tail is refused", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 1);
      await expect(log.append(tail + 10, appendOf(2))).rejects.toThrow("before the tail");
      await expect(log.append(tail + 10, none)).resolves.toMatchObject({ decision: "none" });
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
    });

    test("strict rows are stored as others are", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const first = mustBePlaced(await log.append(0, appendOf(1), { durability: "strict" }));
      await log.append(first, appendOf(2), { durability: "strict", atLeast: 50 });
      expect((await log.start()).rows.map(countOf)).toEqual([1, 2]);
    });
  });
};

export const describePositions = (createBed: CreateBed): void => {
  describe("positions", () => {
    test("atLeast lifts a row and all after it", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const now = 1_800_000_000_000 * 1024;
      const first = mustBePlaced(await log.append(0, appendOf(1), { atLeast: now }));
      const second = mustBePlaced(await log.append(first, appendOf(2)));
      expect([first, second]).toEqual([now, now + 1]);
    });

    test("atLeast below the last position places the row after it, missed or known", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const first = mustBePlaced(await log.append(0, appendOf(1), { atLeast: 500 }));
      const second = await log.append(0, appendOf(2), { atLeast: 7 });
      expect([second.position, second.missed.map(countOf)]).toEqual([first + 1, [1]]);
      const third = await log.append(first + 1, appendOf(3), { atLeast: 7 });
      expect([third.position, third.missed]).toEqual([first + 2, []]);
    });

    test("with atLeast decide is asked once, with what was missed", async () => {
      const bed = createBed();
      await using log = await bed.open();
      await fill(log, 2);
      const asked: number[] = [];
      await log.append(
        0,
        (missed) => {
          asked.push(missed.length);
          return appendOf(3)();
        },
        { atLeast: 100 },
      );
      expect(asked).toEqual([2]);
    });

    test("they go on after all handles were closed", async () => {
      const bed = createBed();
      const log = await bed.open();
      const tail = await fill(log, 3);
      await log.close();
      await using again = await bed.open();
      expect(mustBePlaced(await again.append(tail, appendOf(4)))).toBe(tail + 1);
    });
  });
};

export const describeRead = (createBed: CreateBed): void => {
  describe("read", () => {
    test("gives the rows after the tail", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const tail = await fill(log, 4);
      const { rows } = await log.start();
      expect((await log.read(rows[1]?.position ?? 0, [])).missed).toEqual(rows.slice(2));
      expect(await log.read(tail, [])).toEqual({ missed: [], pages: [], versions: [] });
    });

    test("sees what another host appended before it", async () => {
      const bed = createBed();
      await using writer = await bed.open();
      await using reader = await bed.open();
      const appending = writer.append(0, appendOf(1));
      const { missed } = await reader.read(0, []);
      await appending;
      expect(missed.map(countOf)).toEqual([1]);
    });

    test("keeps a document whole that was put together of parts", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const parts = ["a", "b"].map((update) => createDocument(new TextEncoder().encode(update), 7));
      const value = parts.reduce(joinDocuments);
      const row: Row = { type: "compact", key: packKey(["d"]), value, revision: 9 };
      await log.append(0, () => ({ type: "row", row }));
      const { missed } = await log.read(0, []);
      expect(missed).toEqual([
        {
          ...row,
          position: missed[0]?.position,
          value: { encoding: "document", incarnation: 7, data: value.data },
        },
      ]);
    });

    test("gives objects of its own each time", async () => {
      const bed = createBed();
      await using log = await bed.open();
      const row = countRow(1);
      await log.append(0, () => ({ type: "row", row }));
      Object.assign(row, { commits: [] });
      const [first, second] = [await log.read(0, []), await log.read(0, [])];
      Object.assign(first.missed[0] ?? {}, { commits: [] });
      expect(second.missed.map(countOf)).toEqual([1]);
      expect((await log.start()).rows.map(countOf)).toEqual([1]);
    });
  });
};
