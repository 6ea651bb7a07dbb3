/**
 * Values as they are kept and sent: encoded once, at the call that writes them, and decoded once,
 * where they are read; everything in between moves the same bytes.
 * The codec of the encoding `rich` is the host's; this module says when it is needed.
 */
import {
  documentBytes,
  type DocumentValue,
  equalBytes,
  equalDocuments,
  isUpdateLog,
  KvDocument,
  updatesOf,
} from "./document.ts";
import { KvError } from "./error.ts";
import { isPlainJson } from "./json.ts";
import { KvU64, u64Max } from "./kv-u64.ts";
import { valueBytesMax } from "./limits.ts";

export type Value =
  /** JSON text of data that JSON keeps whole. */
  | { readonly encoding: "json"; readonly data: string }
  /** A `Uint8Array` with a buffer of its own. Never written to once it is a value. */
  | { readonly encoding: "bytes"; readonly data: Uint8Array }
  /** The number of a {@link KvU64}. */
  | { readonly encoding: "u64"; readonly data: bigint }
  /** Text of the codec for everything else that structured clone holds. */
  | { readonly encoding: "rich"; readonly data: string }
  /** What merges made. */
  | DocumentValue;

export type RichValue = Extract<Value, { readonly encoding: "rich" }>;
/** A value that this package decodes itself. */
export type PlainValue = Exclude<Value, RichValue>;

/** What an app may set. */
export type SettableValue = Exclude<PlainValue, DocumentValue>;

/**
 * Encodes what is bytes, u64 or plain JSON data; `undefined` when it is none of them and needs the
 * rich codec. Bytes are copied. An object that is met twice becomes two equal ones.
 * @throws TypeError for bytes whose buffer was transferred away, and for a KvDocument.
 */
export const encodeValue = (value: unknown): SettableValue | undefined => {
  if (typeof value === "object" && value !== null) {
    if (value instanceof KvU64) return { encoding: "u64", data: value.value };
    if (value instanceof KvDocument) {
      throw new TypeError("A KvDocument cannot be set: merge its updates by atomic().merge(key, update)");
    }
    if (isBytes(value)) return { encoding: "bytes", data: copyBytes(value) };
  }
  return isPlainJson(value) ? { encoding: "json", data: JSON.stringify(value) } : undefined;
};

/** The value as it is handed to a reader, who may change it. @throws KvError "corrupt" for JSON text that is none. */
export const decodeValue = (value: PlainValue): unknown => {
  switch (value.encoding) {
    case "json":
      return parseJson(value.data);
    case "bytes":
      return new Uint8Array(value.data);
    case "u64":
      return new KvU64(value.data);
    case "document":
      return new KvDocument(updatesOf(value.data).map((update) => new Uint8Array(update)));
  }
};

/** Size of a value for limits, in bytes: its text as UTF-8, its bytes, or 8. */
export const valueBytes = (value: Value): number => {
  switch (value.encoding) {
    case "json":
    case "rich":
      return utf8Bytes(value.data);
    case "bytes":
      return value.data.length;
    case "document":
      return documentBytes(value);
    case "u64":
      return 8;
  }
};

/** At least {@link valueBytes}, without counting: a UTF-16 code unit makes three bytes of UTF-8 at most. */
export const valueBytesBound = (value: Value): number =>
  value.encoding === "json" || value.encoding === "rich" ? value.data.length * 3 : valueBytes(value);

/** @throws TypeError for a value of more than `valueBytesMax`. */
export const checkValueSize = (value: Value): void => {
  if (valueBytesBound(value) <= valueBytesMax) return;
  const bytes = valueBytes(value);
  if (bytes > valueBytesMax) {
    throw new TypeError(
      `Value too large (max ${valueBytesMax} bytes): ${bytes} bytes; split it over several keys of one atomic commit`,
    );
  }
};

/** Equal as kept: JSON objects whose members stand in another order are not equal. */
export const equalValues = (a: Value | undefined, b: Value | undefined): boolean => {
  if (a === undefined || b === undefined) return a === b;
  if (a.encoding === "document" || b.encoding === "document") {
    return a.encoding === "document" && b.encoding === "document" && equalDocuments(a, b);
  }
  if (a.encoding !== "bytes" || b.encoding !== "bytes") return a.encoding === b.encoding && a.data === b.data;
  return equalBytes(a.data, b.data);
};

/** True for the form of a value; what arrives from outside is checked with it. That the text of one parses is not checked. */
export const isValue = (value: unknown): value is Value => {
  if (typeof value !== "object" || value === null || !("encoding" in value) || !("data" in value)) {
    return false;
  }
  switch (value.encoding) {
    case "json":
    case "rich":
      return typeof value.data === "string";
    case "bytes":
      return isBytes(value.data);
    case "u64":
      return typeof value.data === "bigint" && value.data >= 0n && value.data <= u64Max;
    case "document":
      return (
        isBytes(value.data) &&
        isUpdateLog(value.data) &&
        "incarnation" in value &&
        isIncarnation(value.incarnation)
      );
    default:
      return false;
  }
};

const isIncarnation = (incarnation: unknown): boolean =>
  incarnation === null || (Number.isSafeInteger(incarnation) && Number(incarnation) >= 0);

/** Subclasses (Buffer) and those of another realm too; not Uint8ClampedArray. */
const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array";

const copyBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  if (bytes.buffer instanceof ArrayBuffer && bytes.buffer.detached) {
    throw new TypeError(
      "The Uint8Array is empty because its buffer was transferred; store a copy of it instead",
    );
  }
  return new Uint8Array(bytes);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KvError("corrupt", "A stored JSON value does not parse", { cause });
  }
};

const utf8Bytes = (text: string): number => {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
