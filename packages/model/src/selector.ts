/**
 * Selectors: which keys a list, a delete or a feed is about. The forms, the checks and the moments at
 * which they are made are Deno KV's: wrong members at the call, wrong keys when the first is read.
 * What they resolve to stands in range.ts.
 */
import type { Key } from "./key.ts";
import { type PackedKey, packKey } from "./packed-key.ts";
import { type PackedRange, packedPrefixRange } from "./range.ts";

/** Keys below `prefix`, from `start` (included) to `end` (excluded). A member that is undefined counts as missing. */
export type Selector =
  | { readonly prefix: Key }
  | { readonly prefix: Key; readonly start: Key }
  | { readonly prefix: Key; readonly end: Key }
  | { readonly start: Key; readonly end: Key };

/** A copy that later changes of the caller's object do not reach. @throws TypeError for a form that is none of the four. */
export const checkSelector = (selector: Selector): Selector => {
  const { prefix, start, end } = membersOf(selector);
  if (prefix === undefined) {
    if (start === undefined || end === undefined) {
      throw new TypeError("Selector must specify either 'prefix' or both 'start' and 'end' key");
    }
    return { start, end };
  }
  if (start !== undefined && end !== undefined) {
    throw new TypeError("Selector can not specify both 'start' and 'end' key when specifying 'prefix'");
  }
  if (start !== undefined) return { prefix, start };
  return end === undefined ? { prefix } : { prefix, end };
};

/** The range of a selector. @throws TypeError as {@link checkSelector} and `packKey` do, and for bounds outside the prefix or the wrong way round. */
export const resolveSelector = (selector: Selector): PackedRange => {
  const checked = checkSelector(selector);
  return "prefix" in checked
    ? rangeWithin(checked)
    : rangeBetween(packKey(checked.start), packKey(checked.end));
};

interface PrefixSelector {
  readonly prefix: Key;
  readonly start?: Key;
  readonly end?: Key;
}

const rangeWithin = (selector: PrefixSelector): PackedRange => {
  const range = packedPrefixRange(packKey(selector.prefix));
  if (selector.start !== undefined) {
    return { ...range, start: boundWithin(range.common, selector.start, "Start") };
  }
  if (selector.end !== undefined) return { ...range, end: boundWithin(range.common, selector.end, "End") };
  return range;
};

const boundWithin = (prefix: PackedKey, bound: Key, name: "Start" | "End"): PackedKey => {
  const packed = packKey(bound);
  if (!packed.startsWith(prefix) || packed.length === prefix.length) {
    throw new TypeError(`${name} key is not in the keyspace defined by prefix`);
  }
  return packed;
};

const rangeBetween = (start: PackedKey, end: PackedKey): PackedRange => {
  if (start > end) throw new TypeError("Start key is greater than end key");
  // A byte of the start stays: a cursor behind it would be empty otherwise, which says "from the beginning".
  const lengthMax = Math.max(0, start.length - 1);
  let length = 0;
  while (length < lengthMax && start[length] === end[length]) length += 1;
  return { start, end, common: start.slice(0, length) as PackedKey };
};

interface Members {
  readonly prefix: Key | undefined;
  readonly start: Key | undefined;
  readonly end: Key | undefined;
}

const membersOf = (selector: unknown): Members => ({
  prefix: copyOfKey(selector, "prefix"),
  start: copyOfKey(selector, "start"),
  end: copyOfKey(selector, "end"),
});

const copyOfKey = (selector: unknown, member: keyof Members): Key | undefined => {
  if (typeof selector !== "object" || selector === null || !Object.hasOwn(selector, member)) return undefined;
  const key = (selector as Members)[member];
  // What is no array goes on as it is: packKey refuses it, when the first key is read.
  return Array.isArray(key) ? [...key] : key;
};
