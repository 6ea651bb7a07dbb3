/**
 * Keys as Deno judges them: what is none, what is too long, in Deno's words. One corner of the key
 * space is this package's own: keys whose first part is an empty Uint8Array, which sort before all
 * others. The messages of queues stand there, where no list of the app's comes by.
 */
import { type Key, keyBytes, type Selector } from "rockpool";
import { wrongType } from "./errors.ts";
import type { KvKey, KvListSelector } from "./kv.ts";
import { readKeyBytesMax, writeKeyBytesMax } from "./limits.ts";

/** First part of the keys that are not the app's. Stored: never change it. */
export const reservedPart: Uint8Array = new Uint8Array(0);

/** The first key that is the app's. */
const firstKey: Key = [Uint8Array.of(0)];

/** A key to read with. @throws TypeError */
export const toKey = (key: KvKey | null | undefined): Key => {
  // Deno reads a range that begins at the key.
  if (key === null || key === undefined) throw new TypeError("Invalid range");
  const bytes = bytesOfKey(key);
  if (bytes + 1 > readKeyBytesMax) {
    throw new TypeError(`Key too large for read (max ${readKeyBytesMax} bytes)`);
  }
  return key as Key;
};

/** Bytes of a key to write or to check. @throws TypeError */
export const bytesOfKeyToWrite = (key: KvKey): number => {
  const bytes = bytesOfKey(key);
  if (bytes === 0) throw new TypeError("key cannot be empty");
  if (bytes > writeKeyBytesMax) {
    throw new TypeError(`Key too large for write (max ${writeKeyBytesMax} bytes)`);
  }
  return bytes;
};

/** As of a key in a `set`, which may end with a symbol: of the parts before that. @throws TypeError */
export const bytesOfKeyToSet = (key: KvKey): number => {
  const isStamped = Array.isArray(key) && typeof key.at(-1) === "symbol";
  return bytesOfKeyToWrite(isStamped ? key.slice(0, -1) : key);
};

/** A selector whose bounds Deno takes, without the keys that are not the app's. @throws TypeError */
export const toSelector = (selector: KvListSelector): Selector => {
  const { prefix, start, end } = selector as Readonly<Partial<Record<"prefix" | "start" | "end", KvKey>>>;
  for (const bound of [prefix, start, end]) if (bound !== undefined) checkBound(bound);
  if (prefix !== undefined && isReserved(prefix)) return { start: firstKey, end: firstKey };
  const isLow = start === undefined ? prefix?.length === 0 : isReserved(start) || isBeginning(start, prefix);
  // An end that is empty is wrong or leaves nothing: the store says which.
  if (!isLow || end?.length === 0) return selector as Selector;
  if (end === undefined) return { prefix: [], start: firstKey };
  return { start: firstKey, end: isReserved(end) ? firstKey : (end as Key) };
};

const isBeginning = (start: KvKey, prefix: KvKey | undefined): boolean =>
  prefix === undefined && start.length === 0;

const checkBound = (bound: KvKey): void => {
  if (bytesOfPlainKey(bound) > writeKeyBytesMax) {
    throw new TypeError(`Key too large for read (max ${readKeyBytesMax} bytes)`);
  }
};

const bytesOfKey = (key: KvKey): number => {
  const bytes = bytesOfPlainKey(key);
  if (!isReserved(key)) return bytes;
  throw new TypeError(
    "a key that begins with an empty Uint8Array is kept for the messages of queues: begin it with another part",
  );
};

const bytesOfPlainKey = (key: KvKey): number => {
  if (!Array.isArray(key)) throw wrongType("array", key);
  return keyBytes(key as Key);
};

const isReserved = ([first]: KvKey): boolean => ArrayBuffer.isView(first) && first.byteLength === 0;
