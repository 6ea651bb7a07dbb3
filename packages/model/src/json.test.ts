/**
 * What counts as plain JSON, and what must take another
 * encoding because JSON would change it.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPlainJson, jsonDepthMax } from "./json.ts";

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

class Point {
  x = 1;
}

const cyclic: unknown[] = [];
cyclic.push({ cyclic });

describe("plain JSON", () => {
  test.each([
    null,
    true,
    "",
    "\ud800",
    0,
    -1.5,
    1e308,
    [],
    {},
    [1, [null]],
    { a: { b: ["c"] } },
    Object.create(null),
  ])("is %j", (value) => {
    expect(isPlainJson(value)).toBe(true);
  });

  test("is an object with a member named __proto__ or toJSON that holds data", () => {
    const value: unknown = JSON.parse('{"__proto__":{"a":1},"toJSON":2}');
    expect(isPlainJson(value)).toBe(true);
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  test.each([
    ["undefined", undefined],
    ["a member that is undefined", { a: undefined }],
    ["an element that is undefined", [undefined]],
    ["NaN", NaN],
    ["Infinity", [Infinity]],
    ["negative zero", { a: -0 }],
    ["a bigint", 1n],
    ["a symbol", Symbol("s")],
    ["a function", () => 1],
    ["a method", { a() {} }],
    ["toJSON", { toJSON: () => 1 }],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["a Set", [new Set()]],
    ["bytes", new Uint8Array(1)],
    ["an instance of a class", new Point()],
    ["an instance of a subclass of Array", new (class extends Array {})()],
    ["a boxed string", Object("a")],
    ["an error", new Error("e")],
    ["a hole", Array(3)],
    ["an array with a named member", Object.assign([1], { name: 1 })],
    ["a match, an array with named members", "abc".match(/b/)],
    ["a symbol key", { [Symbol("s")]: 1 }],
    ["an array with a symbol key", Object.assign([1], { [Symbol("s")]: 1 })],
    ["a cycle", cyclic],
  ])("is not %s", (_, value) => {
    expect(isPlainJson(value)).toBe(false);
  });

  test("ends at its depth bound", () => {
    expect(isPlainJson(nested(jsonDepthMax))).toBe(true);
    expect(isPlainJson(nested(jsonDepthMax + 1))).toBe(false);
  });

  test("gives up at once on an object that is shared a billion times", () => {
    let shared: unknown = 1;
    for (let level = 0; level < 30; level++) shared = [shared, shared];
    expect(isPlainJson(shared)).toBe(false);
  });

  test("is all that fast-check calls JSON, but for negative zero", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(isPlainJson(value)).toBe(!containsNegativeZero(value));
      }),
      { numRuns: 500 },
    );
  });

  test("comes back from its text as structured clone would give it", () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withSparseArray: true, withDate: true }),
        (value) => {
          fc.pre(isPlainJson(value));
          expect(JSON.parse(JSON.stringify(value))).toStrictEqual(structuredClone(value));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const containsNegativeZero = (value: unknown): boolean =>
  typeof value === "object" && value !== null
    ? Object.values(value).some(containsNegativeZero)
    : Object.is(value, -0);
