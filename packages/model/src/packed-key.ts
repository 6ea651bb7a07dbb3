/**
 * Packed keys: a key as a string of code units 0-255 whose order is the order of keys, usable as it
 * is as a map key, as an IndexedDB key and, byte for byte, as a key of any sorted store.
 * A packed key is canonical: equal keys have equal packed forms. How the parts are written stands in
 * tuple-writer.ts.
 */
import type { Key, KeyPart } from "./key.ts";
import { assert } from "./error.ts";
import { keyBytesMax } from "./limits.ts";
import { readParts } from "./tuple-reader.ts";
import { bytesOfCodeUnits, codeUnitsOf, writePart } from "./tuple-writer.ts";

declare const packedKeyBrand: unique symbol;

/**
 * A key as a string of code units 0-255; string order is key order. Made by {@link packKey}, and
 * admitted from outside by {@link isPackedKey}. The bounds of a range have this type too, but need
 * not be whole keys.
 */
export type PackedKey = string & { readonly [packedKeyBrand]: true };

/**
 * Packs a key to read with, or as a prefix or bound; `[]` gives `""`.
 * @throws TypeError when it is no array, holds what is no key part, or is longer than `keyBytesMax`.
 */
export const packKey = (key: Key): PackedKey => packFor("read", key);

/** Packs a key to write under. @throws TypeError as {@link packKey} does, and for the empty key. */
export const packKeyForWrite = (key: Key): PackedKey => {
  const packed = packFor("write", key);
  if (packed === "") throw new TypeError("key cannot be empty; give it at least one part");
  return packed;
};

/**
 * Bytes of a key as it is packed, which `keyBytesMax` bounds; whether they are too many is not checked.
 * @throws TypeError when it is no array, or holds what is no key part.
 */
export const keyBytes = (key: Key): number => packParts(key).length;

const packFor = (purpose: "read" | "write", key: Key): PackedKey => {
  const packed = packParts(key);
  if (packed.length > keyBytesMax) {
    throw new TypeError(
      `Key too large for ${purpose} (max ${keyBytesMax} bytes): ${packed.length} bytes; shorten its parts, or store the long part in the value`,
    );
  }
  return packed as PackedKey;
};

const packParts = (key: Key): string => {
  if (!Array.isArray(key)) {
    throw new TypeError(
      `invalid type; expected: array, got: ${key === null ? "null" : typeof key}; write a key as an array of parts, such as ["users", 1]`,
    );
  }
  let packed = "";
  for (let index = 0; index < key.length; index++) packed += writePart(key[index], index);
  return packed;
};

/** The parts of a packed key; byte parts are fresh `Uint8Array`s. Not for bounds of ranges. */
export const unpackKey = (packed: PackedKey): KeyPart[] => {
  const parts = readParts(packed);
  assert(parts !== undefined, `${JSON.stringify(packed)} is no packed key`);
  return parts;
};

/**
 * True for what {@link packKey} could have made: canonical, at most `keyBytesMax`. The empty key
 * passes, for it is a prefix; where an entry is written, check {@link isPackedKeyForWrite}.
 */
export const isPackedKey = (value: unknown): value is PackedKey => {
  if (typeof value !== "string" || value.length > keyBytesMax) return false;
  const parts = readParts(value);
  if (parts === undefined) return false;
  // Writing it again finds all that reading let pass: code units over 255, bad UTF-8, leading zeros, other NaNs.
  let again = "";
  for (let index = 0; index < parts.length; index++) again += writePart(parts[index], index);
  return again === value;
};

/** True for what {@link packKeyForWrite} could have made. */
export const isPackedKeyForWrite = (value: unknown): value is PackedKey => value !== "" && isPackedKey(value);

/** A packed key, or the bound of a range, as bytes; `Buffer.compare` and memcmp order them as keys. */
export const packedToBytes = (packed: PackedKey): Uint8Array<ArrayBuffer> => bytesOfCodeUnits(packed);

/** The other way. Nothing is checked: what comes from outside goes through {@link isPackedKey}. */
export const bytesToPacked = (bytes: Uint8Array): PackedKey => codeUnitsOf(bytes) as PackedKey;
