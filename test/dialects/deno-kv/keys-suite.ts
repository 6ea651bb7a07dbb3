/**
 * Section 2 of Deno KV's behaviour: what keys are, their order, and the limits of everything.
 */
import type { KvKey, KvKeyPart } from "@rockpool/deno-kv";
import { describe, expect, test } from "vitest";
import { anything, type Bed, drain, rejects, times, valueOf } from "./bed.ts";

const refusal = (got: string) =>
  [TypeError, `serde_v8 error: invalid type; expected: array, got: ${got}`] as const;

export const describeKeys = (bed: Bed): void => {
  describe("2 keys", () => {
    test("2 keys: order is Uint8Array, string, bigint, number, boolean; strings by their UTF-8 bytes", async () => {
      const at = bed.at();
      const ascending: KvKeyPart[] = [
        new Uint8Array(),
        Uint8Array.of(0),
        Uint8Array.of(255),
        "",
        "a",
        "a\0",
        "aa",
        "\uffff",
        ..."\u{10000}",
        -(2n ** 70n),
        -200n,
        0n,
        1n,
        2n ** 64n,
        -Infinity,
        -300,
        -0,
        0,
        1,
        Infinity,
        NaN,
        false,
        true,
      ];
      const operation = bed.kv.atomic();
      for (const part of ascending.toReversed()) operation.set([at, part], 1);
      await operation.commit();
      const keys = (await drain(bed.kv.list({ prefix: [at] }))).map(({ key }) => key[1]);
      expect(keys).toEqual(ascending);
      expect(keys.map((part) => Object.is(part, -0))).toEqual(ascending.map((part) => Object.is(part, -0)));
    });

    test('2 keys: 1, 1n, "1" and true are four keys, -0 and 0 two', async () => {
      const at = bed.at();
      for (const part of [1, 1n, "1", true, 0, -0]) await bed.kv.set([at, part], part);
      for (const part of [1, 1n, "1", true, 0, -0]) expect(await valueOf(bed.kv, at, part)).toBe(part);
    });

    test("2 keys: their bytes are Deno's, as cursors show", async () => {
      const vectors: readonly (readonly [KvKeyPart, string])[] = [
        [-300, "213f8d3fffffffffff"],
        [600n, "160258"],
        [-200n, "1337"],
        ["f\0o", "026600ff6f00"],
        [Uint8Array.of(1, 0, 255), "010100ffff00"],
        [0n, "14"],
        [2n ** 64n, "1d09010000000000000000"],
        [-(2n ** 64n), "0bf6feffffffffffffffff"],
        [NaN, "21fff8000000000000"],
        [false, "26"],
        [true, "27"],
      ];
      for (const [part, hex] of vectors) {
        const at = bed.at();
        await bed.kv.set([at, part], 1);
        const entries = bed.kv.list({ prefix: [at] });
        await entries.next();
        const bytes = atob(entries.cursor.replaceAll("-", "+").replaceAll("_", "/"));
        expect([...bytes].map((unit) => unit.charCodeAt(0).toString(16).padStart(2, "0")).join("")).toBe(hex);
      }
    });

    test("2 keys: a bigint of more than 255 bytes is refused", async () => {
      await rejects(
        () => bed.kv.get([2n ** 2040n]),
        [TypeError, "BigUint requires more than 255 bytes to be represented"],
      );
      await bed.kv.set([bed.at(), 2n ** 2040n - 1n], 1);
    });

    test("2 keys: those that begin with an empty Uint8Array are kept for queues, and in no list", async () => {
      const key: KvKey = [new Uint8Array(), "k"];
      const message =
        "a key that begins with an empty Uint8Array is kept for the messages of queues: begin it with another part";
      await rejects(() => bed.kv.get(key), [TypeError, message]);
      await rejects(() => bed.kv.set(key, 1), [TypeError, message]);
      await rejects(() => bed.kv.atomic().delete(key).commit(), [TypeError, message]);
      expect(await drain(bed.kv.list({ prefix: [new Uint8Array()] }))).toEqual([]);
    });
  });

  describe("2 limits", () => {
    test("2 limits: a key to write has 2048 bytes", async () => {
      const at = bed.at();
      const longest = [at, new Uint8Array(2048 - at.length - 4).fill(1)];
      const tooLong = [at, new Uint8Array(2049 - at.length - 4).fill(1)];
      await bed.kv.set(longest, "longest");
      expect(await valueOf(bed.kv, ...longest)).toBe("longest");
      const tooLarge = [TypeError, "Key too large for write (max 2048 bytes)"] as const;
      await rejects(() => bed.kv.set(tooLong, 1), tooLarge);
      await rejects(() => bed.kv.delete(tooLong), tooLarge);
      await rejects(() => bed.kv.atomic().sum(tooLong, 1n).commit(), tooLarge);
      await rejects(() => bed.kv.atomic().check({ key: tooLong, versionstamp: null }).commit(), tooLarge);
    });

    test("2 limits: a key to read has 2049 bytes with the one behind it", async () => {
      const tooLarge = [TypeError, "Key too large for read (max 2049 bytes)"] as const;
      const tooLong = [new Uint8Array(2047).fill(1)];
      await rejects(() => bed.kv.get(tooLong), tooLarge);
      await rejects(() => bed.kv.getMany([tooLong]), tooLarge);
      await rejects(() => bed.kv.list({ prefix: tooLong }).next(), tooLarge);
      await rejects(() => bed.kv.list({ start: [], end: [new Uint8Array(3000)] }).next(), tooLarge);
      expect(() => bed.kv.watch([tooLong])).toThrow(tooLarge[1]);
    });

    test("2 limits: getMany 10, watch 10, entries of a batch 1000", async () => {
      const { kv } = bed;
      const keys = Array.from({ length: 11 }, (_, index) => ["k", index]);
      await rejects(() => kv.getMany(keys), [TypeError, "Too many ranges (max 10)"]);
      expect(await kv.getMany(keys.slice(1))).toHaveLength(10);
      expect(() => kv.watch(keys)).toThrow(new TypeError("Too many keys (max 10)"));
      await kv.watch(keys.slice(1)).cancel();
      const next = () => kv.list({ prefix: [] }, { batchSize: 1001 }).next();
      await rejects(next, [TypeError, "Too many entries (max 1000)"]);
      await kv.list({ prefix: [] }, { batchSize: 1000 }).next();
    });

    test("2 limits: a commit has 100 checks, and 1000 mutations and messages", async () => {
      const at = bed.at();
      const checks = bed.kv.atomic();
      times(100, (index) => checks.check({ key: [at, index], versionstamp: null }));
      expect((await checks.commit()).ok).toBe(true);
      checks.check({ key: [at, 100], versionstamp: null });
      await rejects(() => checks.commit(), [TypeError, "Too many checks (max 100)"]);
      const mutations = bed.kv.atomic();
      times(1000, (index) => mutations.set([at, index], 1));
      expect((await mutations.commit()).ok).toBe(true);
      const tooMany = [TypeError, "Too many mutations (max 1000)"] as const;
      await rejects(() => mutations.delete([at]).commit(), tooMany);
      const messages = bed.kv.atomic().enqueue(1).enqueue(2);
      times(999, (index) => messages.set([at, index], 1));
      await rejects(() => messages.commit(), tooMany);
    });

    test("2 limits: a commit has 819200 bytes, the keys of values counted twice", async () => {
      const at = bed.at();
      // 5 + 9 bytes of key, twice, and a value.
      const keyBytes = at.length + 2 + 9;
      const fill = (bytes: number) => {
        const operation = bed.kv.atomic();
        times(12, (index) => operation.set([at, index], new Uint8Array(65_536)));
        return operation.set([at, 12], new Uint8Array(bytes - 12 * 65_536 - 13 * 2 * keyBytes));
      };
      expect((await fill(819_200).commit()).ok).toBe(true);
      const tooLarge = [TypeError, "Total mutation size too large (max 819200 bytes)"] as const;
      await rejects(() => fill(819_201).commit(), tooLarge);
      await rejects(
        () =>
          fill(819_200)
            .check({ key: [at], versionstamp: null })
            .commit(),
        tooLarge,
      );
      await rejects(() => fill(819_200).sum([at], 1n).commit(), tooLarge);
      await rejects(() => fill(819_200).enqueue(1).commit(), tooLarge);
      const deletes = bed.kv.atomic();
      times(400, (index) => deletes.delete([at, index, new Uint8Array(2000).fill(1)]));
      expect((await deletes.commit()).ok).toBe(true);
      times(10, (index) => deletes.delete([at, index, new Uint8Array(2000).fill(1)]));
      await rejects(() => deletes.commit(), tooLarge);
    });

    test("2 limits: a commit has 81920 bytes of keys that carry values", async () => {
      const at = bed.at();
      const key = (index: number) => [at, index, new Uint8Array(2048 - at.length - 13).fill(1)];
      const operation = bed.kv.atomic();
      times(40, (index) => operation.set(key(index), 1));
      expect((await operation.commit()).ok).toBe(true);
      operation.delete(key(0)).check({ key: key(99), versionstamp: null });
      expect((await operation.commit()).ok).toBe(true);
      await rejects(
        () => operation.sum([at], 1n).commit(),
        [TypeError, "Total key size too large (max 81920 bytes)"],
      );
    });

    test("2 limits: what is no array is no key", async () => {
      for (const [key, got] of [
        ["k", "string"],
        [1, "Number"],
        [true, "Boolean"],
        [1n, "bigint"],
        [{}, "unknown"],
        [new Date(0), "Date"],
        [new Uint8Array(1), "Uint8Array"],
      ] as const) {
        await rejects(() => bed.kv.get(anything(key)), refusal(got));
        await rejects(() => bed.kv.set(anything(key), 1), refusal(got));
        await rejects(() => bed.kv.atomic().delete(anything(key)).commit(), refusal(got));
      }
    });
  });
};
