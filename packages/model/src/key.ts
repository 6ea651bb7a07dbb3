/**
 * Keys as callers write them. What a key means (order, identity, size) is decided by its packed
 * form, see packed-key.ts.
 */

/**
 * One part of a key. Parts of different types never mix; between types the order is
 * bytes < string < bigint < number < boolean. `1`, `1n`, `"1"` and `true` are four different parts,
 * and so are `0` and `-0`.
 */
export type KeyPart = Uint8Array | string | number | bigint | boolean;

/** A key, compared part by part. It may be empty only as a prefix or as the bound of a range. */
export type Key = readonly KeyPart[];
