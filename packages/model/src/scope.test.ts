/**
 * Scopes as sets of keys: what they hold, and that equal sets are equal scopes.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Key } from "./key.ts";
import { packKey } from "./packed-key.ts";
import { createScope, equalScopes, intersectScopes, isInScope, rangesOfScope, wholeBucket } from "./scope.ts";

const scopeOf = (...keys: readonly Key[]) => createScope(keys.map((key) => packKey(key)));
const holds = (scope: ReturnType<typeof scopeOf>, ...parts: Key) => isInScope(scope, packKey(parts));

describe("a scope", () => {
  test("holds the key of its prefix and all below, and nothing beside", () => {
    const scope = scopeOf(["a"], ["b", 1]);
    expect([holds(scope, "a"), holds(scope, "a", "x", 2), holds(scope, "b", 1)]).toEqual([true, true, true]);
    expect([holds(scope, "b"), holds(scope, "b", 2), holds(scope, "ab"), holds(scope, 1)]).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });

  test("does not take the 00 within a string for the end of the prefix", () => {
    expect(holds(scopeOf(["a"]), "a\u0000b")).toBe(false);
    expect(scopeOf(["a"], ["a\u0000b"], ["a", 1])).toEqual([packKey(["a"]), packKey(["a\u0000b"])]);
  });

  test("of everything holds everything, of nothing nothing", () => {
    expect([holds(wholeBucket, "a"), holds(wholeBucket, new Uint8Array([255]))]).toEqual([true, true]);
    expect(holds(scopeOf(), "a")).toBe(false);
    expect(scopeOf([], ["a"])).toEqual(wholeBucket);
  });
});

test("scopes made of the same prefixes are equal, and intersections hold what both hold", () => {
  const part = fc.constantFrom<Key[number]>("a", "a\u0000", "b", 1);
  const key = fc.array(part, { maxLength: 3 });
  const prefixes = fc.array(key, { maxLength: 4 });
  fc.assert(
    fc.property(prefixes, prefixes, fc.array(key, { minLength: 1 }), (first, second, keys) => {
      const [a, b] = [scopeOf(...first), scopeOf(...second)];
      const both = intersectScopes(a, b);
      expect(equalScopes(scopeOf(...first.toReversed(), ...first), a)).toBe(true);
      expect(equalScopes(intersectScopes(b, a), both)).toBe(true);
      for (const each of keys) {
        expect(holds(both, ...each)).toBe(holds(a, ...each) && holds(b, ...each));
        const packed = packKey(each);
        const isInRange = rangesOfScope(a).some(({ start, end }) => packed >= start && packed < end);
        expect(isInRange).toBe(isInScope(a, packed));
      }
    }),
  );
});
