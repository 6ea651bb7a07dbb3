/**
 * Ranges of packed keys: half open, compared as strings, and the cursors that resume them.
 * A cursor holds what the last key yielded has more than the range's common prefix, as Deno KV's do,
 * and not the direction: the caller repeats it.
 */
import type { Key } from "./key.ts";
import { type PackedKey, packKey } from "./packed-key.ts";

/** Keys from `start`, included, to `end`, excluded; empty when `end` is not above `start`. Bounds need not be whole keys. */
export interface PackedRange {
  readonly start: PackedKey;
  readonly end: PackedKey;
  /** What all keys of the range begin with; it is cut off cursors. */
  readonly common: PackedKey;
}

/** The keys below a prefix; the key that equals the prefix is not among them. */
export const prefixRange = (prefix: Key): PackedRange => packedPrefixRange(packKey(prefix));

/** {@link prefixRange} of a packed prefix. No part of a key begins with the bytes 00 or FF. */
export const packedPrefixRange = (prefix: PackedKey): PackedRange => ({
  start: `${prefix}\x00` as PackedKey,
  end: `${prefix}\xff` as PackedKey,
  common: prefix,
});

export const inRange = (range: PackedRange, key: PackedKey): boolean => key >= range.start && key < range.end;

/** True when no key can lie in the range; IndexedDB refuses such bounds. */
export const isEmptyRange = (range: PackedRange): boolean => range.start >= range.end;

/** The cursor behind `key`, a key of `range`: base64url with padding. */
export const encodeCursor = (range: PackedRange, key: PackedKey): string =>
  toBase64Url(key.slice(range.common.length));

/**
 * What of `range` is left behind a cursor: above its key, or below it in reverse. The key need not exist any more.
 * @throws TypeError "invalid cursor" or "cursor out of bounds".
 */
export const resumeRange = (range: PackedRange, cursor: string, isReverse: boolean): PackedRange => {
  const last = `${range.common}${fromBase64Url(cursor)}`;
  const rest = isReverse
    ? { ...range, end: last as PackedKey }
    : { ...range, start: `${last}\x00` as PackedKey };
  if (rest.start < range.start || rest.end > range.end) {
    throw new TypeError("cursor out of bounds; use it with the selector and the direction it was made with");
  }
  return rest;
};

const toBase64Url = (text: string): string => btoa(text).replaceAll("+", "-").replaceAll("/", "_");

const base64UrlPattern = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$/;

const fromBase64Url = (text: string): string => {
  const refused = new TypeError("invalid cursor; pass the cursor of an iterator unchanged");
  if (typeof text !== "string" || !base64UrlPattern.test(text)) throw refused;
  const decoded = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  // Bits behind the last byte: two texts would stand for one cursor.
  if (toBase64Url(decoded) !== text) throw refused;
  return decoded;
};
