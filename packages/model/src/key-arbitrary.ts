/**
 * Any keys, and pairs of them that are hard to order, with a straightforward comparison of keys part
 * by part to hold every packed order against. Runs in browsers too.
 */
import * as fc from "fast-check";
import type { Key, KeyPart } from "./key.ts";

/** The order of keys as it is documented, computed from the keys themselves. */
export const compareKeys = (a: Key, b: Key): number => {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareParts(part, other);
    if (order !== 0) return order;
  }
  return a.length < b.length ? -1 : 0;
};

const compareParts = (a: KeyPart, b: KeyPart): number => {
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") {
    return compareBytes(new TextEncoder().encode(a), new TextEncoder().encode(b));
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (typeof a !== typeof b) return Math.sign(typeOrder(a) - typeOrder(b));
  return a < b ? -1 : Number(a > b);
};

const typeOrder = (part: KeyPart): number =>
  ["object", "string", "bigint", "number", "boolean"].indexOf(typeof part);

const compareNumbers = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === 0 && b === 0) return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
  return a < b ? -1 : Number(a > b);
};

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  for (const [index, byte] of a.entries()) {
    const other = b[index];
    if (other === undefined || byte > other) return 1;
    if (byte < other) return -1;
  }
  return a.length < b.length ? -1 : 0;
};

const anyCharacter = fc.constantFrom(
  "a",
  "b",
  "\0",
  "\x01",
  "\x7f",
  "\x80",
  "ÿ",
  "\u07ff",
  "\u0800",
  "\ud800",
  "\ufeff",
  "\uffff",
  "😀",
);

const anyPart: fc.Arbitrary<KeyPart> = fc.oneof(
  fc.array(anyCharacter, { maxLength: 4 }).map((characters) => characters.join("")),
  fc.string({ maxLength: 6 }),
  fc.array(fc.constantFrom(0, 1, 2, 254, 255), { maxLength: 4 }).map((bytes) => Uint8Array.from(bytes)),
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc
    .tuple(fc.integer({ min: 0, max: 80 }), fc.constantFrom(-1n, 0n, 1n), fc.constantFrom(-1n, 1n))
    .map(([bits, offset, sign]) => sign * (2n ** BigInt(bits) + offset)),
  fc.boolean(),
);

/** Up to three parts; the empty key too. */
export const anyKey: fc.Arbitrary<readonly KeyPart[]> = fc.array(anyPart, { maxLength: 3 });

/** Half of the pairs begin alike, as far as a random place. */
export const anyKeyPair: fc.Arbitrary<readonly [Key, Key]> = fc.oneof(
  fc.tuple(anyKey, anyKey),
  fc.tuple(anyKey, anyKey, fc.nat(3)).map(([a, b, shared]): [Key, Key] => [a, [...a.slice(0, shared), ...b]]),
);
