/**
 * Every key that is stored, built and read. Stored and synced: never change a form, add a new one. An
 * index entry's parts stand in the order in which queries go: entity, index, partition, range, key.
 */
import type { Key, KeyPart } from "rockpool";
import { fingerprintOf } from "./text-order.ts";

/** The first part of all keys. */
export const prefix = "forge-kvs";

export const plainPrefix: Key = [prefix, "kv"];
export const plainKey = (key: string): Key => [...plainPrefix, key];

export const entityPrefix = (entity: string): Key => [prefix, "entity", entity];
export const entityKey = (entity: string, key: string): Key => [...entityPrefix(entity), key];

/** Among `kv.secrets`, which are kept apart. */
export const secretKey = (key: string): Key => [prefix, key];

/** What an attribute may be to stand in an index. */
export type IndexValue = string | number | boolean;

export const indexPrefix = (entity: string, index: string, partition: readonly IndexValue[]): Key => [
  prefix,
  "index",
  entity,
  index,
  partitionPart(partition),
];

export const indexKey = (within: Key, range: IndexValue, key: string): Key => [
  ...within,
  // 0 and -0 are one number to Forge.
  typeof range === "number" ? range + 0 : range,
  key,
];

/** The key of the entity that an index entry tells of. */
export const keyOfIndexEntry = (entry: Key): string => String(entry.at(-1));

/** Longest partition that stands in its keys as it is, in characters. */
const partitionCharsMax = 100;

/**
 * Partitions are looked up, never put in order: a long one, which with a range and a key would be longer
 * than a key may be, is named by its fingerprint. Two of the same name are told apart when entries are read.
 */
const partitionPart = (partition: readonly IndexValue[]): string => {
  const text = JSON.stringify(partition);
  return text.length > partitionCharsMax ? `#${fingerprintOf(text)}` : text;
};

/** Two keys are one when this is. */
export const nameOfKey = (key: Key): string => JSON.stringify(key.map(nameOfPart));

const nameOfPart = (part: KeyPart): unknown => (typeof part === "string" ? part.toWellFormed() : part);

/** Longest key of an index entry, in bytes. Source: Rockpool, as Deno KV. */
export const indexKeyBytesMax = 2048;

/** What a key takes in the store, in bytes, or a little more: each part is marked, a 0 byte is written as two. */
export const keyBytes = (key: Key): number =>
  key.reduce<number>(
    (bytes, part) =>
      bytes +
      (typeof part === "string" ? new TextEncoder().encode(part.replaceAll("\0", "\0\0")).length + 2 : 9),
    0,
  );
