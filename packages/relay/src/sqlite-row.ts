/**
 * Rows of the SQLite engine as arrays of columns, written and read in pairs. The order of the
 * columns is that of `entryColumns`, which every statement on entries uses.
 */
import {
  assert,
  isPackedKeyForWrite,
  isStamp,
  u64Max,
  zeroStamp,
  type CommitResult,
  type PackedKey,
  type Value,
} from "@rockpool/model";
import { ProtocolError, readResult, writeResult } from "@rockpool/protocol";
import { isCompactionDue } from "./compaction.ts";
import type { DocumentState, DocumentUpdate } from "./document-state.ts";
import type { RelayEntry } from "./relay-entry.ts";

export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = readonly SqlValue[];

export const entryColumns =
  "key, encoding, data, expire_at, revision, stamp, stamp_holder, set_stamp, set_holder, writer_host, writer_n, deleted_ms, incarnation, update_rows, update_bytes, base_bytes, compaction_due, subdocuments";
export const updateColumns = "key, revision, place, is_base, data";

/** Code units 0–255 are Latin-1's bytes. */
export const keyToBlob = (key: PackedKey): Uint8Array => Buffer.from(key, "latin1");

export const writeEntryRow = (entry: RelayEntry): SqlValue[] => [
  keyToBlob(entry.key),
  ...(entry.document === undefined
    ? writeValueColumns(entry.value)
    : ["document", entry.document.stateVector]),
  entry.expireAt ?? null,
  entry.revision,
  entry.stamp,
  entry.stampHolder,
  ...(entry.setStamp === entry.stamp ? [null, null] : [entry.setStamp, entry.setHolder]),
  entry.writer.host,
  entry.writer.n,
  entry.deletedMs ?? null,
  ...writeDocumentColumns(entry.document),
];

/** What a row was read as: nothing where its place is not known; `fault` says what could not be read. */
export interface ReadEntry {
  readonly entry: RelayEntry | undefined;
  readonly fault?: string;
}

/**
 * The entry of a row, as far as it can be read, so that one damaged row stops nothing but itself. A value that
 * cannot be read is one that nobody can decode: the entry stands at its revision until it is written again.
 */
export const readEntryRow = (row: SqlRow): ReadEntry => {
  const [keyBlob, encoding, data, expireAt, revision] = row;
  const key = readKey(keyBlob);
  if (key === undefined) return { entry: undefined, fault: "its key: it is left out" };
  if (!isCount(revision)) return { entry: undefined, fault: "its revision: it is left out" };
  const deletedMs = row[11] ?? null;
  const document = encoding === "document" ? readDocumentColumns(row) : undefined;
  const value =
    document === undefined ? readValueColumns(encoding ?? null, data ?? null, deletedMs) : undefined;
  const past = readPast(row);
  const hasEnd = typeof expireAt === "number";
  const faults = [
    ...(value === unreadableValue ? ["its value: reads of it fail until it is set or deleted"] : []),
    ...(past === unknownPast ? ["who wrote it when: any later write replaces it"] : []),
    ...(hasEnd || expireAt === null ? [] : ["when it ends: it stays"]),
  ];
  const entry: RelayEntry = {
    key,
    ...(value === undefined ? {} : { value }),
    ...(document === undefined ? {} : { document }),
    ...(hasEnd ? { expireAt } : {}),
    revision,
    ...past,
    ...(typeof deletedMs === "number" ? { deletedMs } : {}),
  };
  return faults.length === 0 ? { entry } : { entry, fault: faults.join("; ") };
};

/** The update of a row; undefined where it cannot be read. */
export const readUpdateRow = ([keyBlob, revision, place, isBase, data]: SqlRow):
  | DocumentUpdate
  | undefined => {
  const key = readKey(keyBlob);
  const isRead = key !== undefined && isCount(revision) && isCountFrom0(place) && data instanceof Uint8Array;
  if (!isRead || (isBase !== 0 && isBase !== 1)) return undefined;
  const update = { key, revision, place, update: data };
  return isBase === 1 ? { ...update, isBase: true } : update;
};

export const readKey = (blob: SqlValue | undefined): PackedKey | undefined => {
  const key = blob instanceof Uint8Array ? blobToText(blob, "latin1") : undefined;
  return isPackedKeyForWrite(key) ? key : undefined;
};

type Past = Pick<RelayEntry, "stamp" | "stampHolder" | "setStamp" | "setHolder" | "writer">;

/** Of a row that does not say: nothing is late against it, and no check names its writer. */
const unknownPast: Past = {
  stamp: zeroStamp,
  stampHolder: "",
  setStamp: zeroStamp,
  setHolder: "",
  writer: { host: "0", n: 1 },
};

const readPast = (row: SqlRow): Past => {
  const [stamp, stampHolder] = [row[5], row[6]];
  const [setStamp, setHolder] = [row[7] ?? stamp, row[8] ?? stampHolder];
  const [host, n] = [row[9], row[10]];
  return isStamp(stamp) &&
    isStamp(setStamp) &&
    typeof stampHolder === "string" &&
    typeof setHolder === "string" &&
    typeof host === "string" &&
    /^[0-9A-Za-z:]{1,200}$/.test(host) &&
    isCount(n)
    ? { stamp, stampHolder, setStamp, setHolder, writer: { host, n } }
    : unknownPast;
};

export const isCount = (value: SqlValue | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1;

const isCountFrom0 = (value: SqlValue | undefined): value is number => value === 0 || isCount(value);

/** Results as JSON, in the form they have on the wire. */
export const writeResults = (results: readonly CommitResult[]): string =>
  JSON.stringify(results.map(writeResult));

/** Undefined for text that cannot be read. */
export const readResults = (text: SqlValue | undefined): readonly CommitResult[] | undefined => {
  if (typeof text !== "string") return undefined;
  try {
    const results: unknown = JSON.parse(text);
    return Array.isArray(results) ? results.map((result) => readResult(result)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ProtocolError) return undefined;
    throw error;
  }
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
    case "document":
      throw new Error("a document is kept by its updates");
  }
};

const writeDocumentColumns = (document: DocumentState | undefined): SqlValue[] => {
  if (document === undefined) return [null, null, null, null, null, null];
  const { incarnation, rows, bytes, baseBytes, subdocuments } = document;
  return [incarnation, rows, bytes, baseBytes, isCompactionDue(document) ? 1 : null, subdocuments];
};

/** Undefined where one of them cannot be read: nobody knows what a merge would be added to. */
const readDocumentColumns = (row: SqlRow): DocumentState | undefined => {
  const stateVector = row[2];
  const [incarnation, rows, bytes, baseBytes] = row.slice(12);
  const subdocuments = row[17];
  return stateVector instanceof Uint8Array &&
    isCountFrom0(incarnation) &&
    isCountFrom0(rows) &&
    isCountFrom0(bytes) &&
    isCountFrom0(baseBytes) &&
    isCountFrom0(subdocuments)
    ? { stateVector, incarnation, bytes, rows, baseBytes, subdocuments }
    : undefined;
};

/** Text that no reader takes for JSON. */
const unreadableValue: Value = { encoding: "json", data: "unreadable at the relay" };

const readValueColumns = (encoding: SqlValue, data: SqlValue, deletedMs: SqlValue): Value | undefined => {
  if (encoding === null && data === null && deletedMs !== null) return undefined;
  const isBlob = data instanceof Uint8Array;
  if (typeof data === "string") {
    if (encoding === "json" || encoding === "rich") return { encoding, data };
    if (encoding === "u64" && isU64(data)) return { encoding, data: BigInt(data) };
  }
  if (isBlob && encoding === "bytes") return { encoding, data };
  if (isBlob && data.length % 2 === 0) {
    if (encoding === "json16") return { encoding: "json", data: blobToText(data, "utf16le") };
    if (encoding === "rich16") return { encoding: "rich", data: blobToText(data, "utf16le") };
  }
  return unreadableValue;
};

const isU64 = (text: string): boolean => /^(?:0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) <= u64Max;

const blobToText = (blob: Uint8Array, encoding: "latin1" | "utf16le"): string =>
  Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString(encoding);

/** Statements return arrays, which the types of node:sqlite do not say. */
export const rowOf = (row: unknown): SqlRow => {
  assert(Array.isArray(row), "a row is an array of columns");
  return row;
};
