/**
 * A bucket on a disk that is full: what can be given up goes before a write is refused, deletions work,
 * reads go on, and checkpoints wait for room without anything ending.
 */
import { type Log, MemoryStorage } from "@rockpool/log";
import { KvError } from "@rockpool/model";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FillBed, intercept, openBed } from "./backup/fill-bed.ts";
import type { StoreTab } from "./store/store-device.ts";

/** Calls that write, and so need room. */
const writes: readonly string[] = ["append", "checkpoint", "putPages", "keepReserve"];

let storage: MemoryStorage;
let bed: FillBed;
let tab: StoreTab;
/** Calls of the log in order, reads excepted. */
let calls: string[];
let isFull: (call: string) => boolean;

const onFullDisk = (log: Log): Log =>
  intercept(log, (name) => {
    if (name !== "giveUp" && name !== "deleteGeneration" && !writes.includes(name)) return;
    calls.push(name);
    if (writes.includes(name) && isFull(name)) throw new KvError("quota", "full");
  });

beforeEach(async () => {
  storage = new MemoryStorage();
  calls = [];
  isFull = () => false;
  bed = await openBed(1, { storage, wrap: onFullDisk });
  tab = bed.device.mustGetTab(0);
});

afterEach(async () => {
  isFull = () => false;
  await bed.device.close();
});

const hasVersions = (): boolean => storage.image.versions.length > 0;
const hasReserve = (): boolean => (storage.image.reservedBytes ?? 0) > 0;

/** Puts aside what a bucket does a while after it was opened. */
const untilReserved = (): Promise<void> =>
  vi.waitFor(async () => {
    await bed.device.advance(2000);
    expect(hasReserve()).toBe(true);
  });

/** What the bucket says its upkeep failed with. */
const errorOf = async (): Promise<unknown> => (await tab.kv.status()).error;

const isBigStored = (): boolean =>
  [...storage.image.pages.values()].some(({ entries }) => entries.some(({ value }) => value !== undefined));

const tries = (): number => calls.filter((call) => call === "checkpoint").length;

const keepHistory = async (): Promise<void> => {
  await bed.device.close();
  bed = await openBed(1, { storage, wrap: onFullDisk, kept: { history: 4, expireInMs: null } });
  tab = bed.device.mustGetTab(0);
  for (const value of [1, 2, 3]) await tab.kv.set(["old"], value);
  await tab.host.checkpoint();
  expect(hasVersions()).toBe(true);
};

describe("on a full disk", () => {
  test("a write is refused with quota, nothing of it is there, and reads and later writes go on", async () => {
    await tab.kv.set(["a"], 1);
    isFull = () => true;
    await expect(tab.kv.atomic().set(["a"], 2).set(["b"], 2).commit()).rejects.toMatchObject({
      name: "KvError",
      code: "quota",
    });
    expect((await tab.kv.getMany([["a"], ["b"]])).map(({ value }) => value)).toEqual([1, null]);
    isFull = () => false;
    await tab.kv.set(["b"], 3);
    expect((await tab.kv.get(["b"])).value).toBe(3);
  });

  test("a write that is refused again, with nothing written between, has nothing given up again", async () => {
    isFull = () => true;
    await expect(tab.kv.set(["a"], 1)).rejects.toMatchObject({ code: "quota" });
    calls = [];
    await expect(tab.kv.set(["a"], 1)).rejects.toMatchObject({ code: "quota" });
    expect(calls).toEqual(["append"]);
  });

  test("older versions are given up for a write, which then stands", async () => {
    await keepHistory();
    isFull = hasVersions;
    await tab.kv.set(["new"], 1);
    expect((await tab.kv.get(["new"])).value).toBe(1);
    expect(hasVersions()).toBe(false);
    expect((await tab.kv.get(["old"])).value).toBe(3);
  });

  test("pages that nobody needs go before older versions do", async () => {
    await keepHistory();
    const { kv } = tab;
    const dump = await new Response(kv.backup()).blob();
    await kv.restore(dump);
    for (const value of [4, 5]) await kv.set(["old"], value);
    await tab.host.checkpoint();
    calls = [];
    let refused = 0;
    isFull = (call) => call === "append" && refused++ === 0;
    await kv.set(["new"], 1);
    expect(calls.indexOf("deleteGeneration")).toBeGreaterThan(0);
    expect(calls.indexOf("giveUp")).toBeGreaterThan(calls.indexOf("deleteGeneration"));
  });

  test("deletions take effect by a write's second try: the log is moved into pages before it", async () => {
    await tab.kv.set(["big"], "x".repeat(1000));
    await tab.host.checkpoint();
    await tab.kv.delete(["big"]);
    isFull = (call) => call === "append" && isBigStored();
    await tab.kv.set(["new"], 1);
    expect(isBigStored()).toBe(false);
  });

  test("a deletion uses the room that is kept for it, of a key as of a range, and a write does not", async () => {
    for (const n of [1, 2, 3]) await tab.kv.set(["k", n], n);
    await untilReserved();
    isFull = hasReserve;
    await expect(tab.kv.atomic().delete(["k", 1]).set(["l"], 1).commit()).rejects.toMatchObject({
      code: "quota",
    });
    expect(hasReserve()).toBe(true);
    await tab.kv.delete(["k", 1]);
    // With the room it made, room is put aside again.
    isFull = () => false;
    await untilReserved();
    isFull = hasReserve;
    expect(await tab.kv.delete({ prefix: ["k"] })).toMatchObject({ ok: true, deleted: 2 });
    expect(await tab.kv.count({ prefix: [] })).toBe(0);
  });

  test("after a deletion room is put aside again", async () => {
    await tab.kv.set(["k"], 1);
    await untilReserved();
    isFull = hasReserve;
    await tab.kv.delete(["k"]);
    // Once the deletion has taken effect in the pages.
    const ending = ["giveUp", "append", "checkpoint", "keepReserve"];
    await vi.waitFor(() => {
      const last = ending.map((call) => calls.lastIndexOf(call));
      expect(last).toEqual(last.toSorted((a, b) => a - b));
    });
    expect(hasReserve()).toBe(true);
  });

  test("room put aside for a deletion that does not take effect is put aside again", async () => {
    await tab.kv.set(["k"], 1);
    await untilReserved();
    await tab.kv.delete(["k"]);
    isFull = (call) => call === "checkpoint" || call === "append";
    await expect(tab.kv.set(["l"], 1)).rejects.toMatchObject({ code: "quota" });
    expect(calls.filter((call) => call === "giveUp")).toHaveLength(2);
    expect(hasReserve()).toBe(true);
  });

  test("with nothing put aside a deletion is refused with quota", async () => {
    await tab.kv.set(["k"], 1);
    isFull = () => true;
    await expect(tab.kv.delete(["k"])).rejects.toMatchObject({ code: "quota" });
    expect((await tab.kv.get(["k"])).value).toBe(1);
  });

  test("of commits made together those that fit stand", async () => {
    let appends = 0;
    await tab.kv.set(["first"], 1);
    // The group, the group again, then one by one: the second of three does not fit.
    isFull = (call) => call === "append" && [1, 2, 4].includes(++appends);
    const settled = await Promise.allSettled(["a", "b", "c"].map((key) => tab.kv.set([key], 1)));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await tab.kv.count({ prefix: [] })).toBe(3);
  });
});

describe("a checkpoint that finds no room", () => {
  test("is told by the status, ends nothing, and is made when there is room", async () => {
    await tab.kv.set(["a"], 1);
    isFull = (call) => call === "checkpoint";
    await tab.host.checkpoint();
    expect(await errorOf()).toMatchObject({ name: "KvError", code: "quota" });
    await vi.waitFor(() => expect(tab.kv.sync.status.error).toMatchObject({ code: "quota" }));
    await tab.kv.set(["b"], 2);
    expect((await tab.kv.get(["a"])).value).toBe(1);
    isFull = () => false;
    await vi.waitFor(async () => {
      await bed.device.advance(1000);
      expect(await errorOf()).toBeNull();
    });
    expect(tab.host.state.checkpoint).toBeGreaterThan(0);
    await vi.waitFor(() => expect(tab.kv.sync.status.error).toBeNull());
  });

  test("is tried again after pauses that double, up to five minutes, however much is written", async () => {
    await tab.kv.set(["a"], 1);
    isFull = (call) => call === "checkpoint";
    await tab.host.checkpoint();
    for (let failures = 1; failures <= 11; failures++) {
      const pauseMs = Math.min(1000 * 2 ** (failures - 1), 300_000);
      for (let n = 0; n < 20; n++) await tab.kv.set(["b", n], "x".repeat(20_000));
      await bed.device.advance(pauseMs - 1);
      // A call that reaches the log after whatever the clock set off.
      await tab.kv.get(["a"]);
      // Each time in three sizes.
      expect([pauseMs, tries()]).toEqual([pauseMs, 3 * failures]);
      await bed.device.advance(1);
      await vi.waitFor(() => expect(tries()).toBe(3 * failures + 3));
      await tab.kv.status();
    }
  });

  test("is made smaller at once, until all goes well again", async () => {
    for (let n = 0; n < 100; n++) await tab.kv.set(["k", n], n);
    let refusals = 1;
    isFull = (call) => call === "checkpoint" && refusals-- > 0;
    const moved: number[] = [];
    for (let n = 0; n < 2; n++) {
      const before = storage.image.rows.length;
      await tab.host.checkpoint();
      moved.push(before - storage.image.rows.length);
    }
    // Of each it is one less: a row says that a checkpoint was made.
    expect(moved[0]).toBeLessThan(10);
    expect(moved[1]).toBeGreaterThan(15);
  });
});
