/**
 * Values take the narrowest encoding that keeps them, come back equal, and are told apart by
 * digest.
 */
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "./digest.ts";
import { KvError } from "./error.ts";
import { KvU64, u64Max } from "./kv-u64.ts";
import { valueBytesMax } from "./limits.ts";
import {
  checkValueSize,
  decodeValue,
  encodeValue,
  equalValues,
  isValue,
  type Value,
  valueBytes,
  valueBytesBound,
} from "./value.ts";

const json = (data: string): Value => ({ encoding: "json", data });
const rich = (data: string): Value => ({ encoding: "rich", data });
const bytes = (...data: number[]): Value => ({ encoding: "bytes", data: Uint8Array.from(data) });
const u64 = (data: bigint): Value => ({ encoding: "u64", data });

/** The digest by another implementation of SHA-256. */
const half = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 32);
};

const someValue: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => json(JSON.stringify(text))),
  fc.string({ unit: "binary", maxLength: 8 }).map(rich),
  fc.uint8Array({ maxLength: 8 }).map((data) => bytes(...data)),
  fc.bigInt({ min: 0n, max: u64Max }).map(u64),
);

describe("encoding a value", () => {
  test("chooses JSON, bytes or u64, and leaves the rest to the rich codec", () => {
    expect(encodeValue({ a: [1, null] })).toEqual(json('{"a":[1,null]}'));
    expect(encodeValue(null)).toEqual(json("null"));
    expect(encodeValue(Uint8Array.of(1, 2))).toEqual(bytes(1, 2));
    expect(encodeValue(new KvU64(7n))).toEqual(u64(7n));
    expect(encodeValue(undefined)).toBeUndefined();
    expect(encodeValue(new Date(0))).toBeUndefined();
    expect(encodeValue([new KvU64(7n)])).toBeUndefined();
    expect(encodeValue(new Uint16Array(1))).toBeUndefined();
    expect(encodeValue(new Uint8ClampedArray(1))).toBeUndefined();
  });

  test("copies bytes, of subarrays and Buffers too, into a buffer of their size", () => {
    const buffer = Buffer.from("abcdef");
    const encoded = encodeValue(buffer.subarray(1, 3));
    buffer.fill(0);
    expect(encoded).toEqual(bytes(98, 99));
    expect(encoded?.encoding === "bytes" && encoded.data.buffer.byteLength).toBe(2);
    expect(encoded?.encoding === "bytes" && Object.getPrototypeOf(encoded.data)).toBe(Uint8Array.prototype);
  });

  test("refuses bytes that were transferred away instead of storing none", () => {
    const moved = new Uint8Array(3);
    structuredClone(moved, { transfer: [moved.buffer] });
    expect(() => encodeValue(moved)).toThrow(TypeError);
  });

  test("gives the reader a copy of his own", () => {
    const stored = bytes(1, 2);
    const first = decodeValue({ encoding: "bytes", data: stored.data as Uint8Array });
    (first as Uint8Array).fill(9);
    expect(stored).toEqual(bytes(1, 2));
  });

  test("comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.uint8Array(),
          fc.bigInt({ min: 0n, max: u64Max }).map((n) => new KvU64(n)),
        ),
        (value) => {
          const encoded = encodeValue(value);
          fc.pre(encoded !== undefined);
          expect(decodeValue(encoded)).toStrictEqual(value);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("reports JSON text that does not parse as corrupt", () => {
    expect(() => decodeValue({ encoding: "json", data: "{" })).toThrow(
      expect.objectContaining({ constructor: KvError, code: "corrupt", cause: expect.any(SyntaxError) }),
    );
  });
});

describe("the size of a value", () => {
  test("is its text in UTF-8, its bytes, or 8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        expect(valueBytes(json(text))).toBe(Buffer.byteLength(text));
        expect(valueBytesBound(rich(text))).toBeGreaterThanOrEqual(valueBytes(rich(text)));
      }),
      { numRuns: 2000 },
    );
    expect(valueBytes(json("\ud800é\udc00"))).toBe(3 + 2 + 3);
    expect(valueBytes(bytes(1, 2, 3))).toBe(3);
    expect(valueBytes(u64(0n))).toBe(8);
  });

  test("may reach the limit and not pass it", () => {
    const euro = "€".repeat(Math.floor(valueBytesMax / 3));
    expect(() => checkValueSize(json(`${euro}a`))).not.toThrow();
    expect(() => checkValueSize(json(`${euro}ab`))).toThrow(TypeError);
    expect(() => checkValueSize(json(`${euro}ab`))).toThrow(
      /^Value too large \(max 1048576 bytes\): 1048577 bytes; split/,
    );
    expect(() => checkValueSize(json("a".repeat(valueBytesMax)))).not.toThrow();
    expect(() => checkValueSize({ encoding: "bytes", data: new Uint8Array(valueBytesMax) })).not.toThrow();
    expect(() => checkValueSize({ encoding: "bytes", data: new Uint8Array(valueBytesMax + 1) })).toThrow(
      "Value too large",
    );
  });
});

describe("two values", () => {
  test("are equal when encoding and data are", () => {
    expect(equalValues(bytes(1, 2), bytes(1, 2))).toBe(true);
    expect(equalValues(bytes(1, 2), bytes(1, 3))).toBe(false);
    expect(equalValues(bytes(1), bytes(1, 2))).toBe(false);
    expect(equalValues(json("1"), rich("1"))).toBe(false);
    expect(equalValues(json("1"), bytes(49))).toBe(false);
    expect(equalValues(u64(1n), u64(1n))).toBe(true);
    expect(equalValues(undefined, undefined)).toBe(true);
    expect(equalValues(undefined, json("null"))).toBe(false);
  });

  test("share a digest only when they are equal", () => {
    fc.assert(
      fc.property(someValue, someValue, (a, b) => {
        // TextEncoder folds lone surrogates, which no text of ours holds.
        fc.pre([a, b].every((value) => typeof value.data !== "string" || value.data.isWellFormed()));
        expect(digestOf(a) === digestOf(b)).toBe(equalValues(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  test("have the digests that stand in premises written long ago", () => {
    // If this fails, premises in logs no longer hold: a digest must never change.
    expect(digestOf(undefined)).toBe(half("\x00"));
    expect(digestOf(json('"é"'))).toBe(half("\x01", '"é"'));
    expect(digestOf(bytes(0, 255))).toBe(half("\x02", Uint8Array.of(0, 255)));
    expect(digestOf(u64(258n))).toBe(half("\x03", Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2)));
    expect(digestOf(rich("1x"))).toBe(half("\x04", "1x"));
  });
});

describe("guard for values from outside", () => {
  test("admits every value", () => {
    fc.assert(fc.property(someValue, (value) => isValue(value)));
  });

  test.each([
    null,
    undefined,
    "json",
    {},
    { encoding: "json" },
    { encoding: "json", data: 1 },
    { encoding: "rich", data: null },
    { encoding: "bytes", data: "abc" },
    { encoding: "bytes", data: [1] },
    { encoding: "bytes", data: new Uint16Array(1) },
    { encoding: "u64", data: 1 },
    { encoding: "u64", data: -1n },
    { encoding: "u64", data: u64Max + 1n },
    { encoding: "doc", data: "x" },
  ])("refuses %s", (value) => {
    expect(isValue(value)).toBe(false);
  });
});
