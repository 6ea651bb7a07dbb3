/**
 * The size of a value is what V8 takes to serialize it: Node's serializer, which is V8's, is asked for
 * the same values. Views of buffers it writes in a way of its own; those are counted from the format.
 */
import { serialize } from "node:v8";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serializedBytes } from "./serialized-size.ts";

const cycle: Record<string, unknown> = { name: "cycle" };
cycle["self"] = cycle;
const sparse: unknown[] = [1];
sparse[9] = 2;
const shared = { a: 1 };

const values: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  -1,
  63,
  64,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  1.5,
  Number.NaN,
  0n,
  -1n,
  2n ** 64n,
  -(2n ** 200n),
  "",
  "plain",
  "é".repeat(200),
  "\u{1f600}",
  { "€": "€" },
  [],
  [1, [2, "x"], {}],
  sparse,
  Object.assign([1], { extra: 2 }),
  { a: 1, 2: "index", "4294967295": 3, "-1": 4 },
  cycle,
  [shared, shared],
  new Date(0),
  /a+/giu,
  /[a-z]/dv,
  new Map<unknown, unknown>([
    ["a", 1],
    [{}, []],
  ]),
  new Set([1n, "b"]),
  new Uint8Array(300).buffer,
  new RangeError("m", { cause: "c" }),
  new Error("m"),
  [Object("boxed"), Object(1), Object(1n), Object(false)],
];

/**
 * JSON data whose numbers are fractions: an integer in an object V8 may keep, and write, as one, of some
 * bytes more, after it met a fraction in an object of that form.
 */
const anyJson = fc.anything({
  key: fc.string({ unit: "binary" }),
  values: [
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noInteger: true, noNaN: true }),
  ],
  maxDepth: 4,
});

describe("serialized bytes", () => {
  test.each(values.map((value, index) => [index, value] as const))("of value %i are V8's", (_, value) => {
    expect(serializedBytes(value)).toBe(serialize(value).byteLength);
  });

  test.each([
    ["any JSON data", anyJson],
    [
      "any numbers",
      fc.array(
        fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true })),
      ),
    ],
  ])("of %s, as its parser makes them, are V8's", (_, arbitrary: fc.Arbitrary<unknown>) => {
    fc.assert(
      fc.property(arbitrary, (data) => {
        const value: unknown = JSON.parse(JSON.stringify(data));
        expect(serializedBytes(value)).toBe(serialize(value).byteLength);
      }),
      { numRuns: 1000 },
    );
  });

  test("of a view are its buffer's and nine more or so", () => {
    expect(serializedBytes(new Uint16Array(4))).toBe(2 + (1 + 1 + 8) + (1 + 1 + 1 + 1 + 1));
  });
});
