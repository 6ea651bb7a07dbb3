/**
 * Listing: selectors, limits, cursors, batches, and what an iterator does when it is left and
 * taken up again.
 */
import type { Key, Kv, KvListIterator } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { anything, drain, keysOf, kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

/** Sets ["a", "a"] to ["a", "e"], with keys before, between and after that are none of them. */
const writeLetters = async (kv: Kv): Promise<void> => {
  const atomic = kv.atomic().set(["a"], "the prefix").set(["b"], 0).set(["Z"], 0).set(["a\u0000"], 0);
  for (const letter of "abcde") atomic.set(["a", letter], letter);
  await atomic.commit();
};

/** The last parts of the keys a list yields, as one text. */
const letters = async (entries: KvListIterator<unknown>): Promise<string> =>
  (await drain(entries)).map(({ key }) => String(key.at(-1))).join("");

const cursorAfter = async (entries: KvListIterator<unknown>, count: number): Promise<string> => {
  for (let index = 0; index < count; index++) await entries.next();
  return entries.cursor;
};

describe("selectors", () => {
  test("a prefix alone, with a start or an end, or a start and an end: start is in, end is out", async ({
    kv,
  }) => {
    await writeLetters(kv);
    expect(await letters(kv.list({ prefix: ["a"] }))).toBe("abcde");
    expect(await letters(kv.list({ prefix: ["a"], start: ["a", "c"] }))).toBe("cde");
    expect(await letters(kv.list({ prefix: ["a"], end: ["a", "c"] }))).toBe("ab");
    expect(await letters(kv.list({ start: ["a", "b"], end: ["a", "d"] }))).toBe("bc");
    expect(await letters(kv.list({ start: ["a", "b"], end: ["a", "d"] }, { reverse: true }))).toBe("cb");
    expect(await letters(kv.list(anything({ prefix: ["a"], start: undefined, end: undefined })))).toBe(
      "abcde",
    );
  });

  test("a prefix holds what is below it, not the key that equals it", async ({ kv }) => {
    await writeLetters(kv);
    expect(await keysOf(kv.list({ prefix: ["a"] }))).not.toContainEqual(["a"]);
    expect(await keysOf(kv.list({ prefix: [] }))).toHaveLength(9);
    expect(await letters(kv.list({ prefix: [], start: ["a", "c"], end: anything(undefined) }))).toBe(
      "cdea\0b",
    );
  });

  test("a selector of no form, with members of its own alone, throws at once", ({ kv }) => {
    const neither = "Selector must specify either 'prefix' or both 'start' and 'end' key";
    for (const selector of [{}, { start: ["a"] }, { end: ["a"] }, Object.create({ prefix: [] }) as object]) {
      expect(() => kv.list(anything(selector))).toThrow(new TypeError(neither));
    }
    expect(() => kv.list(anything({ prefix: [], start: ["a"], end: ["b"] }))).toThrow(
      new TypeError("Selector can not specify both 'start' and 'end' key when specifying 'prefix'"),
    );
  });

  test("a start or an end that is not below the prefix rejects at the first next", async ({ kv }) => {
    for (const bound of [["a"], ["b"], []]) {
      const start = kv.list({ prefix: ["a"], start: bound }).next();
      await expect(start).rejects.toThrow(
        new TypeError("Start key is not in the keyspace defined by prefix"),
      );
      const end = kv.list({ prefix: ["a"], end: bound }).next();
      await expect(end).rejects.toThrow(new TypeError("End key is not in the keyspace defined by prefix"));
    }
  });

  test("a start after the end rejects at the first next; one that equals it lists nothing", async ({
    kv,
  }) => {
    await writeLetters(kv);
    const wrong = kv.list({ start: ["b"], end: ["a"] }).next();
    await expect(wrong).rejects.toThrow(new TypeError("Start key is greater than end key"));
    expect(await keysOf(kv.list({ start: ["b"], end: ["b"] }))).toEqual([]);
  });

  test("an empty start is the very beginning", async ({ kv }) => {
    await writeLetters(kv);
    expect(await keysOf(kv.list({ start: [], end: ["a", "a"] }))).toEqual([["Z"], ["a"]]);
    expect(await letters(kv.list({ prefix: [], start: ["a", "c"] }, { limit: 2 }))).toBe("cd");
  });

  test("the selector is copied at the call", async ({ kv }) => {
    await writeLetters(kv);
    const prefix = ["a"];
    const selector = { prefix } as { prefix: Key };
    const entries = kv.list(selector);
    prefix[0] = "b";
    selector.prefix = ["c"];
    expect(await letters(entries)).toBe("abcde");
  });
});

describe("options", () => {
  test("limit is a positive integer, or undefined for none", async ({ kv }) => {
    await writeLetters(kv);
    expect(await letters(kv.list({ prefix: ["a"] }, { limit: 2 }))).toBe("ab");
    expect(await letters(kv.list({ prefix: ["a"] }, { limit: anything(undefined) }))).toBe("abcde");
    for (const limit of [0, -1, 1.5, Number.NaN, null, "1"]) {
      const message = `Limit must be a positive integer: received ${String(limit)}`;
      expect(() => kv.list({ prefix: [] }, { limit: anything(limit) })).toThrow(new Error(message));
    }
  });

  test("batchSize is a positive integer up to 1,000, and says nothing of what is yielded", async ({ kv }) => {
    await writeLetters(kv);
    for (const batchSize of [1, 2, 1000, null, undefined]) {
      const options = { batchSize: anything(batchSize) };
      expect(await letters(kv.list({ prefix: ["a"] }, options))).toBe("abcde");
    }
    for (const batchSize of [0, -1, 1.5, "1"]) {
      const message = `batchSize must be a positive integer: received ${String(batchSize)}`;
      expect(() => kv.list({ prefix: [] }, { batchSize: anything(batchSize) })).toThrow(new Error(message));
    }
    const tooMany = kv.list({ prefix: [] }, { batchSize: 1001 }).next();
    await expect(tooMany).rejects.toThrow(TypeError);
    await expect(tooMany).rejects.toThrow(/^Too many entries \(max 1000\)/);
  });

  test("without a batchSize a batch is the limit, 500 at most, or 100", async ({ kv }) => {
    const atomic = kv.atomic();
    for (let index = 0; index < 1200; index++) atomic.set(["k", index], 0);
    await atomic.commit();
    /** The first entry that a write made after the first `next` shows in: where the second batch begins. */
    const batchOf = async (limit: number | undefined): Promise<number> => {
      await kv.set(["k", 0], 0);
      const entries = kv.list<number>({ prefix: ["k"] }, limit === undefined ? {} : { limit });
      await entries.next();
      const mark = kv.atomic();
      for (let index = 0; index < 1200; index++) mark.set(["k", index], limit ?? -1);
      await mark.commit();
      return 1 + (await drain(entries)).findIndex(({ value }) => value === (limit ?? -1));
    };
    expect(await batchOf(undefined)).toBe(100);
    expect(await batchOf(1100)).toBe(500);
    expect(await batchOf(300)).toBe(0);
  });

  test("only true reverses", async ({ kv }) => {
    await writeLetters(kv);
    expect(await letters(kv.list({ prefix: ["a"] }, { reverse: true }))).toBe("edcba");
    for (const reverse of [1, "true", {}, false, null]) {
      expect(await letters(kv.list({ prefix: ["a"] }, { reverse: anything(reverse) }))).toBe("abcde");
    }
  });
});

describe("cursors", () => {
  test("are base64url of what the last key has beyond the prefix, or beyond the bytes both bounds share", async ({
    kv,
  }) => {
    await writeLetters(kv);
    expect(await cursorAfter(kv.list({ prefix: ["a"] }), 2)).toBe("AmIA");
    expect(await cursorAfter(kv.list({ start: ["a", "a"], end: ["a", "z"] }), 1)).toBe("YQA=");
    await kv.set(["\u{10ffff}", -1], 1);
    expect(await cursorAfter(kv.list({ prefix: ["\u{10ffff}"] }), 1)).toBe("IUAP________");
  });

  test("a cursor is never empty at an entry, where Deno's is at a start that the end continues", async ({
    kv,
  }) => {
    await writeLetters(kv);
    const selector = { start: ["a"], end: ["a", "c"] };
    const cursor = await cursorAfter(kv.list(selector), 1);
    expect(cursor).not.toBe("");
    expect(await letters(kv.list(selector, { cursor }))).toBe("ab");
  });

  test("continue behind the entry they were taken at, in either direction, though it is gone", async ({
    kv,
  }) => {
    await writeLetters(kv);
    for (const [reverse, rest] of [
      [false, "cde"],
      [true, "cba"],
    ] as const) {
      const cursor = await cursorAfter(kv.list({ prefix: ["a"] }, { reverse }), 2);
      await kv.delete(["a", reverse ? "d" : "b"]);
      expect(await letters(kv.list({ prefix: ["a"] }, { cursor, reverse }))).toBe(rest);
      await writeLetters(kv);
    }
  });

  test("do not hold the direction: one taken forwards goes backwards where it is asked to", async ({
    kv,
  }) => {
    await writeLetters(kv);
    const cursor = await cursorAfter(kv.list({ prefix: ["a"] }), 3);
    expect(await letters(kv.list({ prefix: ["a"] }, { cursor, reverse: true }))).toBe("ba");
  });

  test("that are empty, null or undefined are none", async ({ kv }) => {
    await writeLetters(kv);
    for (const cursor of ["", null, undefined]) {
      expect(await letters(kv.list({ prefix: ["a"] }, { cursor: anything(cursor) }))).toBe("abcde");
    }
  });

  test("that do not decode reject at the first next, padding missing too", async ({ kv }) => {
    for (const cursor of ["?", "YQA", "A", "Am+A", "YQA=="]) {
      const next = kv.list({ prefix: ["a"] }, { cursor }).next();
      await expect(next).rejects.toThrow(TypeError);
      await expect(next).rejects.toThrow("invalid cursor");
    }
  });

  test("of another range reject; behind its far end nothing is left", async ({ kv }) => {
    await writeLetters(kv);
    const low = await cursorAfter(kv.list({ start: ["a", "a"], end: ["a", "z"] }), 1);
    const high = await cursorAfter(kv.list({ start: ["a", "a"], end: ["a", "z"] }), 5);
    const middle = { start: ["a", "b"], end: ["a", "d"] };
    const below = kv.list(middle, { cursor: low }).next();
    await expect(below).rejects.toThrow(TypeError);
    await expect(below).rejects.toThrow("cursor out of bounds");
    await expect(kv.list(middle, { cursor: high, reverse: true }).next()).rejects.toThrow(
      "cursor out of bounds",
    );
    expect(await keysOf(kv.list(middle, { cursor: high }))).toEqual([]);
    expect(await keysOf(kv.list(middle, { cursor: low, reverse: true }))).toEqual([]);
  });

  test("cannot be had before the first next, unless one was given", async ({ kv }) => {
    await writeLetters(kv);
    const entries = kv.list({ prefix: ["a"] });
    expect(() => entries.cursor).toThrow(new Error("Cannot get cursor before first iteration"));
    expect(kv.list({ prefix: ["a"] }, { cursor: "AmIA" }).cursor).toBe("AmIA");
  });

  test("are empty after the last entry, and stay where a limit stopped", async ({ kv }) => {
    await writeLetters(kv);
    const all = kv.list({ prefix: ["a"] });
    expect(await letters(all)).toBe("abcde");
    expect(all.cursor).toBe("");
    const limited = kv.list({ prefix: ["a"] }, { limit: 5 });
    expect(await letters(limited)).toBe("abcde");
    expect(limited.cursor).toBe("AmUA");
  });
});

describe("iterating", () => {
  test("each batch is a snapshot of its own: what is written between two is seen", async ({ kv }) => {
    await writeLetters(kv);
    const entries = kv.list({ prefix: ["a"] }, { batchSize: 2 });
    await entries.next();
    await kv.atomic().delete(["a", "b"]).delete(["a", "c"]).set(["a", "dd"], 1).commit();
    expect((await drain(entries)).map(({ key }) => key[1])).toEqual(["b", "d", "dd", "e"]);
  });

  test("break leaves the iterator usable: the next loop goes on behind it", async ({ kv }) => {
    await writeLetters(kv);
    const entries = kv.list({ prefix: ["a"] }, { batchSize: 2 });
    for await (const { key } of entries) if (key[1] === "c") break;
    expect(await letters(entries)).toBe("de");
  });

  test("calls of next side by side take turns, where Deno yields entries twice", async ({ kv }) => {
    await writeLetters(kv);
    const entries = kv.list({ prefix: ["a"] }, { batchSize: 2 });
    const results = await Promise.all(Array.from({ length: 7 }, () => entries.next()));
    expect(results.map(({ value }) => value?.key[1])).toEqual([..."abcde", undefined, undefined]);
  });

  test("once done, it stays done, whatever is written", async ({ kv }) => {
    await writeLetters(kv);
    for (const options of [{}, { limit: 5 }, { batchSize: 5 }]) {
      const entries = kv.list({ prefix: ["a"] }, options);
      await drain(entries);
      await kv.set(["a", "f"], 1);
      expect(await entries.next()).toEqual({ done: true, value: undefined });
      await kv.delete(["a", "f"]);
    }
  });
});
