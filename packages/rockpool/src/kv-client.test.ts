/**
 * The face of a bucket behaves as Deno KV's: what it returns, what rejects, what throws at once, how
 * lists resume.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { KvU64 } from "@rockpool/model";
import type { Kv, KvListIterator } from "./kv.ts";
import type { OpenOptions } from "./open-options.ts";
import { openKv } from "./open-kv.ts";

let kv: Kv;
let names = 0;

beforeEach(async () => {
  kv = await openKv(`kv-client-${names++}`);
});

afterEach(async () => {
  await kv[Symbol.asyncDispose]();
});

const drain = async <T>(entries: AsyncIterable<T>): Promise<T[]> => {
  const drained: T[] = [];
  for await (const entry of entries) drained.push(entry);
  return drained;
};

const keysOf = async (entries: KvListIterator<unknown>): Promise<unknown[]> =>
  (await drain(entries)).map(({ key }) => key);

describe("reading and writing", () => {
  test("a missing key is an entry of nulls under the key asked for", async () => {
    expect(await kv.get(["no"])).toEqual({ key: ["no"], value: null, versionstamp: null });
    expect(await kv.getMany([])).toEqual([]);
    expect(await kv.get([])).toEqual({ key: [], value: null, versionstamp: null });
  });

  test("versionstamps are 20 hex digits, grow with every commit, and are shared within one", async () => {
    const first = await kv.set(["a"], 1);
    const second = await kv.atomic().set(["b"], 2).set(["c"], 3).commit();
    expect(first.versionstamp).toMatch(/^[0-9a-f]{20}$/);
    expect(second.ok && second.versionstamp > first.versionstamp).toBe(true);
    const [b, c] = await kv.getMany([["b"], ["c"]]);
    expect(b.versionstamp).toBe(second.ok && second.versionstamp);
    expect(c.versionstamp).toBe(b.versionstamp);
  });

  test("set and delete reject for an empty key, a bad part and a value too large, and the old value stays", async () => {
    await kv.set(["k"], "old");
    await expect(kv.set([], 1)).rejects.toThrow("key cannot be empty");
    await expect(kv.delete([])).rejects.toThrow(TypeError);
    await expect(kv.get([null as unknown as string])).rejects.toThrow(
      "expected string, number, bigint, ArrayBufferView, boolean",
    );
    await expect(kv.set(["k"], "x".repeat(1024 * 1024))).rejects.toThrow(
      /Value too large \(max 1048576 bytes\)/,
    );
    await expect(kv.set(["k"], { run: () => 1 })).rejects.toThrow(/value\.run/);
    expect((await kv.get(["k"])).value).toBe("old");
  });

  test("an entry with expireIn is gone when its time is over, and a new set without it stays", async () => {
    await kv.set(["gone"], 1, { expireIn: 0 });
    await kv.set(["here"], 1, { expireIn: 60_000 });
    expect((await kv.get(["gone"])).value).toBeNull();
    expect((await kv.get(["here"])).value).toBe(1);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual([["here"]]);
    await expect(kv.set(["k"], 1, { expireIn: 1.5 })).rejects.toThrow(
      "expireIn must be a non-negative integer: received 1.5",
    );
  });

  test("a read sees every write called before it, though none was awaited", async () => {
    const writes = [kv.set(["n"], 1), kv.set(["n"], 2)];
    const read = kv.get(["n"]);
    const later = kv.set(["n"], 3);
    expect((await read).value).toBe(2);
    await Promise.all([...writes, later]);
    expect((await kv.get(["n"], { consistency: "eventual" })).value).toBe(3);
    await expect(kv.get(["n"], { consistency: "weak" as "strong" })).rejects.toThrow(
      "unknown variant `weak`",
    );
  });
});

describe("atomic operations", () => {
  test("checks hold or nothing is written", async () => {
    const { versionstamp } = await kv.set(["k"], 1);
    expect(
      await kv
        .atomic()
        .check({ key: ["k"], versionstamp: null })
        .set(["k"], 2)
        .commit(),
    ).toEqual({ ok: false });
    expect(
      (
        await kv
          .atomic()
          .check({ key: ["k"], versionstamp })
          .set(["k"], 2)
          .commit()
      ).ok,
    ).toBe(true);
    expect(
      await kv
        .atomic()
        .check({ key: ["k"], versionstamp })
        .set(["k"], 3)
        .commit(),
    ).toEqual({ ok: false });
    expect((await kv.get(["k"])).value).toBe(2);
  });

  test("sum, min and max work on u64 values, in order, a missing one taking the operand", async () => {
    await kv
      .atomic()
      .sum(["n"], 5n)
      .sum(["n"], 2n ** 64n - 1n)
      .min(["low"], 3n)
      .max(["high"], 9n)
      .commit();
    await kv.atomic().min(["low"], 7n).max(["high"], 4n).delete(["n"]).sum(["n"], 1n).commit();
    const entries = await kv.getMany([["n"], ["low"], ["high"]]);
    expect(entries.map(({ value }) => value)).toEqual([new KvU64(1n), new KvU64(3n), new KvU64(9n)]);
  });

  test("builders throw at once, keys are judged at commit, and an operation is no promise", async () => {
    expect(() => kv.atomic().sum(["n"], -1n)).toThrow(RangeError);
    expect(() => kv.atomic().set(["k"], 1, { expireIn: -1 })).toThrow(TypeError);
    await expect(kv.atomic().set([], 1).commit()).rejects.toThrow("key cannot be empty");
    await expect(
      kv
        .atomic()
        .check({ key: ["k"], versionstamp: "xyz" })
        .commit(),
    ).rejects.toThrow("Invalid check");
    await expect((async () => kv.atomic())()).rejects.toThrow("did you forget to call 'commit()'");
  });

  test("a commit beyond the limits is refused by name, number and remedy", async () => {
    const many = kv.atomic();
    for (let index = 0; index <= 10_000; index++) many.delete(["k", index]);
    await expect(many.commit()).rejects.toThrow(/Too many mutations \(max 10000\).*10001/);
  });
});

describe("listing", () => {
  beforeEach(async () => {
    const atomic = kv.atomic();
    for (const name of ["a", "b", "c", "d", "e"]) atomic.set(["x", name], name);
    await atomic.set(["x"], "the prefix itself").set(["y"], 1).commit();
  });

  test("a prefix holds its children, not itself; start is included, end is not; reverse turns them round", async () => {
    expect(await keysOf(kv.list({ prefix: ["x"] }))).toEqual([
      ["x", "a"],
      ["x", "b"],
      ["x", "c"],
      ["x", "d"],
      ["x", "e"],
    ]);
    expect(await keysOf(kv.list({ start: ["x", "b"], end: ["x", "d"] }))).toEqual([
      ["x", "b"],
      ["x", "c"],
    ]);
    expect(await keysOf(kv.list({ prefix: ["x"], start: ["x", "d"] }, { reverse: true }))).toEqual([
      ["x", "e"],
      ["x", "d"],
    ]);
  });

  test("a cursor resumes after the entry it was taken at, in either direction, though that entry is gone", async () => {
    for (const reverse of [false, true]) {
      const head = kv.list({ prefix: ["x"] }, { limit: 2, batchSize: 1, reverse });
      expect(() => head.cursor).toThrow("Cannot get cursor before first iteration");
      const seen = await keysOf(head);
      await kv.delete(seen[1] as string[]);
      const tail = await keysOf(kv.list({ prefix: ["x"] }, { cursor: head.cursor, reverse }));
      await kv.set(seen[1] as string[], "back");
      expect([...seen, ...tail]).toHaveLength(5);
      expect(new Set([...seen, ...tail].map((key) => JSON.stringify(key))).size).toBe(5);
    }
  });

  test("break leaves the iterator usable, and its cursor is empty once all was yielded", async () => {
    const entries = kv.list({ prefix: ["x"] }, { batchSize: 2 });
    for await (const { key } of entries) if (key[1] === "b") break;
    expect(await keysOf(entries)).toEqual([
      ["x", "c"],
      ["x", "d"],
      ["x", "e"],
    ]);
    expect(entries.cursor).toBe("");
    expect(await entries.next()).toEqual({ done: true, value: undefined });
  });

  test("wrong selectors and options throw at the call, wrong keys and cursors reject at the first read", async () => {
    expect(() => kv.list({} as { prefix: string[] })).toThrow(
      "Selector must specify either 'prefix' or both 'start' and 'end' key",
    );
    expect(() => kv.list({ prefix: [] }, { limit: 0 })).toThrow(
      "Limit must be a positive integer: received 0",
    );
    await expect(kv.list({ start: ["b"], end: ["a"] }).next()).rejects.toThrow(
      "Start key is greater than end key",
    );
    await expect(kv.list({ prefix: [] }, { cursor: "?" }).next()).rejects.toThrow("invalid cursor");
  });
});

describe("watching", () => {
  test("gives what stands at once, then each change, and ends with the bucket", async () => {
    const reader = kv.watch([["k"], ["l"]]).getReader();
    expect((await reader.read()).value?.map(({ value }) => value)).toEqual([null, null]);
    await kv.atomic().set(["k"], 1).set(["l"], 2).commit();
    expect((await reader.read()).value?.map(({ value }) => value)).toEqual([1, 2]);
    await kv.set(["other"], 1);
    await kv.delete(["k"]);
    expect((await reader.read()).value?.map(({ value }) => value)).toEqual([null, 2]);
    const last = reader.read();
    await kv[Symbol.asyncDispose]();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  test("no keys are watched to their end at once", async () => {
    expect(await kv.watch([]).getReader().read()).toEqual({ done: true, value: undefined });
  });
});

describe("opening", () => {
  test("what cannot be a name or an address is refused by name", async () => {
    await expect(openKv("")).rejects.toThrow(/received ""/);
    await expect(openKv("k", { relay: "http://127.0.0.1" })).rejects.toThrow(
      "relay must be a ws: or wss: address: received http://127.0.0.1",
    );
  });

  test("flush without a relay is refused as offline", async () => {
    await expect(kv.sync.flush()).rejects.toMatchObject({ code: "offline" });
    expect(kv.sync.status.state).toBe("off");
  });
});

describe("signals", () => {
  test("a signal that does not abort changes nothing, and none is listened to after its call", async () => {
    const { signal } = new AbortController();
    const heard = vi.spyOn(signal, "addEventListener");
    const unheard = vi.spyOn(signal, "removeEventListener");
    await kv.set(["k"], 1, { signal, expireIn: 60_000 });
    expect((await kv.get(["k"], { signal })).value).toBe(1);
    expect((await kv.atomic().set(["l"], 2).commit({ signal })).ok).toBe(true);
    expect(await keysOf(kv.list({ prefix: [] }, { signal }))).toEqual([["k"], ["l"]]);
    await kv.delete(["k"], { signal });
    expect(heard).toHaveBeenCalledTimes(5);
    expect(unheard).toHaveBeenCalledTimes(5);
  });

  test("a list stops at an abort, though the rest of its batch is here", async () => {
    await kv.atomic().set(["a"], 1).set(["b"], 2).commit();
    const aborting = new AbortController();
    const entries = kv.list({ prefix: [] }, { signal: aborting.signal });
    await entries.next();
    aborting.abort(new Error("enough"));
    await expect(entries.next()).rejects.toThrow("enough");
  });
});

test.each([
  [{ confirm: "relay" }, /confirm: "relay" needs a relay.*pass its address/],
  [{ confirm: "maybe", relay: "ws://r" }, /confirm must be "relay" or "local": received maybe/],
  [{ conflict: "mine" }, /conflict must be "last-write-wins" or "revision": received mine/],
])("openKv refuses %o, naming the remedy", async (options, message) => {
  await expect(openKv("refused", options as OpenOptions)).rejects.toThrow(message);
  await expect(openKv("refused", options as OpenOptions)).rejects.toThrow(TypeError);
});
