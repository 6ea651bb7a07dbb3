/**
 * The sweep: what has ended leaves by a row that every tab's watchers hear of, on time, whatever the
 * tail and the pages hold of it; deletions are forgotten when they need no longer be remembered.
 */
import { type Log, MemoryStorage, openMemoryLog, type Page } from "@rockpool/log";
import { deletionMs } from "@rockpool/model";
import type { ChangeItem } from "rockpool";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { dumpOf, entryLines } from "./backup/dump.ts";
import { intercept, openBed } from "./backup/fill-bed.ts";
import { createTally } from "./store/observed-log.ts";
import { StoreDevice, type StoreTab, turn } from "./store/store-device.ts";

const host = {
  limits: { rowsMax: 100, pagesMax: 64, pageEntries: 4, pageBytes: 16_384 },
  tailEntries: 1e6,
  tailBytes: 1e9,
};

let storage: MemoryStorage;
let device: StoreDevice;
let tab: StoreTab;

const open = async (hasRelay = false): Promise<void> => {
  storage = new MemoryStorage();
  const bed = { openLog: () => openMemoryLog(storage) };
  device = await StoreDevice.open(bed, { hasRelay, host, loss: 0, seed: 1 }, createTally(), 2);
  tab = device.mustGetTab(0);
};

beforeEach(() => open());

/** Waits for what follows on timers that are due. */
const until = (check: () => void): Promise<void> =>
  vi.waitFor(async () => {
    await device.advance(0);
    check();
  });

/** All that a feed has given so far, by key. */
const follow = (of: StoreTab): ReadonlyMap<string, unknown> => {
  const shown = new Map<string, unknown>();
  const take = ({ done, value: item }: ReadableStreamReadResult<ChangeItem<unknown>>): void => {
    if (done) return;
    if (item.type === "update") for (const { key, value } of item.entries) shown.set(String(key[0]), value);
    void reader.read().then(take);
  };
  const reader = of.kv.changes({ prefix: [] }).getReader();
  void reader.read().then(take);
  return shown;
};

const closeAll = async (): Promise<void> => {
  while (device.tabs.length > 0) await device.closeTab(0);
};

const rowsOf = (type: string): number => storage.image.rows.filter((row) => row.type === type).length;

/** Entries, with those that have ended and are not swept yet. */
const countEntries = async (): Promise<number> => {
  await device.advance(0);
  return (await tab.kv.status()).entries;
};

const storedEntries = (): readonly Page["entries"][number][] =>
  [...storage.image.pages.values()].flatMap(({ entries }) => entries);

describe("an entry that ends", () => {
  test("is told to the feeds of every tab at its end, and not before", async () => {
    await tab.kv.set(["a"], 1, { expireIn: 5000 });
    await tab.kv.set(["b"], 2, { expireIn: 9000 });
    const feeds = [follow(tab), follow(device.mustGetTab(1))];
    await vi.waitFor(() => feeds.every((shown) => expect(shown.get("a")).toBe(1)));
    await device.advance(4999);
    await vi.waitFor(() => expect(feeds[0]?.get("a")).toBe(1));
    expect(rowsOf("expire")).toBe(0);
    await device.advance(1);
    await until(() => {
      for (const shown of feeds) expect([shown.get("a"), shown.get("b")]).toEqual([null, 2]);
    });
    await device.advance(4000);
    await until(() => {
      for (const shown of feeds) expect(shown.get("b")).toBe(null);
    });
    expect(rowsOf("expire")).toBe(2);
  });

  test("in a page is swept in the same way, also after it was opened anew", async () => {
    for (const name of ["a", "b", "c"]) await tab.kv.set([name], 1, { expireIn: 5000 });
    await tab.host.checkpoint();
    expect(storedEntries()).toHaveLength(3);
    await closeAll();
    await device.openTab();
    const shown = follow(device.mustGetTab(0));
    await vi.waitFor(() => expect(shown.size).toBe(3));
    await device.advance(4999);
    await device.advance(1);
    await until(() => expect([...shown.values()]).toEqual([null, null, null]));
    expect(rowsOf("expire")).toBe(1);
  });

  test("while the bucket was closed is swept when it is opened", async () => {
    await tab.kv.set(["a"], 1, { expireIn: 5000 });
    await tab.host.checkpoint();
    await closeAll();
    await device.advance(60_000);
    await device.openTab();
    await until(() => expect(rowsOf("expire")).toBe(1));
  });

  test("that was written again meanwhile stays", async () => {
    await tab.kv.set(["a"], 1, { expireIn: 5000 });
    await tab.kv.set(["a"], 2);
    await device.advance(5000);
    await device.advance(5000);
    expect(rowsOf("expire")).toBe(0);
    expect((await tab.kv.get(["a"])).value).toBe(2);
  });

  test("of a bucket with a relay is hidden, and left to the relay", async () => {
    await open(true);
    await tab.kv.set(["a"], 1, { expireIn: 5000 });
    await device.advance(10_000);
    expect((await tab.kv.get(["a"])).value).toBe(null);
    expect(rowsOf("expire")).toBe(0);
  });
});

test("far more pages than are looked at in one go are swept, by both tabs at once", async () => {
  const names = Array.from({ length: 600 }, (_, n) => `k${String(n).padStart(3, "0")}`);
  for (const name of names) void tab.kv.set([name], 1, { expireIn: 5000 });
  await tab.kv.set(["stays"], 1);
  await tab.host.checkpoint();
  expect(storage.image.pages.size).toBeGreaterThan(128);
  await device.advance(5000);
  await vi.waitFor(async () => {
    await device.advance(200);
    await device.mustGetTab(1).host.checkpoint();
    expect(storedEntries().filter(({ value }) => value !== undefined)).toHaveLength(1);
  });
});

test("far more pages that end at one moment are swept at that moment", async () => {
  await device.closeTab(1);
  const commit = tab.kv.atomic();
  for (let n = 0; n < 600; n++) commit.set([n], n, { expireIn: 5000 });
  await commit.commit();
  await tab.host.checkpoint();
  expect(storage.image.pages.size).toBeGreaterThan(128);
  await device.advance(5000);
  await vi.waitFor(async () => expect(await countEntries()).toBe(0));
});

test("pages are swept one after another, whatever else the checkpoints between have to move", async () => {
  await device.closeTab(1);
  // Of each page one entry ends.
  const commit = tab.kv.atomic();
  for (let n = 0; n < 800; n++) commit.set([n], n, n % 4 === 0 ? { expireIn: 5000 } : {});
  await commit.commit();
  await tab.host.checkpoint();
  for (let n = 1; n < 256; n += 4) await tab.kv.set([n], "anew");
  await device.advance(6000);
  await vi.waitFor(async () => expect(await countEntries()).toBe(600));
});

test("a clock that is set back delays no sweep", async () => {
  await device.closeTab(1);
  await tab.kv.set(["a"], 1, { expireIn: 5000 });
  await device.advance(5000);
  await until(() => expect(rowsOf("expire")).toBe(1));
  await device.sleep(-86_400_000);
  await tab.kv.set(["b"], 1, { expireIn: 5000 });
  await device.advance(5000);
  await until(() => expect(rowsOf("expire")).toBe(2));
});

test("a bucket that closes does not wait until its log is short", async () => {
  const gate = Promise.withResolvers<void>();
  let checkpoints = 0;
  const wrap = (log: Log): Log =>
    intercept(log, (name) => {
      if (name !== "checkpoint" || ++checkpoints === 1) return;
      return gate.promise;
    });
  const { device: other } = await openBed(1, { wrap });
  const { kv, host: busy } = other.mustGetTab(0);
  await kv.set(["a"], 1);
  await busy.checkpoint();
  await kv.restore(new Blob([dumpOf(entryLines("k", 1))]));
  for (let n = 0; n < 400; n++) await kv.set([n], n);
  const sweeping = busy.sweepGenerations();
  await vi.waitFor(() => expect(checkpoints).toBe(2));
  const closing = other.close();
  await turn();
  gate.resolve();
  await Promise.all([sweeping, closing]);
  expect(checkpoints).toBe(2);
});

describe("deletions", () => {
  test("are remembered for 30 days, then leave the pages", async () => {
    await tab.kv.set(["a"], 1);
    await tab.kv.set(["b"], 1);
    await tab.kv.delete(["a"]);
    await tab.host.checkpoint();
    // Nobody is there meanwhile, or 30 days of timers would fire.
    await closeAll();
    await device.advance(deletionMs - 1);
    await device.openTab();
    await device.mustGetTab(0).host.checkpoint();
    expect(storedEntries()).toHaveLength(2);
    await vi.waitFor(async () => {
      await device.advance(100);
      await device.mustGetTab(0).host.checkpoint();
      expect(storedEntries()).toHaveLength(1);
    });
    const { meta } = storage.image;
    expect(meta?.forgotten).toBeDefined();
    expect(meta?.stored).toMatchObject({ entries: 1 });
  });

  test("leave at once when purged, those that are old enough", async () => {
    for (let n = 0; n < 20; n++) await tab.kv.set([n], n);
    for (let n = 0; n < 9; n++) await tab.kv.delete([n]);
    await tab.host.checkpoint();
    await device.advance(3_600_000);
    await tab.kv.delete([9]);
    expect(await tab.kv.purgeDeletes({ olderThanMs: 4_000_000 })).toBe(0);
    expect(await tab.kv.purgeDeletes()).toBe(9);
    expect(await tab.kv.purgeDeletes({ olderThanMs: 0 })).toBe(1);
    expect(await device.mustGetTab(1).kv.purgeDeletes({ olderThanMs: 0 })).toBe(0);
    await tab.host.checkpoint();
    expect(storedEntries()).toHaveLength(10);
    expect(storage.image.meta?.stored).toMatchObject({ entries: 10 });
  });

  test("that a set followed are none", async () => {
    await tab.kv.set(["a"], 1);
    await tab.kv.delete(["a"]);
    await tab.kv.set(["a"], 2);
    expect(await tab.kv.purgeDeletes({ olderThanMs: 0 })).toBe(0);
    await expect(tab.kv.purgeDeletes({ olderThanMs: -1 })).rejects.toThrow(TypeError);
  });
});
