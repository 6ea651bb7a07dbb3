/**
 * The face of a bucket as Deno KV has it: the names, the types, and which misuse throws at once,
 * rejects, or waits for the commit.
 */
import { type Kv, type KvEntryMaybe, KvError, KvU64 } from "rockpool";
import { describe, expect, expectTypeOf, test as base } from "vitest";
import { anything, kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

const denoKv = ["atomic", "commitVersionstamp", "get", "getMany", "set", "delete", "list", "watch", "close"];
const denoAtomic = ["check", "mutate", "sum", "min", "max", "set", "delete", "commit", "then"];

describe("names", () => {
  test("a bucket, an operation and a list have every method of Deno KV's but the queue's", ({ kv }) => {
    for (const name of denoKv) expect(kv).toHaveProperty([name], expect.any(Function));
    for (const name of denoAtomic) expect(kv.atomic()).toHaveProperty([name], expect.any(Function));
    const entries = kv.list({ prefix: [] });
    for (const method of [kv[Symbol.dispose], entries.next]) expect(method).toBeTypeOf("function");
    expect(entries[Symbol.asyncIterator]()).toBe(entries);
    expect(entries).not.toHaveProperty("return");
    expect(entries).not.toHaveProperty("throw");
  });

  test("there are no queues: enqueue and listenQueue are missing", ({ kv }) => {
    expect(kv).not.toHaveProperty("enqueue");
    expect(kv).not.toHaveProperty("listenQueue");
    expect(kv.atomic()).not.toHaveProperty("enqueue");
  });

  test("an operation cannot be awaited or returned from an async function", async ({ kv }) => {
    const forgotten = "'AtomicOperation' is not a promise: did you forget to call 'commit()'";
    await expect((async () => kv.atomic())()).rejects.toThrow(new TypeError(forgotten));
    await expect(Promise.resolve(kv.atomic().set(["k"], 1))).rejects.toThrow(forgotten);
  });

  test("keys and values are typed as in Deno, entry by entry", async ({ kv }) => {
    expectTypeOf(await kv.get<string>(["k"])).toEqualTypeOf<KvEntryMaybe<string>>();
    const entries = await kv.getMany<[string, number]>([["k"], ["l"]]);
    expectTypeOf(entries).toEqualTypeOf<[KvEntryMaybe<string>, KvEntryMaybe<number>]>();
    const stream = kv.watch<[string, number]>([["k"], ["l"]]);
    expectTypeOf(stream).toEqualTypeOf<ReadableStream<[KvEntryMaybe<string>, KvEntryMaybe<number>]>>();
    await stream.cancel();
    const entry = entries[0];
    if (entry.versionstamp !== null) expectTypeOf(entry.value).toEqualTypeOf<string>();
    expectTypeOf<Parameters<Kv["list"]>[0]>().not.toExtend<{ limit: number }>();
  });
});

describe("errors", () => {
  test("asynchronous methods reject and never throw at once", async ({ kv }) => {
    const calls = [
      () => kv.get(anything(null)),
      () => kv.getMany(anything(null)),
      () => kv.set(anything(null), 1),
      () => kv.set(["k"], () => 1),
      () => kv.set(["k"], 1, { expireIn: -1 }),
      () => kv.delete(anything(null)),
      () => kv.atomic().set(anything(null), 1).commit(),
      () => kv.list({ start: ["b"], end: ["a"] }).next(),
    ];
    for (const call of calls) {
      const promise = call();
      expect(promise).toBeInstanceOf(Promise);
      await expect(promise).rejects.toThrow(TypeError);
    }
  });

  test("list, watch, close and the builders of an operation throw at once", ({ kv }) => {
    expect(() => kv.list(anything({}))).toThrow(TypeError);
    expect(() => kv.list({ prefix: [] }, { limit: 0 })).toThrow(Error);
    expect(() => kv.watch([anything("k")])).toThrow(TypeError);
    expect(() => kv.atomic().set(["k"], () => 1)).toThrow(TypeError);
    expect(() => kv.atomic().set(["k"], 1, { expireIn: -1 })).toThrow(TypeError);
    expect(() => kv.atomic().mutate(anything({ key: ["k"], type: "move" }))).toThrow(TypeError);
    expect(() => kv.atomic().sum(["k"], -1n)).toThrow(RangeError);
    kv.close();
    expect(() => kv.close()).toThrow(KvError);
  });

  test("keys, sizes, counts, versionstamps and operands wait for the commit", async ({ kv }) => {
    const many = kv.atomic();
    for (let index = 0; index <= 1000; index++) many.check({ key: ["k", index], versionstamp: null });
    const operations = [
      kv.atomic().set(anything("k"), 1),
      kv.atomic().delete([anything({})]),
      kv.atomic().check({ key: [], versionstamp: null }),
      kv.atomic().check({ key: ["k"], versionstamp: "old" }),
      kv.atomic().set([new Uint8Array(3000)], 1),
      kv.atomic().mutate({ type: "sum", key: ["k"], value: anything(1) }),
      many,
    ];
    for (const operation of operations) await expect(operation.commit()).rejects.toThrow(TypeError);
  });

  test("misuse is a TypeError; a list's counts are an Error, a number no u64 holds a RangeError", ({
    kv,
  }) => {
    expect(nameOf(() => kv.list({ prefix: [] }, { limit: -1 }))).toBe("Error");
    expect(nameOf(() => kv.list({ prefix: [] }, { batchSize: 1.5 }))).toBe("Error");
    expect(nameOf(() => new KvU64(2n ** 64n))).toBe("RangeError");
    expect(nameOf(() => new KvU64(anything(1)))).toBe("TypeError");
    expect(nameOf(() => kv.list(anything({ start: [] })))).toBe("TypeError");
  });
});

const nameOf = (misuse: () => unknown): string => {
  try {
    misuse();
    return "none";
  } catch (error) {
    return (error as Error).constructor.name;
  }
};
