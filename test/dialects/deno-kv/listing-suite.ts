/**
 * Section 1.10 of Deno KV's behaviour: selectors, options, cursors, and iterators left and taken up again.
 */
import type { KvKey, KvListIterator, KvListOptions, KvListSelector } from "@rockpool/deno-kv";
import { beforeAll, describe, expect, test } from "vitest";
import { anything, type Bed, drain, letters, rejects, throwsAtOnce, times } from "./bed.ts";

type List = (options?: KvListOptions, selector?: KvListSelector) => KvListIterator<unknown>;

const read = (list: List, selector: object, options?: KvListOptions): Promise<string> =>
  letters(list(options, anything(selector)));

export const describeListing = (bed: Bed): void => {
  describe("1.10 list", () => {
    let at: string;
    /** [at, "a"] to [at, "e"], with a key that equals the prefix and one that begins like it. */
    beforeAll(async () => {
      at = bed.at();
      await writeLetters();
    });
    const writeLetters = async (): Promise<void> => {
      const operation = bed.kv
        .atomic()
        .set([at], "the prefix")
        .set([`${at}\0`], 0);
      for (const letter of "abcde") operation.set([at, letter], letter);
      await operation.commit();
    };
    const list = (options?: KvListOptions, selector: KvListSelector = { prefix: [at] }) =>
      bed.kv.list<unknown>(selector, options);
    const cursorAfter = async (count: number, options?: KvListOptions, selector?: KvListSelector) => {
      const entries = list(options, selector);
      for (let index = 0; index < count; index++) await entries.next();
      return entries.cursor;
    };
    const between = (start: string, end: string) => ({ start: [at, start], end: [at, end] });

    test("1.10 selectors: a prefix alone, with a start or an end, or both bounds: start is in, end is out", async () => {
      expect(await read(list, { prefix: [at] })).toBe("abcde");
      expect(await read(list, { prefix: [at], start: [at, "c"] })).toBe("cde");
      expect(await read(list, { prefix: [at], end: [at, "c"] })).toBe("ab");
      expect(await read(list, between("b", "d"))).toBe("bc");
      expect(await read(list, between("b", "d"), { reverse: true })).toBe("cb");
      expect(await read(list, { prefix: [at], start: undefined, end: undefined })).toBe("abcde");
    });

    test("1.10 selectors: a prefix holds what is below it, not the key that equals it", async () => {
      const keys = (await drain(list())).map(({ key }) => key);
      expect(keys).toEqual([..."abcde"].map((letter) => [at, letter]));
    });

    test("1.10 selectors: of no form, or with members not its own, throw at once", () => {
      const neither = "Selector must specify either 'prefix' or both 'start' and 'end' key";
      const inherited = Object.create({ prefix: [at] }) as object;
      for (const selector of [{}, { start: [at] }, { end: [at] }, inherited]) {
        throwsAtOnce(() => bed.kv.list(anything(selector)), [TypeError, neither]);
      }
      const both = "Selector can not specify both 'start' and 'end' key when specifying 'prefix'";
      throwsAtOnce(() => bed.kv.list(anything({ prefix: [], start: ["a"], end: ["b"] })), [TypeError, both]);
    });

    test("1.10 selectors: a bound that is not below the prefix rejects at the first next", async () => {
      for (const bound of [[at], ["another"], []]) {
        const start = () => bed.kv.list({ prefix: [at], start: bound }).next();
        await rejects(start, [TypeError, "Start key is not in the keyspace defined by prefix"]);
        const end = () => bed.kv.list({ prefix: [at], end: bound }).next();
        await rejects(end, [TypeError, "End key is not in the keyspace defined by prefix"]);
      }
      await rejects(
        () => bed.kv.list({ prefix: [], end: [] }).next(),
        [TypeError, "End key is not in the keyspace defined by prefix"],
      );
    });

    test("1.10 selectors: a start above the end rejects at the first next; one that equals it lists nothing", async () => {
      const wrong = () => list({}, between("c", "b")).next();
      await rejects(wrong, [TypeError, "Start key is greater than end key"]);
      expect(await drain(list({}, between("b", "b")))).toEqual([]);
      expect(await drain(list({}, { start: [], end: [] }))).toEqual([]);
    });

    test("1.10 selectors: an empty start is the very beginning, an empty prefix everything", async () => {
      const first: KvKey = [Uint8Array.of(0), at];
      await bed.kv.set(first, 1);
      const [entry] = await drain(list({ limit: 1 }, { start: [], end: ["z"] }));
      expect(entry?.key[0]).toEqual(Uint8Array.of(0));
      const all = (await drain(list({}, { prefix: [] }))).map(({ key }) => key);
      expect(all).toContainEqual(first);
      expect(all).toContainEqual([at]);
      expect(await letters(list({ limit: 2 }, { prefix: [], start: [at, "c"] }))).toBe("cd");
      await bed.kv.delete(first);
    });

    test("1.10 selectors: are copied at the call", async () => {
      const prefix = [at];
      const selector = { prefix } as { prefix: KvKey };
      const entries = list({}, selector);
      prefix[0] = "b";
      selector.prefix = ["c"];
      expect(await letters(entries)).toBe("abcde");
    });

    test("1.10 options: limit is a positive integer, or undefined for none", async () => {
      expect(await letters(list({ limit: 2 }))).toBe("ab");
      expect(await letters(list({ limit: anything(undefined) }))).toBe("abcde");
      for (const limit of [0, -1, 1.5, NaN, null, "1"]) {
        const message = `Limit must be a positive integer: received ${String(limit)}`;
        throwsAtOnce(() => list({ limit: anything(limit) }), [Error, message]);
      }
    });

    test("1.10 options: batchSize is a positive integer up to 1000, and says nothing of what is yielded", async () => {
      for (const batchSize of [1, 2, 1000, null, undefined]) {
        expect(await letters(list({ batchSize: anything(batchSize) }))).toBe("abcde");
      }
      for (const batchSize of [0, -1, 1.5, "1"]) {
        const message = `batchSize must be a positive integer: received ${String(batchSize)}`;
        throwsAtOnce(() => list({ batchSize: anything(batchSize) }), [Error, message]);
      }
    });

    test("1.10 options: without a batchSize a batch is the limit, 500 at most, or 100", async () => {
      const other = bed.at();
      const write = async (value: number): Promise<void> => {
        const operation = bed.kv.atomic();
        times(600, (index) => operation.set([other, index], value));
        await operation.commit();
      };
      /** The first entry that a write made after the first `next` shows in: where the second batch begins. */
      const batchOf = async (options: KvListOptions): Promise<number> => {
        await write(0);
        const entries = bed.kv.list<number>({ prefix: [other] }, options);
        await entries.next();
        await write(1);
        return 1 + (await drain(entries)).findIndex(({ value }) => value === 1);
      };
      expect(await batchOf({})).toBe(100);
      expect(await batchOf({ limit: 550 })).toBe(500);
      expect(await batchOf({ batchSize: 7 })).toBe(7);
    });

    test("1.10 options: only true reverses", async () => {
      expect(await letters(list({ reverse: true }))).toBe("edcba");
      for (const reverse of [1, "true", {}, false, null]) {
        expect(await letters(list({ reverse: anything(reverse) }))).toBe("abcde");
      }
    });

    test("1.10 cursors: base64url of what the key has beyond the prefix, or beyond the bytes both bounds share", async () => {
      expect(await cursorAfter(2)).toBe("AmIA");
      expect(await cursorAfter(1, {}, between("a", "z"))).toBe("YQA=");
    });

    test("1.10 cursors: continue behind their entry in either direction, though it is gone", async () => {
      for (const [reverse, rest] of [
        [false, "cde"],
        [true, "cba"],
      ] as const) {
        const cursor = await cursorAfter(2, { reverse });
        await bed.kv.delete([at, reverse ? "d" : "b"]);
        expect(await letters(list({ cursor, reverse }))).toBe(rest);
        await writeLetters();
      }
      expect(await letters(list({ cursor: await cursorAfter(3), reverse: true }))).toBe("ba");
    });

    test("1.10 cursors: empty, null and undefined are none; what does not decode is refused", async () => {
      for (const cursor of ["", null, undefined]) {
        expect(await letters(list({ cursor: anything(cursor) }))).toBe("abcde");
      }
      for (const cursor of ["?", "YQA", "A", "Am+A", "YQA=="]) {
        await rejects(() => list({ cursor }).next(), [TypeError, "invalid cursor"]);
      }
      await rejects(
        () => list({ cursor: anything(5) }).next(),
        [TypeError, "serde_v8 error: invalid type; expected: string, got: Number"],
      );
    });

    test("1.10 cursors: out of bounds are refused; behind the far end nothing is left", async () => {
      const low = await cursorAfter(1, {}, between("a", "z"));
      const high = await cursorAfter(5, {}, between("a", "z"));
      const middle = between("b", "d");
      const refusal = [TypeError, "cursor out of bounds"] as const;
      await rejects(() => list({ cursor: low }, middle).next(), refusal);
      await rejects(() => list({ cursor: high, reverse: true }, middle).next(), refusal);
      expect(await drain(list({ cursor: high }, middle))).toEqual([]);
      expect(await drain(list({ cursor: low, reverse: true }, middle))).toEqual([]);
    });

    test("1.10 cursors: cannot be had before the first next, unless one was given", () => {
      throwsAtOnce(() => list().cursor, [Error, "Cannot get cursor before first iteration"]);
      expect(list({ cursor: "AmIA" }).cursor).toBe("AmIA");
    });

    test("1.10 cursors: are empty after the last entry, and stay where a limit stopped", async () => {
      const all = list();
      expect(await letters(all)).toBe("abcde");
      expect(all.cursor).toBe("");
      const limited = list({ limit: 5 });
      expect(await letters(limited)).toBe("abcde");
      expect(limited.cursor).toBe("AmUA");
    });

    test("1.10 iterating: each batch is its own snapshot; what is written between two is seen", async () => {
      const entries = list({ batchSize: 2 });
      await entries.next();
      await bed.kv.atomic().delete([at, "b"]).delete([at, "c"]).set([at, "dd"], 1).commit();
      expect((await drain(entries)).map(({ key }) => key[1])).toEqual(["b", "d", "dd", "e"]);
      await bed.kv.delete([at, "dd"]);
      await writeLetters();
    });

    test("1.10 iterating: break leaves the iterator usable", async () => {
      const entries = list({ batchSize: 2 });
      for await (const { key } of entries) if (key[1] === "c") break;
      expect(await letters(entries)).toBe("de");
    });

    test("1.10 iterating: calls of next side by side take turns, where Deno yields entries twice", async () => {
      const entries = list({ batchSize: 2 });
      const results = await Promise.all(Array.from({ length: 7 }, () => entries.next()));
      expect(results.map(({ value }) => value?.key[1])).toEqual([..."abcde", undefined, undefined]);
    });

    test("1.10 iterating: once done, it stays done; entries are key, value and versionstamp", async () => {
      const entries = list();
      const [first] = await drain(entries);
      expect(Object.keys(first ?? {})).toEqual(["key", "value", "versionstamp"]);
      await bed.kv.set([at, "f"], 1);
      expect(await entries.next()).toEqual({ done: true, value: undefined });
      await bed.kv.delete([at, "f"]);
    });
  });
};
