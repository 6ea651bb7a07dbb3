/**
 * Calls about a whole selector: keys without values, counts, and deletes that are one commit where
 * they fit one and several where not.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commitBytesMax, mutationsMax, type Selector } from "@rockpool/model";
import type { ChangeItem } from "../feeds/changes.ts";
import type { Kv, KvKeyIterator } from "../kv.ts";
import { openKv } from "../open-kv.ts";

let kv: Kv;

beforeEach(async () => {
  kv = await openKv(":memory:");
});

afterEach(async () => {
  await kv[Symbol.asyncDispose]();
});

const drain = async (keys: KvKeyIterator): Promise<unknown[]> => {
  const drained: unknown[] = [];
  for await (const key of keys) drained.push(key);
  return drained;
};

const numbers = (...of: number[]): unknown[] => of.map((n) => ["n", n]);

/** A feed of ["n"] that has given what stood there. */
const readyFeed = async (): Promise<ReadableStreamDefaultReader<ChangeItem<unknown>>> => {
  const feed = kv.changes({ prefix: ["n"] }).getReader();
  while ((await feed.read()).value?.type !== "ready");
  return feed;
};

/** Sets ["n", 0] … ["n", count - 1], many a commit. */
const setMany = async (
  count: number,
  keyOf = (n: number): readonly [string, number | string] => ["n", n],
) => {
  for (let from = 0; from < count; from += 3000) {
    const operation = kv.atomic();
    for (let n = from; n < Math.min(count, from + 3000); n++) operation.set(keyOf(n), n);
    await operation.commit();
  }
};

describe("keys", () => {
  test("come in order, both ways, within the limit, and resume behind a cursor", async () => {
    await setMany(7);
    await kv.set(["other"], 1);
    expect(await drain(kv.keys({ prefix: ["n"] }))).toEqual(numbers(0, 1, 2, 3, 4, 5, 6));
    expect(await drain(kv.keys({ prefix: ["n"] }, { reverse: true, limit: 2 }))).toEqual(numbers(6, 5));
    const iterator = kv.keys({ prefix: ["n"] }, { batchSize: 2 });
    await iterator.next();
    await iterator.next();
    const { cursor } = iterator;
    expect(await drain(kv.keys({ prefix: ["n"] }, { cursor }))).toEqual(numbers(2, 3, 4, 5, 6));
    await drain(iterator);
    expect(iterator.cursor).toBe("");
  });

  test("leave out what was deleted and what has ended", async () => {
    await setMany(3);
    await kv.delete(["n", 1]);
    await kv.set(["n", 2], 1, { expireIn: 0 });
    expect(await drain(kv.keys({ prefix: [] }))).toEqual([["n", 0]]);
  });

  test("are refused as lists are: a bad selector at the call, an aborted signal at the first key", async () => {
    expect(() => kv.keys({ start: ["a"] } as unknown as Selector)).toThrow(TypeError);
    const signal = AbortSignal.abort(new Error("no more"));
    await expect(kv.keys({ prefix: [] }, { signal }).next()).rejects.toThrow("no more");
  });
});

describe("count", () => {
  test("is the number of entries, over several pieces too", async () => {
    expect(await kv.count({ prefix: [] })).toBe(0);
    await setMany(20_000);
    await kv.delete(["n", 7]);
    await kv.set(["n", 8], 1, { expireIn: 0 });
    await kv.set(["other"], 1);
    expect(await kv.count({ prefix: ["n"] })).toBe(19_998);
    expect(await kv.count({ start: ["n", 5], end: ["n", 15] }, { consistency: "eventual" })).toBe(8);
    expect(await kv.count({ prefix: ["none"] })).toBe(0);
  });

  test("rejects for a bad selector and with the reason of its signal", async () => {
    await expect(kv.count({ prefix: [], start: ["a"], end: ["b"] } as Selector)).rejects.toThrow(TypeError);
    const signal = AbortSignal.abort(new Error("no more"));
    await expect(kv.count({ prefix: [] }, { signal })).rejects.toThrow("no more");
  });
});

describe("delete by selector", () => {
  test("is one commit when it fits one: watchers see all of it at once", async () => {
    await setMany(mutationsMax);
    await kv.set(["other"], 1);
    const feed = await readyFeed();
    const result = await kv.delete({ prefix: ["n"] });
    expect(result).toEqual({ ok: true, deleted: mutationsMax, versionstamp: expect.any(String) });
    const { value } = await feed.read();
    expect(value?.type === "update" && value.entries).toHaveLength(mutationsMax);
    expect(value?.versionstamp.slice(0, 16)).toBe(result.versionstamp?.slice(0, 16));
    expect(await drain(kv.keys({ prefix: [] }))).toEqual([["other"]]);
    await feed.cancel();
  });

  test("takes the keys in view when its turn comes, those just set and not awaited included", async () => {
    const sets = [kv.set(["n", 1], 1), kv.set(["n", 2], 2), kv.delete(["n", 1])];
    const deleted = kv.delete({ prefix: ["n"] });
    const later = kv.set(["n", 3], 3);
    expect((await deleted).deleted).toBe(1);
    await Promise.all([...sets, later]);
    expect(await drain(kv.keys({ prefix: [] }))).toEqual([["n", 3]]);
  });

  test("of nothing commits nothing", async () => {
    const before = await kv.set(["other"], 1);
    expect(await kv.delete({ prefix: ["n"] })).toEqual({ ok: true, deleted: 0, versionstamp: null });
    expect((await kv.status()).versionstamp.slice(0, 16)).toBe(before.versionstamp.slice(0, 16));
  });

  test("of more than a commit holds is several, by number and by bytes of keys", async () => {
    await setMany(mutationsMax + 1);
    const first = await kv.delete({ prefix: ["n"] });
    expect(first).toMatchObject({ ok: true, deleted: mutationsMax + 1 });
    const count = Math.ceil(commitBytesMax / 2000) + 10;
    await setMany(count, (n) => ["n", String(n).padStart(2000, "0")]);
    expect(await kv.delete({ prefix: ["n"] })).toMatchObject({ ok: true, deleted: count });
    expect(await kv.count({ prefix: [] })).toBe(0);
  });

  test("stops between two commits when its signal aborts, says how far it came, and goes on when called again", async () => {
    await setMany(2 * mutationsMax + 5);
    const stop = new AbortController();
    const feed = await readyFeed();
    const deleting = kv.delete({ prefix: ["n"] }, { signal: stop.signal });
    await feed.read();
    stop.abort();
    await feed.cancel();
    const stopped = await deleting;
    expect(stopped.ok).toBe(false);
    expect(stopped.deleted % mutationsMax).toBe(0);
    expect(stopped.deleted).toBeGreaterThan(0);
    const rest = await kv.delete({ prefix: ["n"] });
    expect(rest.ok && rest.deleted + stopped.deleted).toBe(2 * mutationsMax + 5);
    const none = await kv.delete({ prefix: [] }, { signal: AbortSignal.abort() });
    expect(none).toEqual({ ok: false, deleted: 0, versionstamp: null });
  });
});
