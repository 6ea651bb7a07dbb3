/**
 * A pattern matches a packed key as it would match the key part by part, and its range holds every
 * key that it matches.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Key, KeyPart } from "./key.ts";
import { anyKey } from "./key-arbitrary.ts";
import { any, matchesPattern, packPattern, type PatternPart, rest } from "./key-pattern.ts";
import { packKey } from "./packed-key.ts";
import { inRange } from "./range.ts";

const matches = (pattern: readonly PatternPart[], key: Key): boolean =>
  matchesPattern(packPattern(pattern), packKey(key));

/** Part by part, as it is documented. */
const matchesParts = (pattern: readonly PatternPart[], key: Key): boolean => {
  const hasRest = pattern.at(-1) === rest;
  const shape = hasRest ? pattern.slice(0, -1) : pattern;
  if (hasRest ? key.length <= shape.length : key.length !== shape.length) return false;
  return shape.every(
    (part, index) => part === any || packKey([part as KeyPart]) === packKey(key.slice(index, index + 1)),
  );
};

describe("a pattern", () => {
  test("of a fixed key matches that key alone", () => {
    expect(matches(["users", 1], ["users", 1])).toBe(true);
    expect(matches(["users", 1], ["users", 1, "name"])).toBe(false);
    expect(matches(["users", 1], ["users", 1n])).toBe(false);
  });

  test("with any matches exactly one part there, of whatever type", () => {
    const parts: KeyPart[] = ["a", "", 1, -0, 5n, -(2n ** 70n), true, Uint8Array.of(0, 255), "a\0b"];
    for (const part of parts) expect(matches(["users", any, "name"], ["users", part, "name"])).toBe(true);
    expect(matches(["users", any, "name"], ["users", "name"])).toBe(false);
    expect(matches(["users", any, "name"], ["users", 1, 2, "name"])).toBe(false);
    expect(matches(["users", any, "name"], ["users", 1, "name", 1])).toBe(false);
  });

  test("with rest matches one part or more behind it", () => {
    expect(matches(["users", any, rest], ["users", 1])).toBe(false);
    expect(matches(["users", any, rest], ["users", 1, "name"])).toBe(true);
    expect(matches(["users", any, rest], ["users", 1, "name", 2])).toBe(true);
    expect(matches([rest], ["a"])).toBe(true);
  });

  test("is not misled by a part that goes on with a zero", () => {
    expect(matches([any, "a"], [1, "a\0b"])).toBe(false);
    expect(matches([any, "a", rest], [1, "a\0b"])).toBe(false);
    expect(matches([any, "a", any], [1, "a\0b"])).toBe(false);
    expect(matches(["a", rest], ["a\0b"])).toBe(false);
  });

  test("matches as its parts do, and its range holds what it matches", () => {
    const shaped = fc.tuple(
      anyKey,
      fc.array(fc.constantFrom("fixed", "fixed", "any"), { maxLength: 8 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(shaped, anyKey, ([key, kinds, hasRest], other) => {
        const shape = key.map((part, index): PatternPart => (kinds[index] === "any" ? any : part));
        const pattern: PatternPart[] = hasRest ? [...shape.slice(0, -1), rest] : shape;
        if (pattern.length === 0) return;
        const packed = packPattern(pattern);
        for (const one of [key, other, [...key, ...other], key.slice(0, -1)]) {
          const isMatch = matchesParts(pattern, one);
          expect(matchesPattern(packed, packKey(one))).toBe(isMatch);
          expect(!isMatch || inRange(packed.range, packKey(one))).toBe(true);
        }
      }),
    );
  });

  test("reads no more than the keys that begin as it does", () => {
    const { range } = packPattern(["users", any, "name"]);
    expect(inRange(range, packKey(["users", 1, "other"]))).toBe(true);
    expect(inRange(range, packKey(["users"]))).toBe(false);
    expect(inRange(range, packKey(["user", 1, "name"]))).toBe(false);
  });

  test("is refused when it is none", () => {
    expect(() => packPattern([])).toThrow("at least one: received []");
    expect(() => packPattern(["a", rest, "b"])).toThrow(
      "rest must be the last part of a pattern: it is part 1",
    );
    expect(() => packPattern([Symbol("other") as never])).toThrow(TypeError);
    expect(() => packPattern([any, "x".repeat(3000)])).toThrow(/Key too large/);
  });
});
