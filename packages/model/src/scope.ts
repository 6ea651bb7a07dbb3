/**
 * Scopes: sets of prefixes, which say what a replica follows and what a token may read or write.
 * A prefix holds its own key and all keys below it. A scope is sorted and none of its prefixes holds
 * another, so equal sets have equal scopes; [""] is the whole bucket, [] is nothing.
 */
import type { PackedKey } from "./packed-key.ts";
import type { PackedRange } from "./range.ts";

export type Scope = readonly PackedKey[];

export const wholeBucket: Scope = ["" as PackedKey];

/** The scope of these prefixes, in any order. */
export const createScope = (prefixes: Iterable<PackedKey>): Scope => {
  const scope: PackedKey[] = [];
  // What a prefix holds lies right behind it in key order.
  for (const prefix of [...prefixes].toSorted(byCodeUnits)) {
    const last = scope.at(-1);
    if (last === undefined || !isWithinPrefix(last, prefix)) scope.push(prefix);
  }
  return scope;
};

/** True when the key, or all of a longer prefix, lies within one of the scope's prefixes. */
export const isInScope = (scope: Scope, key: PackedKey): boolean => {
  // Prefixes are apart, so it can only lie within the last one that is not above it. By halving.
  let low = 0;
  let high = scope.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const prefix = scope[middle];
    if (prefix !== undefined && prefix <= key) low = middle + 1;
    else high = middle;
  }
  const prefix = scope[low - 1];
  return prefix !== undefined && isWithinPrefix(prefix, key);
};

/** What lies in both. */
export const intersectScopes = (a: Scope, b: Scope): Scope =>
  createScope([...a.filter((prefix) => isInScope(b, prefix)), ...b.filter((prefix) => isInScope(a, prefix))]);

/** True when two scopes are the same set. */
export const equalScopes = (a: Scope, b: Scope): boolean =>
  a.length === b.length && a.every((prefix, index) => prefix === b[index]);

/** The ranges of keys that a scope holds, ascending and apart. */
export const rangesOfScope = (scope: Scope): readonly PackedRange[] =>
  scope.map((prefix) => ({ start: prefix, end: endOf(prefix), common: prefix }));

/** All keys. */
export const wholeRange: PackedRange = {
  start: "" as PackedKey,
  end: "\xff" as PackedKey,
  common: "" as PackedKey,
};

/** True for the prefix itself and what is below it. */
export const isWithinPrefix = (prefix: PackedKey, key: PackedKey): boolean =>
  key >= prefix && key < endOf(prefix);

/** No part of a key begins with the byte FF; 00 FF within a string stands for its own 00. */
const endOf = (prefix: PackedKey): PackedKey => `${prefix}\xff` as PackedKey;

const byCodeUnits = (a: PackedKey, b: PackedKey): number => (a < b ? -1 : a > b ? 1 : 0);
