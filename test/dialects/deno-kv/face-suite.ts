/**
 * Sections 1.0 to 1.2 and 1.13 of Deno KV's behaviour: names, which misuse throws at once, rejects or
 * waits for the commit, what can be opened, and what closing ends.
 */
import * as deno from "@rockpool/deno-kv";
import { AtomicOperation, errors, Kv, KvListIterator, KvU64, openKv } from "@rockpool/deno-kv";
import { openKv as openBucket } from "rockpool";
import { describe, expect, test } from "vitest";
import { anything, type Bed, rejects, throwsAtOnce, times, valueOf } from "./bed.ts";

const badPart = "expected string, number, bigint, ArrayBufferView, boolean";

const namesOf = (prototype: object): ReadonlySet<string | symbol> => new Set(Reflect.ownKeys(prototype));

export const describeFace = (bed: Bed): void => {
  describe("1.0 names", () => {
    test("1.0 names: the package has Deno's names, and what opens and installs it", () => {
      const classes = ["AtomicOperation", "Kv", "KvListIterator", "KvU64", "openKv"];
      expect(Object.keys(deno).toSorted()).toEqual([...classes, "errors", "install"].toSorted());
    });

    test("1.0 names: the prototypes have Deno's methods and no others, and instances nothing of their own", () => {
      const ofKv = [
        "constructor",
        "atomic",
        "commitVersionstamp",
        "get",
        "getMany",
        "set",
        "delete",
        "list",
        "enqueue",
        "listenQueue",
        "watch",
        "close",
        Symbol.dispose,
      ];
      const ofOperation = [
        "constructor",
        "check",
        "mutate",
        "sum",
        "min",
        "max",
        "set",
        "delete",
        "enqueue",
        "commit",
        "then",
        Symbol.for("Deno.customInspect"),
        Symbol.for("nodejs.util.inspect.custom"),
      ];
      const ofIterator = ["constructor", "cursor", "next", Symbol.asyncIterator];
      expect(namesOf(Kv.prototype)).toEqual(new Set(ofKv));
      expect(namesOf(AtomicOperation.prototype)).toEqual(new Set(ofOperation));
      expect(namesOf(KvListIterator.prototype)).toEqual(new Set(ofIterator));
      const { kv } = bed;
      for (const [made, Class] of [
        [kv, Kv],
        [kv.atomic(), AtomicOperation],
        [kv.list({ prefix: [] }), KvListIterator],
      ] as const) {
        expect(made).toBeInstanceOf(Class);
        expect(Reflect.ownKeys(made)).toEqual([]);
        expect(made.constructor.name).toBe(Class.name);
      }
    });

    test("1.0 names: the classes cannot be constructed", () => {
      throwsAtOnce(() => new Kv(), [TypeError, "Deno.Kv can not be constructed: use Deno.openKv instead"]);
      expect(() => new AtomicOperation()).toThrow(TypeError);
      expect(() => new KvListIterator()).toThrow(TypeError);
    });

    test("1.0 names: an operation cannot be awaited or returned from an async function", async () => {
      const forgotten = "'Deno.AtomicOperation' is not a promise: did you forget to call 'commit()'";
      throwsAtOnce(
        () => Reflect.apply(AtomicOperation.prototype["then" as never], bed.kv.atomic(), []),
        [TypeError, forgotten],
      );
      await rejects(async () => bed.kv.atomic(), [TypeError, forgotten]);
      await rejects(() => Promise.resolve(bed.kv.atomic().set(["k"], 1)), [TypeError, forgotten]);
    });

    test("1.0 names: an operation prints its calls", () => {
      const custom = Symbol.for("Deno.customInspect") as never;
      const print = (operation: AtomicOperation): string =>
        (operation[custom] as (inspect: (value: unknown) => string) => string)((value) =>
          JSON.stringify(value, (_, part: unknown) => (part instanceof KvU64 ? `${part}n` : part)),
        );
      expect(print(bed.kv.atomic())).toBe("AtomicOperation (empty)");
      const operation = bed.kv
        .atomic()
        .set(["b"], { a: 1 }, { expireIn: 5 })
        .enqueue("x", { delay: 4 })
        .sum(["c"], 2n)
        .delete(["d"])
        .check({ key: ["a"], versionstamp: null });
      expect(print(operation)).toBe(
        [
          "AtomicOperation",
          'check({"key":["a"],"versionstamp":null})',
          'set(["b"], {"a":1}, {"expireIn":5})',
          'sum(["c"], "2n")',
          'delete(["d"])',
          'enqueue("x", {"delay":4})',
        ].join("\n  "),
      );
    });

    test("1.0 names: an iterator is its own, without return and throw", () => {
      const entries = bed.kv.list({ prefix: [] });
      expect(entries[Symbol.asyncIterator]()).toBe(entries);
      expect([entries.return, entries.throw]).toEqual([undefined, undefined]);
    });
  });

  describe("1.1 error model", () => {
    test("1.1 errors: asynchronous methods reject and never throw at once", async () => {
      const { kv } = bed;
      const calls = [
        () => kv.get(anything("k")),
        () => kv.getMany(anything(null)),
        () => kv.set(anything(null), 1),
        () => kv.set(["k"], () => 1),
        () => kv.set(["k"], 1, { expireIn: -1 }),
        () => kv.delete(anything(null)),
        () => kv.enqueue(1, { delay: -1 }),
        () => kv.enqueue(() => 1),
        () => kv.atomic().set(anything(null), 1).commit(),
        () => kv.list({ start: ["b"], end: ["a"] }).next(),
      ];
      for (const call of calls) {
        const promise = call();
        expect(promise).toBeInstanceOf(Promise);
        await expect(promise).rejects.toThrow(TypeError);
      }
    });

    test("1.1 errors: list, watch, close and every builder throw at once", async () => {
      const kv = await bed.open();
      const calls = [
        () => kv.list(anything({})),
        () => kv.list({ prefix: [] }, { limit: 0 }),
        () => kv.watch([anything("k")]),
        () => kv.atomic().check(anything(null)),
        () => kv.atomic().set(["k"], 1, { expireIn: -1 }),
        () => kv.atomic().set(["k"], () => 1),
        () => kv.atomic().mutate(anything({ key: ["k"], type: "move" })),
        () => kv.atomic().mutate({ key: ["k"], type: "set", value: 1, expireIn: 1.5 }),
        () => kv.atomic().sum(["k"], -1n),
        () => kv.atomic().enqueue(1, { delay: -1 }),
        () => kv.atomic().enqueue(1, { backoffSchedule: [-1] }),
        () => kv.atomic().enqueue(() => 1),
      ];
      for (const call of calls) expect(call).toThrow(Error);
      kv.close();
      expect(() => kv.close()).toThrow(errors.BadResource);
    });

    test("1.1 errors: keys, sizes, counts, versionstamps, part types and operands wait for the commit", async () => {
      const { kv } = bed;
      const many = kv.atomic();
      times(101, (index) => many.check({ key: ["k", index], versionstamp: null }));
      const operations = [
        kv.atomic().set(anything("k"), 1),
        kv.atomic().delete([anything({})]),
        kv.atomic().check({ key: [], versionstamp: null }),
        kv.atomic().check({ key: ["k"], versionstamp: "old" }),
        kv.atomic().set([new Uint8Array(3000)], 1),
        kv.atomic().set(["k"], new Uint8Array(65_537)),
        kv.atomic().mutate({ type: "sum", key: ["k"], value: anything(1) }),
        many,
      ];
      for (const operation of operations) await expect(operation.commit()).rejects.toThrow(TypeError);
    });

    test("1.1 errors: a TypeError but for a list's counts, a KvU64's range and what is closed", async () => {
      const { kv } = bed;
      throwsAtOnce(
        () => kv.list({ prefix: [] }, { limit: -1 }),
        [Error, "Limit must be a positive integer: received -1"],
      );
      throwsAtOnce(
        () => kv.list({ prefix: [] }, { batchSize: 1.5 }),
        [Error, "batchSize must be a positive integer: received 1.5"],
      );
      throwsAtOnce(() => new KvU64(2n ** 64n), [RangeError, "Value must fit in a 64-bit unsigned integer"]);
      throwsAtOnce(() => kv.watch([[anything({})]]), [TypeError, badPart]);
      const error = new errors.BadResource("m", { cause: "c" });
      expect(error).toBeInstanceOf(Error);
      expect([error.name, error.message, error.cause]).toEqual(["BadResource", "m", "c"]);
    });
  });

  describe("1.2 openKv", () => {
    test('1.2 openKv: ":memory:" is a private database of each call', async () => {
      using one = await openKv(":memory:");
      using other = await openKv(":memory:");
      await one.set(["k"], "one");
      expect([await valueOf(one, "k"), await valueOf(other, "k")]).toEqual(["one", null]);
    });

    test("1.2 openKv: an empty path and one that begins with a colon are refused", async () => {
      await rejects(() => openKv(""), [TypeError, "Filename cannot be empty"]);
      await rejects(
        () => openKv(":foo"),
        [TypeError, "Filename cannot start with ':' unless prefixed with './'"],
      );
      using kv = await openKv("./:foo");
      await kv.set(["k"], 1);
    });

    test("1.2 openKv: all that open a path share what is in it, and hear of changes", async () => {
      const at = bed.at();
      using other = await bed.open();
      const reader = other.watch([[at]]).getReader();
      expect((await reader.read()).value?.[0].value).toBeNull();
      await bed.kv.set([at], 1);
      expect((await reader.read()).value?.[0].value).toBe(1);
      expect(await valueOf(other, at)).toBe(1);
    });

    test("1.2 openKv: no path is a database of its own, the same each time", async () => {
      using one = await openKv();
      using other = await openKv();
      const value = crypto.randomUUID();
      await one.set(["opened without a path"], value);
      expect(await valueOf(other, "opened without a path")).toBe(value);
      await one.delete(["opened without a path"]);
    });

    test("1.2 openKv: an address is refused with the remedy", async () => {
      for (const address of ["https://example.org/kv", "http://127.0.0.1"]) {
        await expect(openKv(address)).rejects.toThrow(TypeError);
        await expect(openKv(address)).rejects.toThrow(
          /^Could not open Deno KV database: http.* relay: "wss:/,
        );
      }
    });

    test("1.2 openKv: takes a bucket that is open, its promise or what opens it, and leaves it open", async () => {
      await using bucket = await openBucket(":memory:");
      for (const source of [bucket, Promise.resolve(bucket), () => bucket, async () => bucket]) {
        const kv = await openKv(source);
        await kv.set(["k"], "through Deno's");
        kv.close();
        await rejects(() => kv.get(["k"]), [errors.BadResource, "Bad resource ID"]);
        expect((await bucket.get(["k"])).value).toBe("through Deno's");
        await bucket.delete(["k"]);
      }
    });

    test("1.2 openKv: a lease that is none is refused", async () => {
      for (const queueLeaseMs of [0, 99, 1000.5, anything("1000")]) {
        await expect(openKv(":memory:", { queueLeaseMs })).rejects.toThrow(
          /^queueLeaseMs must be an integer/,
        );
      }
    });
  });

  describe("1.13 close and dispose", () => {
    test("1.13 close: twice throws BadResource at once; disposing is harmless, however often", async () => {
      const kv = await bed.open();
      kv.close();
      throwsAtOnce(() => kv.close(), [errors.BadResource, "Bad resource ID"]);
      kv[Symbol.dispose]();
      kv[Symbol.dispose]();
      const disposed = await bed.open();
      disposed[Symbol.dispose]();
      throwsAtOnce(() => disposed.close(), [errors.BadResource, "Bad resource ID"]);
    });

    test("1.13 close: after it calls reject with BadResource; watch throws it; listenQueue is closed", async () => {
      const kv = await bed.open();
      const operation = kv.atomic().set(["k"], 1);
      const entries = kv.list({ prefix: [] });
      kv.close();
      const calls = [
        () => kv.get(["k"]),
        () => kv.getMany([["k"]]),
        () => kv.getMany([]),
        () => kv.set(["k"], 1),
        () => kv.delete(["k"]),
        () => kv.enqueue(1),
        () => operation.commit(),
        () => entries.next(),
      ];
      for (const call of calls) await rejects(call, [errors.BadResource, "Bad resource ID"]);
      throwsAtOnce(() => kv.watch([["k"]]), [errors.BadResource, "Bad resource ID"]);
      await rejects(() => kv.listenQueue(() => {}), [Error, "Queue already closed"]);
    });

    test("1.13 close: atomic, list and commitVersionstamp can still be called", async () => {
      const kv = await bed.open();
      kv.close();
      kv.atomic()
        .check({ key: ["k"], versionstamp: null })
        .set(["k"], 1);
      expect(() => kv.list({ prefix: [] }).cursor).toThrow("Cannot get cursor before first iteration");
      expect(kv.commitVersionstamp()).toBeTypeOf("symbol");
    });

    test("1.13 close: what is in flight rejects with a TypeError, or is done", async () => {
      const kv = await bed.open();
      const calls = [kv.get(["k"]), kv.set([bed.at()], 1), kv.list({ prefix: [] }).next()];
      kv.close();
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === "fulfilled") continue;
        expect(result.reason).toMatchObject({ name: "TypeError", message: "Database is closed." });
      }
    });
  });
};
