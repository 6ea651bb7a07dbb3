/**
 * History through the public face: what a bucket keeps of its keys, in every tab, in memory and on
 * disk, and how it is told to. Any sequence of commands: store-model.test.ts.
 */
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { type Kv, openKv } from "rockpool";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTally } from "./store/observed-log.ts";
import { StoreDevice, type StoreSettings } from "./store/store-device.ts";

const limits = { rowsMax: 100, pagesMax: 64, pageEntries: 4, pageBytes: 16_384 };
const roomy = { hasRelay: false, host: { limits, tailEntries: 1e6, tailBytes: 1e9 }, loss: 0, seed: 1 };

let storage: MemoryStorage;
let device: StoreDevice;
let kv: Kv;

/** Opens the bucket in two tabs, over what is stored. */
const open = async (kept: StoreSettings["kept"]): Promise<void> => {
  const bed = { openLog: () => openMemoryLog(storage) };
  const settings = kept === undefined ? roomy : { ...roomy, kept };
  device = await StoreDevice.open(bed, settings, createTally(), 2);
  ({ kv } = device.mustGetTab(0));
};

beforeEach(async () => {
  storage = new MemoryStorage();
  await open({ history: 3, expireInMs: null });
});

afterEach(() => device.close());

const values = async (of: Kv, ...key: string[]): Promise<readonly unknown[]> =>
  (await of.history(key)).map(({ value }) => value);

const checkpoint = (): Promise<void> => device.mustGetTab(0).host.checkpoint();

const settingsRows = (): number => storage.image.rows.filter(({ type }) => type === "settings").length;

describe("history", () => {
  test("gives the last versions of a key, oldest first, as each tab reads them", async () => {
    const first = await kv.set(["k"], { n: 1 });
    const second = await kv.set(["k"], new Date(2));
    await kv.delete(["k"]);
    expect(await kv.history(["k"])).toEqual([
      { key: ["k"], value: { n: 1 }, versionstamp: first.ok && first.versionstamp, type: "set" },
      { key: ["k"], value: new Date(2), versionstamp: second.ok && second.versionstamp, type: "set" },
      { key: ["k"], value: null, versionstamp: expect.stringMatching(/^[0-9a-f]{20}$/), type: "delete" },
    ]);
    await kv.set(["k"], null);
    await checkpoint();
    expect(await values(device.mustGetTab(1).kv, "k")).toEqual([new Date(2), null, null]);
    expect((await kv.history(["k"])).map(({ type }) => type)).toEqual(["set", "delete", "set"]);
    expect(await kv.history(["none"])).toEqual([]);
  });

  test("gives the latest of them up to a limit, and refuses one that is none", async () => {
    for (const value of [1, 2, 3]) await kv.set(["k"], value);
    expect((await kv.history(["k"], { limit: 2 })).map(({ value }) => value)).toEqual([2, 3]);
    expect(await kv.history(["k"], { limit: 99 })).toHaveLength(3);
    for (const limit of [0, 1.5, -1]) {
      const message = `limit must be a positive integer: received ${limit}; leave it out for all versions`;
      await expect(kv.history(["k"], { limit })).rejects.toThrow(message);
    }
    await expect(kv.history([{} as never])).rejects.toThrow(TypeError);
    await expect(kv.history(["k"], { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  });

  test("sees every write called before it, and none called after it, though none was awaited", async () => {
    const calls = [kv.set(["k"], 1), kv.set(["k"], 2), kv.history(["k"]), kv.set(["k"], 3)] as const;
    expect((await calls[2]).map(({ value }) => value)).toEqual([1, 2]);
    await calls[3];
    expect(await values(kv, "k")).toEqual([1, 2, 3]);
  });

  test("of several keys, asked for in one turn, is each key's own", async () => {
    for (const value of [1, 2, 3]) {
      await kv.atomic().set(["a"], value).set(["b"], -value).commit();
      await checkpoint();
    }
    const histories = [values(kv, "a"), values(kv, "b"), values(kv, "none")];
    expect(await Promise.all(histories)).toEqual([[1, 2, 3], [-1, -2, -3], []]);
  });

  test("tells of a version whose life is over, with its end, but it is no entry any more", async () => {
    const { nowMs } = device;
    const set = await kv.set(["k"], "short", { expireIn: 100 });
    const { versionstamp } = set as { versionstamp: string };
    expect((await kv.get(["k"], { versionstamp })).value).toBe("short");
    await kv.set(["k"], "next");
    await checkpoint();
    expect((await kv.get(["k"], { versionstamp })).value).toBe("short");
    await device.advance(100);
    expect((await kv.history(["k"]))[0]).toEqual({
      key: ["k"],
      value: "short",
      versionstamp,
      type: "set",
      expireAt: nowMs + 100,
    });
    expect(await kv.get(["k"], { versionstamp })).toEqual({ key: ["k"], value: null, versionstamp: null });
  });
});

describe("a version", () => {
  test("is read by its versionstamp, as the entry it was", async () => {
    const versionstamps: string[] = [];
    for (const value of [1, 2, 3, 4]) {
      const set = await kv.set(["k"], value);
      if (set.ok) versionstamps.push(set.versionstamp);
      if (value === 2) await checkpoint();
    }
    const read = (versionstamp: string): Promise<unknown> => kv.get(["k"], { versionstamp });
    const [first = "", second = "", third = "", fourth = ""] = versionstamps;
    const absent = { key: ["k"], value: null, versionstamp: null };
    expect(await read(first)).toEqual(absent);
    expect(await read(second)).toEqual({ key: ["k"], value: 2, versionstamp: second });
    expect(await read(third.toUpperCase())).toEqual({ key: ["k"], value: 3, versionstamp: third });
    expect(await read(fourth)).toEqual(await kv.get(["k"]));
    expect(await kv.get(["other"], { versionstamp: third })).toEqual({ ...absent, key: ["other"] });
    await expect(read("yesterday")).rejects.toThrow(
      "yesterday is no versionstamp (20 hex digits); take it from an entry",
    );
  });

  test("that is a deletion is no entry", async () => {
    await kv.set(["k"], 1);
    await kv.delete(["k"]);
    const [, deletion] = await kv.history(["k"]);
    const { versionstamp = "" } = deletion ?? {};
    expect(await kv.get(["k"], { versionstamp })).toEqual({ key: ["k"], value: null, versionstamp: null });
  });
});

describe("a purge", () => {
  test("leaves a deletion alone, here at once and on disk at the next checkpoint", async () => {
    for (const value of [1, 2, 3]) {
      await kv.set(["k"], value);
      await kv.set(["kept"], value);
      await checkpoint();
    }
    expect(storage.image.versions).toHaveLength(4);
    await kv.purge(["k"]);
    expect(await values(device.mustGetTab(1).kv, "k")).toEqual([null]);
    await checkpoint();
    expect([await values(kv, "k"), await values(kv, "kept")]).toEqual([[null], [1, 2, 3]]);
    expect(storage.image.versions).toHaveLength(2);
  });

  test("is part of an atomic operation like a delete, and does nothing where a check fails", async () => {
    await kv.set(["k"], 1);
    await kv.set(["k"], 2);
    const failed = await kv
      .atomic()
      .check({ key: ["k"], versionstamp: null })
      .purge(["k"])
      .commit();
    expect([failed.ok, await values(kv, "k")]).toEqual([false, [1, 2]]);
    await kv.atomic().purge(["k"]).set(["k"], 3).commit();
    expect(await values(kv, "k")).toEqual([3]);
    await kv.atomic().set(["k"], 4).purge(["k"]).commit();
    expect(await values(kv, "k")).toEqual([null]);
    await expect(kv.purge([])).rejects.toThrow(TypeError);
  });
});

describe("the settings of a bucket", () => {
  test("are written down once, for every tab and for those that open it later", async () => {
    expect(settingsRows()).toBe(1);
    await kv.set(["k"], 1);
    await device.close();
    await open(undefined);
    await kv.set(["k"], 2);
    expect([settingsRows(), await values(kv, "k")]).toEqual([1, [1, 2]]);
    await checkpoint();
    await device.close();
    await open({ history: 3, expireInMs: null });
    expect([settingsRows(), await values(kv, "k")]).toEqual([0, [1, 2]]);
  });

  test("that are not asked for stay as they are", async () => {
    await using first = await openKv("kept apart", { history: 2, expireIn: 10_000 });
    await using second = await openKv("kept apart", { history: 5 });
    for (const each of [first, second]) {
      expect(await each.status()).toMatchObject({ history: 5, expireIn: 10_000 });
    }
    await using third = await openKv("kept apart", { expireIn: "never" });
    expect(await third.status()).toMatchObject({ history: 5, expireIn: null });
  });

  test("a life is that of what is set without one from then on, and of no sum", async () => {
    await kv.set(["before"], 1);
    await device.close();
    await open({ history: 3, expireInMs: 1000 });
    await kv.set(["default"], 1);
    await kv.set(["shorter"], 1, { expireIn: 500 });
    await kv.set(["never"], 1, { expireIn: "never" });
    await kv
      .atomic()
      .mutate({ type: "set", key: ["as data"], value: 1, expireIn: "never" })
      .commit();
    await kv.atomic().set(["atomic"], 1).sum(["sum"], 1n).commit();
    const standing = async (): Promise<readonly unknown[]> => {
      const keys: unknown[] = [];
      for await (const { key } of kv.list({ prefix: [] })) keys.push(key[0]);
      return keys;
    };
    await device.advance(500);
    expect(await standing()).toEqual(["as data", "atomic", "before", "default", "never", "sum"]);
    await device.advance(500);
    expect(await standing()).toEqual(["as data", "before", "never", "sum"]);
  });

  test.each([0, 65, 1.5, Number.NaN, "2"])("history %s is refused", async (history) => {
    await expect(openKv("refused", { history: history as number })).rejects.toThrow(
      `history must be an integer from 1 to 64, the versions kept of each key: received ${history}`,
    );
  });

  test.each([0, -1, 1.5, Number.POSITIVE_INFINITY, null])("expireIn %s is refused", async (expireIn) => {
    await expect(openKv("refused", { expireIn: expireIn as number })).rejects.toThrow(
      `expireIn must be an integer of at least 1, in ms, or "never": received ${expireIn}`,
    );
  });

  test("are left as they are by who only reads", async () => {
    await using first = await openKv("only read", { history: 2 });
    await using second = await openKv("only read", { history: 3, readonly: true });
    for (const each of [first, second]) expect(await each.status()).toMatchObject({ history: 2 });
  });
});
