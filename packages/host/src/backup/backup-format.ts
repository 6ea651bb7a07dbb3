/**
 * A backup, line by line: NDJSON (https://github.com/ndjson/ndjson-spec). First a header; then one
 * line an entry, of which later ones override earlier ones of the same key; last how many lines
 * there were, the versionstamp of the state they come to, and the SHA-256 of every byte before.
 * Read by every later Rockpool: never change what is here, add a version.
 */
import {
  checkValueSize,
  decodeBase64,
  decodeValue,
  encodeBase64,
  findDocumentExcess,
  isUpdateLog,
  isVersionstamp,
  type Key,
  type KeyPart,
  packKeyForWrite,
  type PackedKey,
  u64Max,
  unpackKey,
  type Value,
  type Versionstamp,
} from "@rockpool/model";
import type { BucketSettings } from "@rockpool/log";
import type { FillEntry } from "./fill-entry.ts";
import { decodeRich } from "../rich-codec.ts";

export interface BackupHeader {
  readonly bucket: string;
  /** Ms since 1970, by the clock of the device that made it. */
  readonly createdAt: number;
  readonly settings: BucketSettings;
}

export interface BackupEnd {
  /** Lines between the first and this one. */
  readonly lines: number;
  /** For people: nothing hangs on it. */
  readonly versionstamp: Versionstamp;
  /** 64 hex digits: the SHA-256 of every byte before this line. */
  readonly sha256: string;
}

export type BackupLine =
  | { readonly type: "header"; readonly version: number }
  | { readonly type: "entry"; readonly entry: FillEntry }
  /** All that was said so far no longer holds: everything was replaced while the backup was made. */
  | { readonly type: "restart" }
  | ({ readonly type: "end" } & BackupEnd);

export const backupFormat = "rockpool-backup";
/** Raised when a reader of the version before could not read what is written. */
export const backupVersion = 1;

export const writeHeader = ({ bucket, createdAt, settings }: BackupHeader): string => {
  const { history, expireInMs } = settings;
  return JSON.stringify({
    format: backupFormat,
    version: backupVersion,
    bucket,
    createdAt: new Date(createdAt).toISOString(),
    settings: { history, expireInMs },
  });
};

/** @throws KvError "corrupt" for a value that could not be read either */
export const writeEntry = ({ key, value, expireAt }: FillEntry): string => {
  const parts = JSON.stringify(unpackKey(key).map(writePart));
  const end = expireAt === undefined ? "" : `,"expireAt":${expireAt}`;
  return `{"key":${parts},${value === undefined ? '"deleted":true' : writeValue(value)}${end}}`;
};

export const writeRestart = (): string => '{"restart":true}';

export const writeEnd = ({ lines, versionstamp, sha256 }: BackupEnd): string =>
  JSON.stringify({ end: { lines, versionstamp, sha256 } });

/** @throws Error that says what is wrong with the line */
export const readLine = (text: string): BackupLine => {
  const line: unknown = JSON.parse(text);
  if (typeof line !== "object" || line === null) throw new TypeError("it is no object");
  if ("format" in line) return readHeader(line);
  if ("end" in line) return readEnd(line.end);
  if ("restart" in line) return { type: "restart" };
  return { type: "entry", entry: readEntry(line) };
};

/** Other members of a header inform people; nothing hangs on them. */
const readHeader = (line: object & { format: unknown }): BackupLine => {
  if (line.format !== backupFormat || !("version" in line) || !Number.isSafeInteger(line.version)) {
    throw new TypeError(`it is no header of the format ${backupFormat}`);
  }
  return { type: "header", version: line.version as number };
};

const readEnd = (end: unknown): BackupLine => {
  const { lines, versionstamp, sha256 } = (end ?? {}) as Partial<Record<keyof BackupEnd, unknown>>;
  if (!Number.isSafeInteger(lines) || !isVersionstamp(versionstamp) || typeof sha256 !== "string") {
    throw new TypeError("it is no end of a backup");
  }
  return { type: "end", lines: lines as number, versionstamp, sha256 };
};

const readEntry = (line: object): FillEntry => {
  const { key, expireAt, ...rest } = line as { readonly key?: unknown; readonly expireAt?: unknown };
  const [member, ...more] = Object.entries(rest);
  if (member === undefined || more.length > 0) throw new TypeError("it has not one value");
  const packed = readKey(key);
  if (member[0] === "deleted") return { key: packed };
  const value = readValue(...member);
  const excess = value.encoding === "document" ? findDocumentExcess(value.data.length) : undefined;
  if (excess !== undefined) throw new TypeError(excess);
  if (value.encoding !== "document") checkValueSize(value);
  return { key: packed, value, ...(expireAt === undefined ? {} : { expireAt: readExpiry(expireAt) }) };
};

/** The last moment that a Date can hold, in ms since 1970. */
const expireAtMax = 8.64e15;

const readExpiry = (expireAt: unknown): number => {
  if (typeof expireAt === "number" && expireAt >= 0 && expireAt <= expireAtMax) return expireAt;
  throw new TypeError("its expireAt is no moment in ms since 1970");
};

/** Text, truth values and finite numbers stand for themselves; what JSON has not is tagged. */
const writePart = (part: KeyPart): unknown => {
  if (part instanceof Uint8Array) return { bytes: encodeBase64(part) };
  if (typeof part === "bigint") return { bigint: part.toString() };
  const isPlain = typeof part !== "number" || (Number.isFinite(part) && !Object.is(part, -0));
  return isPlain ? part : { number: Object.is(part, -0) ? "-0" : String(part) };
};

const readKey = (parts: unknown): PackedKey => {
  if (!Array.isArray(parts)) throw new TypeError("its key is no array");
  return packKeyForWrite(parts.map(readPart) satisfies Key);
};

const readPart = (part: unknown): KeyPart => {
  if (typeof part === "string" || typeof part === "number" || typeof part === "boolean") return part;
  const [[tag, text] = [], ...more] = Object.entries(part ?? {});
  if (more.length === 0 && typeof text === "string") {
    if (tag === "bytes") return mustBeBytes(text);
    if (tag === "bigint" && /^-?\d+$/.test(text)) return BigInt(text);
    if (tag === "number" && ["NaN", "Infinity", "-Infinity", "-0"].includes(text)) return Number(text);
  }
  throw new TypeError("a part of its key is none");
};

const writeValue = (value: Value): string => {
  switch (value.encoding) {
    case "json":
      // A text that is none would make the whole backup one that cannot be read.
      decodeValue(value);
      // As it is kept; a newline in it can only stand between two tokens.
      return `"value":${value.data.replaceAll(/[\r\n]/g, " ")}`;
    case "bytes":
      return `"bytes":"${encodeBase64(value.data)}"`;
    case "u64":
      return `"u64":"${value.data}"`;
    case "document":
      return `"document":"${encodeBase64(value.data)}"`;
    case "rich":
      return `"rich":${JSON.stringify(value.data)}`;
  }
};

const readValue = (name: string, data: unknown): Value => {
  if (name === "value") return { encoding: "json", data: JSON.stringify(data) };
  if (name === "bytes") return { encoding: "bytes", data: mustBeBytes(data) };
  if (name === "u64" && typeof data === "string" && /^\d{1,20}$/.test(data) && BigInt(data) <= u64Max) {
    return { encoding: "u64", data: BigInt(data) };
  }
  if (name === "document") {
    const log = mustBeBytes(data);
    if (!isUpdateLog(log)) throw new TypeError("its document is no list of updates");
    // Which one it is here, the fill says that shows it.
    return { encoding: "document", data: log, incarnation: null };
  }
  if (name === "rich" && typeof data === "string") {
    const value = { encoding: "rich", data } as const;
    decodeRich(value);
    return value;
  }
  throw new TypeError(`its ${name} is no value`);
};

const mustBeBytes = (text: unknown): Uint8Array => {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new TypeError("its bytes are no base64");
  return bytes;
};
