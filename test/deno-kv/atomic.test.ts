/**
 * Atomic operations: checks, mutations in their order, limits, and nothing written unless all is.
 */
import { KvU64 } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { anything, keysOf, kvFixture, valueOf } from "./kv-fixture.ts";

const test = base.extend(kvFixture);
const u64Max = 2n ** 64n - 1n;

describe("checks", () => {
  test("null and undefined say that there is no entry; a versionstamp, in either case, that it stands", async ({
    kv,
  }) => {
    const { versionstamp } = await kv.set(["k"], 1);
    const check = async (key: string, wanted: unknown): Promise<boolean> =>
      (
        await kv
          .atomic()
          .check({ key: [key], versionstamp: anything(wanted) })
          .commit()
      ).ok;
    expect(await check("no", null)).toBe(true);
    expect(await check("no", undefined)).toBe(true);
    expect(await check("k", null)).toBe(false);
    expect(await check("k", versionstamp.toUpperCase())).toBe(true);
    expect(await check("k", "0".repeat(20))).toBe(false);
    expect(await check("no", versionstamp)).toBe(false);
  });

  test("a versionstamp that is none is refused at the commit", async ({ kv }) => {
    for (const versionstamp of ["", "0".repeat(19), "g".repeat(20), 5, {}]) {
      const operation = kv.atomic().check({ key: ["k"], versionstamp: anything(versionstamp) });
      await expect(operation.commit()).rejects.toThrow(TypeError);
      await expect(operation.commit()).rejects.toThrow("Invalid check");
    }
  });

  test("check(null) throws at once", ({ kv }) => {
    expect(() => kv.atomic().check(anything(null))).toThrow(TypeError);
  });

  test("an entry that was read can be passed as it is, and several at once", async ({ kv }) => {
    await kv.set(["a"], 1);
    const [a, none] = await kv.getMany([["a"], ["none"]]);
    expect((await kv.atomic().check(a, none).set(["a"], 2).commit()).ok).toBe(true);
    expect(await kv.atomic().check(a).set(["a"], 3).commit()).toEqual({ ok: false });
  });

  test("are made first, wherever they stand among the mutations", async ({ kv }) => {
    const operation = kv
      .atomic()
      .set(["k"], 1)
      .check({ key: ["k"], versionstamp: null });
    expect((await operation.commit()).ok).toBe(true);
    expect(await operation.commit()).toEqual({ ok: false });
  });

  test("a commit has up to 1,000 checks where Deno takes 100", async ({ kv }) => {
    const operation = kv.atomic();
    for (let index = 0; index < 1000; index++) operation.check({ key: ["k", index], versionstamp: null });
    expect((await operation.commit()).ok).toBe(true);
    operation.check({ key: ["one too many"], versionstamp: null });
    await expect(operation.commit()).rejects.toThrow(TypeError);
    await expect(operation.commit()).rejects.toThrow(/^Too many checks \(max 1000\)/);
  });
});

describe("mutations", () => {
  test("apply in the order of the calls, and each sees those before it", async ({ kv }) => {
    await kv.set(["n"], new KvU64(40n));
    await kv.atomic().delete(["n"]).sum(["n"], 2n).set(["gone"], 1).delete(["gone"]).commit();
    expect(await valueOf(kv, "n")).toEqual(new KvU64(2n));
    expect(await valueOf(kv, "gone")).toBeNull();
    await kv.atomic().set(["n"], new KvU64(1n)).sum(["n"], 2n).max(["n"], 10n).min(["n"], 5n).commit();
    expect(await valueOf(kv, "n")).toEqual(new KvU64(5n));
  });

  test("an operation can be committed again, and applies again", async ({ kv }) => {
    const operation = kv.atomic().sum(["n"], 1n);
    const first = await operation.commit();
    const second = await operation.commit();
    expect(first.ok && second.ok && first.versionstamp < second.versionstamp).toBe(true);
    expect(await valueOf(kv, "n")).toEqual(new KvU64(2n));
  });

  test("mutate takes them as data, several at once", async ({ kv }) => {
    await kv
      .atomic()
      .mutate(
        { type: "set", key: ["set"], value: undefined },
        { type: "set", key: ["gone"], value: 1 },
        { type: "delete", key: ["gone"] },
      )
      .mutate({ type: "sum", key: ["n"], value: new KvU64(7n) })
      .mutate(
        { type: "min", key: ["n"], value: new KvU64(3n) },
        { type: "max", key: ["m"], value: new KvU64(9n) },
      )
      .commit();
    expect((await kv.get(["set"])).versionstamp).not.toBeNull();
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual([["m"], ["n"], ["set"]]);
    expect([await valueOf(kv, "n"), await valueOf(kv, "m")]).toEqual([new KvU64(3n), new KvU64(9n)]);
  });

  test("mutate throws at once for a value missing, one too many, and a type that is none", ({ kv }) => {
    const refused = (mutation: object, message: string): void => {
      expect(() => kv.atomic().mutate(anything({ key: ["k"], ...mutation }))).toThrow(new TypeError(message));
    };
    for (const type of ["set", "sum", "min", "max"]) {
      refused({ type }, `Invalid mutation '${type}' without value`);
    }
    const inherited = Object.assign(Object.create({ value: 1 }) as object, { key: ["k"], type: "set" });
    expect(() => kv.atomic().mutate(anything(inherited))).toThrow("Invalid mutation 'set' without value");
    refused({ type: "delete", value: 1 }, "Invalid mutation 'delete' with value");
    refused({ type: "move" }, "Invalid mutation type");
    refused({}, "Invalid mutation type");
    kv.atomic().mutate(anything({ key: ["k"], type: "delete", value: 0 }));
  });

  test("a commit has up to 10,000 mutations and 8 MiB where Deno takes 1,000 and 800 KiB", async ({ kv }) => {
    const many = kv.atomic();
    for (let index = 0; index < 10_000; index++) many.set(["k", index], 1);
    expect((await many.commit()).ok).toBe(true);
    await expect(many.delete(["one too many"]).commit()).rejects.toThrow(/^Too many mutations \(max 10000\)/);
    const large = kv.atomic();
    for (let index = 0; index < 8; index++) large.set([index], new Uint8Array(1024 * 1024 - 10));
    expect((await large.commit()).ok).toBe(true);
    await expect(large.set(["k"], "x".repeat(100)).commit()).rejects.toThrow(TypeError);
    await expect(large.commit()).rejects.toThrow(/^Total mutation size too large \(max 8388608 bytes\)/);
  });

  test("values that the host encodes count for a commit's size as well", async ({ kv }) => {
    const large = kv.atomic();
    for (let index = 0; index < 9; index++) {
      large.set(["k", index], { at: new Date(0), text: "x".repeat(1024 * 1024 - 1000) });
    }
    await expect(large.commit()).rejects.toThrow(/^Total mutation size too large/);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual([]);
  });

  test("keys count once, with no bound of their own, where Deno allows 80 KiB of them", async ({ kv }) => {
    const operation = kv.atomic();
    for (let index = 0; index < 100; index++) operation.set([index, new Uint8Array(2000).fill(1)], 1);
    expect((await operation.commit()).ok).toBe(true);
  });
});

describe("sum, min and max", () => {
  test("take their operand where nothing stands, and sums wrap at 2^64", async ({ kv }) => {
    await kv.atomic().sum(["sum"], u64Max).min(["min"], 3n).max(["max"], 0n).commit();
    await kv.atomic().sum(["sum"], 10n).min(["min"], 7n).max(["max"], 9n).commit();
    const values = (await kv.getMany([["sum"], ["min"], ["max"]])).map(({ value }) => value);
    expect(values).toEqual([new KvU64(9n), new KvU64(3n), new KvU64(9n)]);
  });

  test("reject over a value that is no KvU64, and nothing of their commit is written, as Deno promises", async ({
    kv,
  }) => {
    await kv.set(["text"], "x");
    for (const type of ["sum", "min", "max"] as const) {
      const reader = kv.watch([["a"]]).getReader();
      await reader.read();
      const operation = kv.atomic().set(["a"], 1)[type](["text"], 1n).set(["b"], 1);
      const message = `Failed to perform '${type}' mutation on a non-U64 value in the database`;
      await expect(operation.commit()).rejects.toThrow(new TypeError(message));
      expect(await keysOf(kv.list({ prefix: [] }))).toEqual([["text"]]);
      await reader.cancel();
    }
  });

  test("a commit that fails so does not fail those made beside it", async ({ kv }) => {
    await kv.set(["text"], "x");
    const [before, failed, after] = await Promise.allSettled([
      kv.set(["before"], 1),
      kv.atomic().sum(["text"], 1n).commit(),
      kv.set(["after"], 1),
    ]);
    expect([before.status, failed.status, after.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("work on KvU64 alone: numbers and bigints, which Deno adds up undocumented, reject", async ({
    kv,
  }) => {
    await kv.atomic().set(["number"], 40).set(["bigint"], 40n).set(["u64"], new KvU64(1n)).commit();
    for (const [key, operand] of [
      ["number", 2],
      ["bigint", 2n],
      ["u64", 2],
      ["u64", 2n],
      ["none", "x"],
    ] as const) {
      for (const type of ["sum", "min", "max"] as const) {
        const operation = kv.atomic().mutate({ type, key: [key], value: anything(operand) });
        const message = `Failed to perform '${type}' mutation on a non-U64 operand`;
        await expect(operation.commit()).rejects.toThrow(TypeError);
        await expect(operation.commit()).rejects.toThrow(message);
      }
    }
    await expect(kv.atomic().sum(["number"], 2n).commit()).rejects.toThrow(TypeError);
  });

  test("the builders throw at once for what no u64 holds", ({ kv }) => {
    for (const type of ["sum", "min", "max"] as const) {
      const build = (n: unknown) => () => kv.atomic()[type](["n"], anything(n));
      expect(build(1)).toThrow(new TypeError("Value must be a bigint: received number"));
      expect(build(-1n)).toThrow(new RangeError("Value must be a positive bigint: received -1"));
      expect(build(2n ** 64n)).toThrow(new RangeError("Value must fit in a 64-bit unsigned integer"));
    }
  });
});
