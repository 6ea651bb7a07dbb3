/**
 * Sections 1.6 to 1.9 of Deno KV's behaviour: versionstamps, atomic operations, KvU64 and keys that end
 * with the versionstamp of their commit.
 */
import { errors, type KvKey, KvU64 } from "@rockpool/deno-kv";
import { describe, expect, test } from "vitest";
import { anything, type Bed, drain, rejects, throwsAtOnce, valueOf } from "./bed.ts";

const u64Max = 2n ** 64n - 1n;
const badPart = "expected string, number, bigint, ArrayBufferView, boolean";

const nonU64 = (type: string) =>
  [TypeError, `Failed to perform '${type}' mutation on a non-U64 operand`] as const;

export const describeCommits = (bed: Bed): void => {
  describe("1.6 versionstamps", () => {
    test("1.6 versionstamps: 20 hex digits that grow with every commit, empty and check-only ones too", async () => {
      const at = bed.at();
      const { versionstamp: first } = await bed.kv.set([at], 1);
      const empty = await bed.kv.atomic().commit();
      const checked = await bed.kv
        .atomic()
        .check({ key: [at], versionstamp: first })
        .commit();
      expect(
        await bed.kv
          .atomic()
          .check({ key: [at], versionstamp: null })
          .commit(),
      ).toEqual({ ok: false });
      const { versionstamp: last } = await bed.kv.set([at], 1);
      const stamps = [first, empty.ok && empty.versionstamp, checked.ok && checked.versionstamp, last];
      for (const stamp of stamps) expect(stamp).toMatch(/^[\da-f]{20}$/);
      expect(stamps.toSorted()).toEqual(stamps);
      expect(new Set(stamps).size).toBe(4);
    });

    test("1.6 versionstamps: all keys of a commit share its own", async () => {
      const at = bed.at();
      const result = await bed.kv.atomic().set([at, 1], 1).sum([at, 2], 1n).commit();
      const entries = await bed.kv.getMany([
        [at, 1],
        [at, 2],
      ]);
      for (const { versionstamp } of entries) expect(result).toEqual({ ok: true, versionstamp });
    });
  });

  describe("1.7 atomic", () => {
    test("1.7 check: null and undefined: there is none; a versionstamp in either case: it stands", async () => {
      const at = bed.at();
      const { versionstamp } = await bed.kv.set([at, "k"], 1);
      const check = async (name: string, wanted: unknown): Promise<boolean> => {
        const operation = bed.kv.atomic().check({ key: [at, name], versionstamp: anything(wanted) });
        return (await operation.commit()).ok;
      };
      expect([await check("no", null), await check("no", undefined)]).toEqual([true, true]);
      expect([await check("k", null), await check("no", versionstamp)]).toEqual([false, false]);
      expect([await check("k", versionstamp), await check("k", versionstamp.toUpperCase())]).toEqual([
        true,
        true,
      ]);
      expect(await check("k", "0".repeat(20))).toBe(false);
    });

    test("1.7 check: what is no versionstamp is refused at the commit; check(null) at once", async () => {
      const key = [bed.at()];
      const operation = (versionstamp: unknown) =>
        bed.kv.atomic().check({ key, versionstamp: anything(versionstamp) });
      for (const versionstamp of ["", "0".repeat(19), "g".repeat(20)]) {
        await rejects(() => operation(versionstamp).commit(), [TypeError, "Invalid check"]);
      }
      await rejects(
        () => operation(5).commit(),
        [TypeError, "serde_v8 error: invalid type; expected: string, got: Number"],
      );
      expect(() => bed.kv.atomic().check(anything(null))).toThrow(TypeError);
    });

    test("1.7 check: an entry can be passed as it was read, several at once, wherever they stand", async () => {
      const at = bed.at();
      await bed.kv.set([at, "a"], 1);
      const [a, none] = await bed.kv.getMany([
        [at, "a"],
        [at, "none"],
      ]);
      const operation = bed.kv.atomic().set([at, "a"], 2).check(a, none);
      expect((await operation.commit()).ok).toBe(true);
      expect(await operation.commit()).toEqual({ ok: false });
    });

    test("1.7 mutations: apply in the order of their calls, later ones see earlier ones", async () => {
      const at = bed.at();
      await bed.kv.set([at, "n"], new KvU64(40n));
      await bed.kv
        .atomic()
        .delete([at, "n"])
        .sum([at, "n"], 2n)
        .set([at, "gone"], 1)
        .delete([at, "gone"])
        .commit();
      expect([await valueOf(bed.kv, at, "n"), await valueOf(bed.kv, at, "gone")]).toEqual([
        new KvU64(2n),
        null,
      ]);
      const key = [at, "n"];
      await bed.kv.atomic().set(key, new KvU64(1n)).sum(key, 2n).max(key, 10n).min(key, 5n).commit();
      expect(await valueOf(bed.kv, at, "n")).toEqual(new KvU64(5n));
    });

    test("1.7 commit: an operation can be committed again, and applies again", async () => {
      const key = [bed.at()];
      const operation = bed.kv.atomic().sum(key, 1n);
      const [first, second] = [await operation.commit(), await operation.commit()];
      expect(first.ok && second.ok && first.versionstamp < second.versionstamp).toBe(true);
      expect((await bed.kv.get(key)).value).toEqual(new KvU64(2n));
    });

    test("1.7 mutate: takes mutations as data, several at once", async () => {
      const at = bed.at();
      await bed.kv
        .atomic()
        .mutate(
          { type: "set", key: [at, "set"], value: undefined },
          { type: "set", key: [at, "gone"], value: 1 },
          { type: "delete", key: [at, "gone"] },
          { type: "sum", key: [at, "n"], value: new KvU64(7n) },
          { type: "min", key: [at, "n"], value: new KvU64(3n) },
          { type: "max", key: [at, "m"], value: new KvU64(9n) },
        )
        .commit();
      const entries = await drain(bed.kv.list({ prefix: [at] }));
      expect(entries.map(({ key, value }) => [key[1], value])).toEqual([
        ["m", new KvU64(9n)],
        ["n", new KvU64(3n)],
        ["set", undefined],
      ]);
    });

    test("1.7 mutate: throws at once for a value missing or one too many, and a type that is none", () => {
      const refused = (mutation: object, message: string): void => {
        throwsAtOnce(
          () => bed.kv.atomic().mutate(anything({ key: ["k"], ...mutation })),
          [TypeError, message],
        );
      };
      for (const type of ["set", "sum", "min", "max"]) {
        refused({ type }, `Invalid mutation '${type}' without value`);
      }
      const inherited = Object.assign(Object.create({ value: 1 }) as object, { key: ["k"], type: "set" });
      expect(() => bed.kv.atomic().mutate(anything(inherited))).toThrow(
        "Invalid mutation 'set' without value",
      );
      refused({ type: "delete", value: 1 }, "Invalid mutation 'delete' with value");
      refused({ type: "move" }, "Invalid mutation type");
      refused({}, "Invalid mutation type");
      bed.kv.atomic().mutate(anything({ key: ["k"], type: "delete", value: 0 }));
    });

    test("1.7 sum, min, max: take their operand where nothing stands; sums wrap at 2^64", async () => {
      const at = bed.at();
      const keys: KvKey[] = ["sum", "min", "max"].map((name) => [at, name]);
      const [sum, min, max] = keys as [KvKey, KvKey, KvKey];
      await bed.kv.atomic().sum(sum, u64Max).min(min, 3n).max(max, 0n).commit();
      await bed.kv.atomic().sum(sum, 10n).min(min, 7n).max(max, 9n).commit();
      const values = (await bed.kv.getMany(keys)).map(({ value }) => value);
      expect(values).toEqual([new KvU64(9n), new KvU64(3n), new KvU64(9n)]);
    });

    test("1.7 sum, min, max: over what is no KvU64 reject, and nothing of the commit is written, as Deno promises", async () => {
      const at = bed.at();
      await bed.kv.set([at, "text"], "x");
      for (const type of ["sum", "min", "max"] as const) {
        const operation = bed.kv.atomic().set([at, "a"], 1)[type]([at, "text"], 1n).set([at, "b"], 1);
        await rejects(
          () => operation.commit(),
          [TypeError, `Failed to perform '${type}' mutation on a non-U64 value in the database`],
        );
        expect(await drain(bed.kv.list({ prefix: [at] }))).toHaveLength(1);
      }
    });

    test("1.7 sum, min, max: of what is no KvU64 reject; numbers and bigints, which Deno adds up undocumented, too", async () => {
      const at = bed.at();
      await bed.kv.atomic().set([at, "number"], 40).set([at, "u64"], new KvU64(1n)).commit();
      const commit = (type: "sum" | "min" | "max", name: string, operand: unknown) => () =>
        bed.kv
          .atomic()
          .set([at, "beside"], 1)
          .mutate({ type, key: [at, name], value: anything(operand) })
          .commit();
      await rejects(commit("sum", "u64", 2), [TypeError, "Cannot sum KvU64 with Number"]);
      await rejects(commit("min", "u64", 2), nonU64("min"));
      await rejects(commit("max", "none", 2), nonU64("max"));
      await rejects(commit("sum", "number", 2), nonU64("sum"));
      await rejects(commit("sum", "none", "x"), nonU64("sum"));
      expect(await valueOf(bed.kv, at, "beside")).toBeNull();
    });

    test("1.7 sum, min, max: the builders throw at once for what no u64 holds", () => {
      for (const type of ["sum", "min", "max"] as const) {
        const build = (n: unknown) => () => bed.kv.atomic()[type](["n"], anything(n));
        throwsAtOnce(build(1), [TypeError, "Value must be a bigint: received number"]);
        throwsAtOnce(build(-1n), [RangeError, "Value must be a positive bigint: received -1"]);
        throwsAtOnce(build(2n ** 64n), [RangeError, "Value must fit in a 64-bit unsigned integer"]);
      }
    });
  });

  describe("1.8 KvU64", () => {
    test("1.8 KvU64: frozen, its value its own, a bigint to operators and text, equal by value", async () => {
      const one = new KvU64(1n);
      expect(Object.entries(one)).toEqual([["value", 1n]]);
      expect(Object.isFrozen(one)).toBe(true);
      expect([(one as unknown as bigint) + 1n, one.valueOf(), `${one as unknown as bigint}`]).toEqual([
        2n,
        1n,
        "1",
      ]);
      // oxlint-disable-next-line eqeqeq -- that it is loosely equal is Deno's behaviour
      expect((one as unknown) == 1n).toBe(true);
      expect(Object.prototype.toString.call(one)).toBe("[object Deno.KvU64]");
      expect(structuredClone(one)).toEqual({ value: 1n });
      expect(new KvU64(1n)).toEqual(one);
      expect(new KvU64(2n)).not.toEqual(one);
      const key = [bed.at()];
      await bed.kv.set(key, one);
      expect((await bed.kv.get(key)).value).toEqual(one);
      expect((await bed.kv.get(key)).value).toBeInstanceOf(KvU64);
    });
  });

  describe("1.9 commitVersionstamp", () => {
    test("1.9 commitVersionstamp: one symbol for every database", async () => {
      using other = await bed.open();
      expect(other.commitVersionstamp()).toBe(bed.kv.commitVersionstamp());
      expect(String(other.commitVersionstamp())).toBe("Symbol(KvCommitVersionstamp)");
    });

    test("1.9 commitVersionstamp: is no key alone, and no part in another place or another call", async () => {
      const { kv } = bed;
      const at = bed.at();
      const symbol = kv.commitVersionstamp();
      await rejects(() => kv.set([symbol], 1), [TypeError, "key cannot be empty"]);
      const key: KvKey = [at, symbol];
      for (const call of [
        () => kv.set([at, symbol, "b"], 1),
        () => kv.get(key),
        () => kv.delete(key),
        () => kv.atomic().sum(key, 1n).commit(),
        () => kv.atomic().check({ key, versionstamp: null }).commit(),
        () => kv.list({ prefix: key }).next(),
      ]) {
        await rejects(call, [TypeError, badPart]);
      }
    });

    (bed.place.name === "replica" ? describeRefusedStamps : describeStampedKeys)(bed);
  });
};

const describeRefusedStamps = (bed: Bed): void => {
  test("1.9 commitVersionstamp (local by DESIGN 5): is refused at the commit, with the reason", async () => {
    const { kv } = bed;
    const at = bed.at();
    for (const call of [
      () => kv.set([at, kv.commitVersionstamp()], 1),
      () => kv.atomic().set([at, "a"], 1).set([at, kv.commitVersionstamp()], 1).commit(),
    ]) {
      await expect(call()).rejects.toThrow(errors.NotSupported);
      await expect(call()).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("another device would order") as string,
      });
    }
    expect(await drain(kv.list({ prefix: [at] }))).toEqual([]);
  });
};

const describeStampedKeys = (bed: Bed): void => {
  test("1.9 commitVersionstamp (local by DESIGN 5): the key gets the commit's own, in set, atomic set and mutate", async () => {
    const { kv } = bed;
    const at = bed.at();
    const key: KvKey = [at, kv.commitVersionstamp()];
    const results = [
      await kv.set(key, 1),
      await kv.atomic().set(key, 2).commit(),
      await kv.atomic().mutate({ type: "set", key, value: 3 }).commit(),
    ];
    const entries = await drain(kv.list({ prefix: [at] }));
    expect(entries.map(({ key }) => key[1])).toEqual(
      results.map((result) => result.ok && result.versionstamp),
    );
    expect(entries.map(({ versionstamp }) => versionstamp)).toEqual(entries.map(({ key }) => key[1]));
  });

  test("1.9 commitVersionstamp (local by DESIGN 5): of two under one prefix in a commit the last stands", async () => {
    const { kv } = bed;
    const at = bed.at();
    const key: KvKey = [at, kv.commitVersionstamp()];
    await kv.atomic().set(key, "first").set([at], "base").set(key, "last").commit();
    expect((await drain(kv.list({ prefix: [at] }))).map(({ value }) => value)).toEqual(["last"]);
    expect(await valueOf(kv, at)).toBe("base");
  });

  test("1.9 commitVersionstamp (local by DESIGN 5): a watch on the key without it does not emit", async () => {
    const { kv } = bed;
    const at = bed.at();
    const reader = kv.watch([[at]]).getReader();
    expect((await reader.read()).value?.[0].value).toBeNull();
    await kv.set([at, kv.commitVersionstamp()], 1);
    await kv.set([at], "now");
    expect((await reader.read()).value?.[0].value).toBe("now");
    await reader.cancel();
  });

  test("1.9 commitVersionstamp (local by DESIGN 5): the versionstamp counts in the key's length", async () => {
    const { kv } = bed;
    await rejects(
      () => kv.set([new Uint8Array(2025).fill(1), kv.commitVersionstamp()], 1),
      [TypeError, "Key too large for write (max 2048 bytes)"],
    );
    await kv.set([new Uint8Array(2024).fill(1), kv.commitVersionstamp()], 1);
  });
};
