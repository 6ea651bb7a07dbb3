/**
 * Packed keys are Deno's encoding, come back as the key they
 * were made of, and sort as keys do.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Key, KeyPart } from "./key.ts";
import { anyKey, anyKeyPair, compareKeys } from "./key-arbitrary.ts";
import { keyBytesMax } from "./limits.ts";
import {
  bytesToPacked,
  isPackedKey,
  isPackedKeyForWrite,
  keyBytes,
  type PackedKey,
  packedToBytes,
  packKey,
  packKeyForWrite,
  unpackKey,
} from "./packed-key.ts";

const hexOf = (key: Key): string => Buffer.from(packedToBytes(packKey(key))).toString("hex");
const packAnything = (key: unknown) => () => packKey(key as Key);

/** The bytes of each kind of part; those that Deno's documentation of the format names, and its edges. */
const vectors: readonly (readonly [hex: string, key: Key])[] = [
  ["026600ff6f00", ["f\0o"]],
  ["027573657273000230303031323300", ["users", "000123"]],
  ["02c3a9e282acf09f988000", ["é€😀"]],
  ["0200", [""]],
  ["010100ffff00", [new Uint8Array([1, 0, 255])]],
  ["0100", [new Uint8Array()]],
  ["14", [0n]],
  ["160258", [600n]],
  ["1337", [-200n]],
  ["13fe", [-1n]],
  ["1cffffffffffffffff", [2n ** 64n - 1n]],
  ["0c0000000000000000", [1n - 2n ** 64n]],
  ["1d09010000000000000000", [2n ** 64n]],
  ["0bf6feffffffffffffffff", [-(2n ** 64n)]],
  ["213f8d3fffffffffff", [-300]],
  ["218000000000000000", [0]],
  ["217fffffffffffffff", [-0]],
  ["21fff0000000000000", [Infinity]],
  ["21fff8000000000000", [NaN]],
  ["2627", [false, true]],
];

describe("packed key", () => {
  test.each(vectors)("writes and reads %s as the tuple layer does", (hex, key) => {
    expect(hexOf(key)).toBe(hex);
    expect(unpackKey(bytesToPacked(Buffer.from(hex, "hex")))).toEqual(key);
  });

  test("orders parts of different types as Deno does", () => {
    const ascending: KeyPart[] = [
      new Uint8Array([255]),
      "",
      "~",
      -5n,
      10n ** 30n,
      -Infinity,
      1e300,
      false,
      true,
    ];
    const packed = ascending.map((part) => packKey([part]));
    expect(packed.toSorted()).toEqual(packed);
  });

  test("puts a key before the keys below it", () => {
    expect(packKey(["a"]) < packKey(["a", new Uint8Array()])).toBe(true);
    expect(packKey(["a", true]) < packKey(["aa"])).toBe(true);
  });

  test('keeps 1, 1n, "1" and true apart, and 0 from -0', () => {
    expect(new Set([1, 1n, "1", true, 0, -0].map((part) => packKey([part]))).size).toBe(6);
  });

  test("takes any view as the bytes it shows", () => {
    const buffer = Uint8Array.of(9, 1, 2, 9).buffer;
    const view = new DataView(buffer, 1, 2) as unknown as Uint8Array;
    expect(unpackKey(packKey([view]))).toEqual([Uint8Array.of(1, 2)]);
    expect(unpackKey(packKey([Buffer.from("hi")]))).toEqual([Uint8Array.of(104, 105)]);
  });

  test("turns lone surrogates into U+FFFD and keeps a byte order mark", () => {
    expect(unpackKey(packKey(["a\ud800b", "\ufeffx"]))).toEqual(["a\ufffdb", "\ufeffx"]);
  });

  test.each([null, undefined, {}, new Date(0), new ArrayBuffer(1), ["nested"], Symbol("s"), () => 1])(
    "refuses %s as a part and says which part it is",
    (part) => {
      expect(packAnything(["a", part])).toThrow(TypeError);
      expect(packAnything(["a", part])).toThrow(
        /^expected string, number, bigint, ArrayBufferView, boolean, got \w+ as part 1/,
      );
    },
  );

  test("refuses a hole", () => {
    // oxlint-disable-next-line no-sparse-arrays
    expect(packAnything(["a", , "b"])).toThrow("got undefined as part 1");
  });

  test.each(["users", 1, null, undefined, { 0: "a", length: 1 }])("refuses %j, which is no array", (key) => {
    expect(packAnything(key)).toThrow(TypeError);
    expect(packAnything(key)).toThrow("expected: array");
  });

  test("accepts the longest key and refuses one byte more, naming both sizes", () => {
    expect(packKey([new Uint8Array(keyBytesMax - 2).fill(1)])).toHaveLength(keyBytesMax);
    const tooLong = packAnything([new Uint8Array(keyBytesMax - 1).fill(1)]);
    expect(tooLong).toThrow(TypeError);
    expect(tooLong).toThrow(/^Key too large for read \(max 2048 bytes\): 2049 bytes/);
  });

  test("tells a key's bytes, of one that is too long as well", () => {
    expect(keyBytes(["a", 1, true])).toBe(packKey(["a", 1, true]).length);
    expect([keyBytes([]), keyBytes([new Uint8Array(keyBytesMax).fill(1)])]).toEqual([0, keyBytesMax + 2]);
    expect(() => keyBytes("a" as unknown as Key)).toThrow("expected: array, got: string");
  });

  test("refuses a part of a megabyte without overflowing the stack", () => {
    expect(packAnything([new Uint8Array(2 ** 20).fill(1)])).toThrow("1048578 bytes");
  });

  test("refuses a bigint whose length does not fit one byte", () => {
    expect(unpackKey(packKey([2n ** 2040n - 1n, 1n - 2n ** 2040n]))).toEqual([
      2n ** 2040n - 1n,
      1n - 2n ** 2040n,
    ]);
    expect(packAnything([2n ** 2040n])).toThrow("BigUint requires more than 255 bytes to be represented");
  });

  test("packs the empty key as a prefix, and refuses to write under it", () => {
    expect(packKey([])).toBe("");
    expect(() => packKeyForWrite([])).toThrow(TypeError);
    expect(() => packKeyForWrite([])).toThrow("key cannot be empty");
    expect(packKeyForWrite([""])).toBe(packKey([""]));
  });
});

describe("unpacking", () => {
  test.each(["\x21\x80", "\x02a", "\x1d\x09", "\x16\x01", "\x03"])(
    "throws on %j, which is no key",
    (text) => {
      expect(() => unpackKey(text as PackedKey)).toThrow("invariant");
    },
  );
});

describe("guard for packed keys from outside", () => {
  test.each([
    ["a code unit over 255", "\x02\u0141\x00"],
    ["an unknown tag", "\x03a\x00"],
    ["a zero tag", "\x00"],
    ["a string without its end", "\x02abc"],
    ["an end that is an escape", "\x02abc\x00\xff"],
    ["UTF-8 that is none", "\x02\xc3\x00"],
    ["an encoded surrogate", "\x02\xed\xa0\x80\x00"],
    ["an overlong form", "\x02\xc1\x81\x00"],
    ["half a number", "\x21\x80\x00"],
    ["another NaN", "\x21\xff\xf8\x00\x00\x00\x00\x00\x01"],
    ["a negative NaN", "\x21\x00\x07\xff\xff\xff\xff\xff\xff"],
    ["a bigint with a leading zero", "\x16\x00\x01"],
    ["a negative bigint with a leading zero", "\x12\xff\xfe"],
    ["a long form of a short bigint", "\x1d\x01\x05"],
    ["a bigint without its bytes", "\x1d"],
    ["a bigint cut short", "\x16\x01"],
    ["a length over 255", "\x1d\u0109" + "\x01".repeat(265)],
    ["a bound of a range", `${packKey(["a"])}\xff`],
    ["more bytes than a key has", packKey(["a".repeat(2000)]) + packKey(["a".repeat(100)])],
    ["a number", 5],
    ["nothing", null],
  ])("refuses %s", (_, value) => {
    expect(isPackedKey(value)).toBe(false);
  });

  test("admits the empty key as a prefix only", () => {
    expect([isPackedKey(""), isPackedKeyForWrite("")]).toEqual([true, false]);
    expect(isPackedKeyForWrite(packKey(["a"]))).toBe(true);
  });

  test("never throws and admits nothing that does not pack to itself", () => {
    const unit = fc.oneof(
      fc.constantFrom(0, 1, 2, 0x0b, 0x13, 0x14, 0x15, 0x1d, 0x21, 0x26, 0x27, 0xff, 0x100),
      fc.integer({ min: 0, max: 0x120 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 14 }), (units) => {
        const text = String.fromCharCode(...units);
        expect(!isPackedKey(text) || packKey(unpackKey(text)) === text).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("any keys", () => {
  test("compare alike as keys, as packed strings and as bytes", () => {
    fc.assert(
      fc.property(anyKeyPair, ([a, b]) => {
        const [packedA, packedB] = [packKey(a), packKey(b)];
        const order = compareKeys(a, b);
        expect(packedA < packedB ? -1 : Number(packedA > packedB)).toBe(order);
        expect(Buffer.compare(packedToBytes(packedA), packedToBytes(packedB))).toBe(order);
      }),
      { numRuns: 10_000 },
    );
  });

  test("come back from their packed form, and the packed form from its bytes", () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const packed = packKey(key);
        expect(unpackKey(packed)).toEqual(
          key.map((part) => (typeof part === "string" ? part.toWellFormed() : part)),
        );
        expect(bytesToPacked(packedToBytes(packed))).toBe(packed);
        expect(isPackedKey(packed)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
