/**
 * The copy that logs in memory make: as structuredClone makes it, whatever is to be stored.
 */
import { anything, assert, property } from "fast-check";
import { expect, test } from "vitest";
import { plainClone } from "./plain-clone.ts";

const storable = anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
});

test("a copy is what structuredClone makes of it", () => {
  assert(
    property(storable, (value) => {
      expect(plainClone(value)).toStrictEqual(structuredClone(value));
    }),
  );
});

test("a property of any name is copied", () => {
  const value = JSON.parse('{"__proto__":{"a":[1]}}') as object;
  expect(Object.entries(plainClone(value))).toEqual([["__proto__", { a: [1] }]]);
});

test("a copy shares nothing with what it was made of", () => {
  const value = { rows: [{ a: 1 }], pages: new Map([["k", { b: [2] }]]), bytes: Uint8Array.of(3) };
  const copy = plainClone(value);
  (value.rows[0] as { a: number }).a = 9;
  value.pages.get("k")?.b.push(9);
  value.bytes[0] = 9;
  expect(copy).toEqual({ rows: [{ a: 1 }], pages: new Map([["k", { b: [2] }]]), bytes: Uint8Array.of(3) });
});

test.each([[() => 1], [Symbol("s")], [{ deep: [() => 1] }]])(
  "what cannot be stored is refused: %o",
  (value) => {
    expect(() => plainClone(value)).toThrow(DOMException);
  },
);
