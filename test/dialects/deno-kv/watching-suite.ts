/**
 * Section 1.11 of Deno KV's behaviour: what a watch emits and when, what a slow reader gets, how it ends.
 */
import { errors, type Kv, type KvEntryMaybe, type KvKey } from "@rockpool/deno-kv";
import { describe, expect, test } from "vitest";
import { anything, type Bed, throwsAtOnce } from "./bed.ts";

type Reader = ReadableStreamDefaultReader<KvEntryMaybe<unknown>[]>;

const watch = (kv: Kv, keys: readonly KvKey[], raw = false): Reader =>
  (kv.watch(keys as KvKey[], { raw }) as ReadableStream<KvEntryMaybe<unknown>[]>).getReader();

const values = async (reader: Reader): Promise<unknown[] | undefined> =>
  (await reader.read()).value?.map(({ value }) => value);

export const describeWatching = (bed: Bed): void => {
  describe("1.11 watch", () => {
    test("1.11 watch: refuses what is no key at once, and everything once it is closed", async () => {
      throwsAtOnce(
        () => bed.kv.watch([[anything({})]]),
        [TypeError, "expected string, number, bigint, ArrayBufferView, boolean"],
      );
      throwsAtOnce(
        () => bed.kv.watch([anything("k")]),
        [TypeError, "serde_v8 error: invalid type; expected: array, got: string"],
      );
      const kv = await bed.open();
      kv.close();
      throwsAtOnce(() => kv.watch([]), [errors.BadResource, "Bad resource ID"]);
    });

    test("1.11 watch: of no keys is over at once; the empty key and a key twice can be watched", async () => {
      const at = bed.at();
      expect(await watch(bed.kv, []).read()).toEqual({ done: true, value: undefined });
      await bed.kv.set([at], 1);
      const reader = watch(bed.kv, [[], [at], [at]]);
      expect(await values(reader)).toEqual([null, 1, 1]);
      await reader.cancel();
    });

    test("1.11 watch: gives what stands at once, then all keys whenever one was set, be it to an equal value", async () => {
      const at = bed.at();
      await bed.kv.set([at, "a"], 1);
      const reader = watch(bed.kv, [
        [at, "a"],
        [at, "b"],
      ]);
      expect(await values(reader)).toEqual([1, null]);
      await bed.kv.set([at, "a"], 1);
      expect(await values(reader)).toEqual([1, null]);
      await bed.kv.set([at, "b"], 2);
      expect(await values(reader)).toEqual([1, 2]);
      await bed.kv.delete([at, "a"]);
      expect(await values(reader)).toEqual([null, 2]);
      await reader.cancel();
    });

    test("1.11 watch: gives a commit on several of its keys in one item", async () => {
      const at = bed.at();
      const keys = [
        [at, "a"],
        [at, "b"],
      ];
      const reader = watch(bed.kv, keys);
      await values(reader);
      for (let round = 1; round <= 10; round++) {
        await bed.kv.atomic().set([at, "a"], round).set([at, "b"], round).commit();
        expect(await values(reader)).toEqual([round, round]);
      }
      await reader.cancel();
    });

    test("1.11 watch: gives fresh entries as Deno has them, with a copy of the key for one that is missing", async () => {
      const at = bed.at();
      const key = [at, "a"];
      const reader = watch(bed.kv, [key, [at, "b"]]);
      const first = (await reader.read()).value;
      expect(Object.entries(first?.[0] ?? {})).toEqual([
        ["key", key],
        ["value", null],
        ["versionstamp", null],
      ]);
      expect(first?.[0]?.key).not.toBe(key);
      await bed.kv.set([at, "b"], { n: 1 });
      const second = (await reader.read()).value;
      expect(Object.keys(second?.[1] ?? {})).toEqual(["key", "value", "versionstamp"]);
      await bed.kv.set([at, "a"], 1);
      const third = (await reader.read()).value;
      expect(third?.[1]).toEqual(second?.[1]);
      expect(third?.[1]).not.toBe(second?.[1]);
      expect(third?.[1]?.value).not.toBe(second?.[1]?.value);
      await reader.cancel();
    });

    test("1.11 watch: is silent for a delete of a missing key and for other keys", async () => {
      const at = bed.at();
      const reader = watch(bed.kv, [[at, "a"]]);
      await values(reader);
      await bed.kv.delete([at, "a"]);
      await bed.kv.set([at, "other"], 1);
      await bed.kv.set([at, "a"], 1);
      expect(await values(reader)).toEqual([1]);
      await reader.cancel();
    });

    test("1.11 watch: with raw, tells of a delete of a missing key too, and still of no other keys", async () => {
      const at = bed.at();
      const reader = watch(bed.kv, [[at, "a"]], true);
      await values(reader);
      await bed.kv.set([at, "other"], 1);
      await bed.kv.delete([at, "a"]);
      expect(await values(reader)).toEqual([null]);
      await bed.kv.set([at, "a"], 1);
      expect(await values(reader)).toEqual([1]);
      await reader.cancel();
    });

    test("1.11 watch: gives a slow reader one state that was waiting, and then the latest", async () => {
      const at = bed.at();
      const reader = watch(bed.kv, [[at]]);
      expect(await values(reader)).toEqual([null]);
      for (let round = 0; round < 5; round++) await bed.kv.set([at], round);
      const seen = [await values(reader)];
      if (seen[0]?.[0] !== 4) seen.push(await values(reader));
      expect(seen.at(-1)).toEqual([4]);
      await bed.kv.set([at], "next");
      expect(await values(reader)).toEqual(["next"]);
      await reader.cancel();
    });

    test("1.11 watch: ends cleanly with the database, and by cancel", async () => {
      const kv = await bed.open();
      const at = bed.at();
      const cancelled = watch(kv, [[at]]);
      await values(cancelled);
      await cancelled.cancel();
      expect(await cancelled.read()).toEqual({ done: true, value: undefined });
      const [waiting, idle] = [watch(kv, [[at]]), watch(kv, [[at]])];
      await values(waiting);
      const last = waiting.read();
      kv.close();
      expect(await last).toEqual({ done: true, value: undefined });
      await idle.closed;
    });
  });
};
