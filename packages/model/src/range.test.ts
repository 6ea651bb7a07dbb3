/**
 * Ranges hold what their prefix or bounds say, and cursors
 * resume them where they stopped.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packKey } from "./packed-key.ts";
import { encodeCursor, inRange, isEmptyRange, packedPrefixRange, prefixRange, resumeRange } from "./range.ts";
import { resolveSelector } from "./selector.ts";

const letters = resolveSelector({ start: ["a", "a"], end: ["a", "z"] });

describe("the range of a prefix", () => {
  test("holds the keys below the prefix, not the prefix itself", () => {
    const range = prefixRange(["a"]);
    expect(inRange(range, packKey(["a", new Uint8Array()]))).toBe(true);
    expect(inRange(range, packKey(["a", true]))).toBe(true);
    expect(inRange(range, packKey(["a"]))).toBe(false);
    expect(inRange(range, packKey(["aa", "b"]))).toBe(false);
    expect(inRange(range, packKey(["b"]))).toBe(false);
  });

  test("holds every key when the prefix is empty", () => {
    const keys = [[new Uint8Array()], [""], [true, true]].map(packKey);
    expect(keys.every((key) => inRange(prefixRange([]), key))).toBe(true);
    expect(packedPrefixRange(packKey([]))).toEqual(prefixRange([]));
  });
});

describe("a cursor", () => {
  test("is what the key has more than the common prefix, as Deno writes it", () => {
    expect(encodeCursor(prefixRange(["a"]), packKey(["a", "b"]))).toBe("AmIA");
    expect(letters.common).toBe("\x02a\x00\x02");
    expect(encodeCursor(letters, packKey(["a", "a"]))).toBe("YQA=");
  });

  test("resumes behind its key, and below it in reverse", () => {
    const range = prefixRange(["a"]);
    const cursor = encodeCursor(range, packKey(["a", "m"]));
    const forward = resumeRange(range, cursor, false);
    const reverse = resumeRange(range, cursor, true);
    const places = ["l", "m", "n"].map((letter) => packKey(["a", letter]));
    expect(places.map((key) => inRange(forward, key))).toEqual([false, false, true]);
    expect(places.map((key) => inRange(reverse, key))).toEqual([true, false, false]);
    expect(inRange(forward, packKey(["a", "m", 1]))).toBe(true);
    expect(forward.common).toBe(range.common);
  });

  test("resumes between the right keys whatever the key", () => {
    const someParts = fc.array(
      fc.oneof(fc.string({ maxLength: 3 }), fc.uint8Array({ maxLength: 3 }), fc.double()),
      {
        minLength: 1,
        maxLength: 2,
      },
    );
    fc.assert(
      fc.property(someParts, someParts, (a, b) => {
        const range = prefixRange(["p"]);
        const [at, other] = [packKey(["p", ...a]), packKey(["p", ...b])];
        const cursor = encodeCursor(range, at);
        expect(inRange(resumeRange(range, cursor, false), other)).toBe(other > at);
        expect(inRange(resumeRange(range, cursor, true), other)).toBe(other < at);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(["YQ", "YQ=", "Y", "YR==", "a+b/", "YQ==\n", "é===", "="])(
    "that reads %j is invalid",
    (cursor) => {
      expect(() => resumeRange(letters, cursor, false)).toThrow(TypeError);
      expect(() => resumeRange(letters, cursor, false)).toThrow("invalid cursor");
    },
  );

  test("that is no string is invalid", () => {
    expect(() => resumeRange(letters, 5 as unknown as string, false)).toThrow("invalid cursor");
  });

  test("outside the range is out of bounds, and past its far end leaves nothing", () => {
    const before = encodeCursor(letters, packKey(["a", "A"]));
    const behind = encodeCursor(letters, packKey(["a", "~"]));
    expect(() => resumeRange(letters, before, false)).toThrow(
      new TypeError("cursor out of bounds; use it with the selector and the direction it was made with"),
    );
    expect(() => resumeRange(letters, behind, true)).toThrow("cursor out of bounds");
    expect(isEmptyRange(resumeRange(letters, behind, false))).toBe(true);
    expect(isEmptyRange(resumeRange(letters, before, true))).toBe(true);
    expect(isEmptyRange(letters)).toBe(false);
  });
});
