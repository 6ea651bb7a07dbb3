/**
 * Rows of the SQLite engine as arrays of columns, written and read in pairs. The order of the
 * columns is that of `entryColumns`, which every statement on entries uses.
 */
import {
  assert,
  KvError,
  type CommitResult,
  type PackedKey,
  type ReplicaId,
  type Stamp,
  type Value,
} from "@rockpool/model";
import { readResult, writeResult } from "@rockpool/protocol";
import type { RelayEntry } from "./relay-entry.ts";

export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = readonly SqlValue[];

export const entryColumns =
  "key, encoding, data, expire_at, revision, stamp, stamp_holder, set_stamp, set_holder, writer_host, writer_n, deleted_ms";

/** Code units 0–255 are Latin-1's bytes. */
export const keyToBlob = (key: PackedKey): Uint8Array => Buffer.from(key, "latin1");

export const writeEntryRow = (entry: RelayEntry): SqlValue[] => [
  keyToBlob(entry.key),
  ...writeValueColumns(entry.value),
  entry.expireAt ?? null,
  entry.revision,
  entry.stamp,
  entry.stampHolder,
  ...(entry.setStamp === entry.stamp ? [null, null] : [entry.setStamp, entry.setHolder]),
  entry.writer.host,
  entry.writer.n,
  entry.deletedMs ?? null,
];

export const readEntryRow = (row: SqlRow): RelayEntry => {
  const value = readValueColumns(row[1] as string | null, row[2] ?? null);
  return {
    key: blobToText(row[0] as Uint8Array, "latin1") as PackedKey,
    ...(value === undefined ? {} : { value }),
    ...(row[3] === null ? {} : { expireAt: row[3] as number }),
    revision: row[4] as number,
    stamp: row[5] as Stamp,
    stampHolder: row[6] as ReplicaId,
    setStamp: (row[7] ?? row[5]) as Stamp,
    setHolder: (row[8] ?? row[6]) as ReplicaId,
    writer: { host: row[9] as string, n: row[10] as number },
    ...(row[11] === null ? {} : { deletedMs: row[11] as number }),
  };
};

/** Results as JSON, in the form they have on the wire. */
export const writeResults = (results: readonly CommitResult[]): string =>
  JSON.stringify(results.map(writeResult));

export const readResults = (text: string): readonly CommitResult[] => {
  const results: unknown = JSON.parse(text);
  assert(Array.isArray(results), "kept results are an array");
  return results.map((result) => readResult(result));
};

const writeValueColumns = (value: Value | undefined): [encoding: string | null, data: SqlValue] => {
  switch (value?.encoding) {
    case undefined:
      return [null, null];
    case "json":
    case "rich":
      // SQLite's text is UTF-8, which cannot hold half a surrogate pair.
      return value.data.isWellFormed()
        ? [value.encoding, value.data]
        : [`${value.encoding}16`, Buffer.from(value.data, "utf16le")];
    case "bytes":
      return ["bytes", value.data];
    case "u64":
      return ["u64", value.data.toString()];
  }
};

const readValueColumns = (encoding: string | null, data: SqlValue): Value | undefined => {
  switch (encoding) {
    case null:
      return undefined;
    case "json":
    case "rich":
      return { encoding, data: data as string };
    case "json16":
      return { encoding: "json", data: blobToText(data as Uint8Array, "utf16le") };
    case "rich16":
      return { encoding: "rich", data: blobToText(data as Uint8Array, "utf16le") };
    case "bytes":
      return { encoding, data: data as Uint8Array };
    case "u64":
      return { encoding, data: BigInt(data as string) };
    default:
      throw new KvError("corrupt", `A kept value has the unknown encoding "${encoding}"`);
  }
};

const blobToText = (blob: Uint8Array, encoding: "latin1" | "utf16le"): string =>
  Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString(encoding);

/** Statements return arrays, which the types of node:sqlite do not say. */
export const rowOf = (row: unknown): SqlRow => {
  assert(Array.isArray(row), "a row is an array of columns");
  return row;
};
