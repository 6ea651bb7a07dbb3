/**
 * Readers of the fields of a message: each takes what JSON.parse gave and a field's name, and
 * returns it typed or throws a ProtocolError that names the field. Nothing is trusted: types, ranges,
 * forms and counts are checked here, so that what lies behind works with whole messages.
 */
import {
  decodeBase64,
  isPackedKey,
  isPackedKeyForWrite,
  isStamp,
  isWithinPrefix,
  u64Max,
  type CommitName,
  type HostId,
  type PackedKey,
  type Revision,
  type Scope,
  type Stamp,
} from "@rockpool/model";
import { describeFound, errorWithin, ProtocolError } from "./protocol-error.ts";

/** Longest id, tag, digest or name on the wire, in characters. A derived host id is the longest. */
export const idLengthMax = 200;
/** Longest free text (a reason, a remedy), in characters. */
export const textLengthMax = 10_000;
/** Items of any list on the wire, at most: far above every limit that is ruled on. */
export const listCountMax = 1_000_000;

const hostForm = /^[0-9A-Za-z:]+$/;
const idForm = /^[^\p{Control}\p{Surrogate}]+$/u;
const decimalForm = /^(?:0|[1-9][0-9]{0,19})$/;

/** Named, positional fields. */
export type Tuple = readonly unknown[];
export type Fields = Readonly<Record<string, unknown>>;

export const failField = (name: string, expected: string, value: unknown): never => {
  throw new ProtocolError(name, expected, describeFound(value));
};

/** A list whose items `read` reads; faults are told as `name[index]`. */
export const readList = <Item>(
  value: unknown,
  name: string,
  read: (item: unknown) => Item,
): readonly Item[] => {
  if (!Array.isArray(value)) return failField(name, "an array", value);
  if (value.length > listCountMax) return failField(name, `at most ${listCountMax} items`, value);
  const items: Item[] = [];
  let index = 0;
  try {
    for (; index < value.length; index++) items.push(read(value[index]));
  } catch (error) {
    throw errorWithin(`${name}[${index}]`, error);
  }
  return items;
};

/** An array of at least `countMin` fields; what stands behind the known ones is ignored. */
export const readTuple = (value: unknown, name: string, countMin: number): Tuple =>
  Array.isArray(value) && value.length >= countMin
    ? value
    : failField(name, `an array of at least ${countMin} fields`, value);

export const readObject = (value: unknown, name: string): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : failField(name, "an object", value);

export const readText = (value: unknown, name: string, lengthMax: number = textLengthMax): string =>
  typeof value === "string" && value.length <= lengthMax
    ? value
    : failField(name, `a string of at most ${lengthMax} characters`, value);

/** An id (epoch, replica, tag, digest) or a bucket's name: well-formed, without control characters. */
export const readId = (value: unknown, name: string): string =>
  typeof value === "string" && value.length <= idLengthMax && idForm.test(value)
    ? value
    : failField(name, `1 to ${idLengthMax} characters, no control characters`, value);

export const readHost = (value: unknown, name: string): HostId =>
  typeof value === "string" && value.length <= idLengthMax && hostForm.test(value)
    ? value
    : failField(name, `1 to ${idLengthMax} letters, digits or colons`, value);

export const readBoolean = (value: unknown, name: string): boolean =>
  typeof value === "boolean" ? value : failField(name, "true or false", value);

/** A safe integer of at least `min`. */
export const readInteger = (value: unknown, name: string, min: number): number =>
  Number.isSafeInteger(value) && (value as number) >= min
    ? (value as number)
    : failField(name, `a safe integer of at least ${min}`, value);

/** A place in a history; 0 stands before its first commit. */
export const readRevision = (value: unknown, name: string): Revision => readInteger(value, name, 0);

/** Ms since 1970, fractions allowed. */
export const readTimeMs = (value: unknown, name: string): number =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER
    ? value
    : failField(name, "a time in ms since 1970", value);

/** An unsigned 64-bit number as decimal text without leading zeros. */
export const readU64 = (value: unknown, name: string): bigint => {
  if (typeof value === "string" && decimalForm.test(value)) {
    const number = BigInt(value);
    if (number <= u64Max) return number;
  }
  return failField(name, `decimal text from "0" to "${u64Max}"`, value);
};

/** Bytes as padded base64. */
export const readBytes = (value: unknown, name: string): Uint8Array =>
  decodeBase64(value) ?? failField(name, "padded base64", value);

/** The incarnation of a document, null for one that the relay has yet to give. */
export const readIncarnation = (value: unknown): Revision | null =>
  value === null ? null : readRevision(value, "incarnation");

export const readStamp = (value: unknown, name: string): Stamp =>
  isStamp(value) ? value : failField(name, "a stamp", value);

/** The key of an entry: a canonical packed key of at least one part, as code units 0–255. */
export const readKey = (value: unknown, name: string): PackedKey =>
  isPackedKeyForWrite(value) ? value : failField(name, "a canonical packed key", value);

/** A prefix of keys: as a key, or empty. */
export const readPrefix = (value: unknown, name: string): PackedKey =>
  isPackedKey(value) ? value : failField(name, "a canonical packed prefix", value);

/** A commit's name from its two positional fields. */
export const readName = (host: unknown, n: unknown): CommitName => ({
  host: readHost(host, "host"),
  n: readInteger(n, "n", 1),
});

/** Prefixes as packed keys, sorted, none within another; [""] is the whole bucket. */
export const readScope = (value: unknown, name: string): Scope => {
  const scope = readList(value, name, (prefix) => readPrefix(prefix, ""));
  scope.forEach((prefix, index) => {
    const before = scope[index - 1];
    if (before !== undefined && (before >= prefix || isWithinPrefix(before, prefix))) {
      failField(`${name}[${index}]`, "prefixes sorted, none within another", prefix);
    }
  });
  return scope;
};
