/**
 * What a mutation does to a value, the same in every replica and at the relay, and how large a
 * commit counts. Outcomes are values; only the check of a commit's limits throws, at the call.
 */
import type { AskedMutation, Check, Mutation } from "./commit.ts";
import type { PackedKey } from "./packed-key.ts";
import { appendUpdate, createDocument, type DocumentValue } from "./document.ts";
import { wrapU64 } from "./kv-u64.ts";
import { type CommitLimits, commitLimits } from "./limits.ts";
import { type Value, valueBytes, valueBytesBound } from "./value.ts";

/**
 * The value a mutation leaves, undefined for none; not ok for a sum, min or max over a value that is no u64,
 * and for a merge over what is not the document that its writer saw.
 */
export type MutationOutcome =
  | { readonly ok: true; readonly value: Value | undefined }
  | { readonly ok: false };

/** Applies one mutation. A missing value takes the operand; sums wrap modulo 2^64. */
export const applyMutation = (current: Value | undefined, mutation: Mutation): MutationOutcome => {
  switch (mutation.type) {
    case "set":
      return { ok: true, value: mutation.value };
    case "delete":
      return { ok: true, value: undefined };
    case "sum":
    case "min":
    case "max": {
      if (current === undefined) return u64Outcome(mutation.operand);
      if (current.encoding !== "u64") return { ok: false };
      return u64Outcome(combine(mutation.type, current.data, mutation.operand));
    }
    case "merge":
      return mergeOutcome(current, mutation);
  }
};

/** True for a value that is the document, if any, that the writer of a merge saw. */
export const isOfDocument = (
  incarnation: number | null,
  current: Value | undefined,
): current is DocumentValue =>
  current?.encoding === "document" &&
  (incarnation === null || current.incarnation === null || incarnation === current.incarnation);

/** Size of a mutation for limits, in bytes: its key and its value, 8 for an operand. */
export const mutationBytes = (mutation: AskedMutation): number => sizeOfMutation(mutation, valueBytes);

/** Size of a commit for limits, in bytes: the keys of its checks, and its mutations. */
export const commitBytes = (
  checks: readonly Pick<Check, "key">[],
  mutations: readonly AskedMutation[],
): number => sizeOfCommit(checks, mutations, valueBytes);

/** @throws TypeError for a commit of too many checks, too many mutations or too many bytes. */
export const checkCommitLimits = (
  checks: readonly Pick<Check, "key">[],
  mutations: readonly AskedMutation[],
): void => {
  const excess = findCommitExcess(checks, mutations, commitLimits);
  if (excess !== undefined) throw new TypeError(excess);
};

/** What a commit as a whole has too much of: value, limit and remedy; undefined when it is within the limits. */
export const findCommitExcess = (
  checks: readonly Pick<Check, "key">[],
  mutations: readonly AskedMutation[],
  { checksMax, mutationsMax, commitBytesMax }: CommitLimits,
): string | undefined => {
  if (checks.length > checksMax) {
    return `Too many checks (max ${checksMax}): ${checks.length}; check one key that every writer of the others changes too`;
  }
  if (mutations.length > mutationsMax) {
    return `Too many mutations (max ${mutationsMax}): ${mutations.length}; split them over several commits`;
  }
  // Most commits are so far below the limit that their texts need not be counted.
  if (sizeOfCommit(checks, mutations, valueBytesBound) <= commitBytesMax) return undefined;
  const bytes = commitBytes(checks, mutations);
  return bytes > commitBytesMax
    ? `Total mutation size too large (max ${commitBytesMax} bytes): ${bytes} bytes; split them over several commits`
    : undefined;
};

/** As {@link findCommitExcess}, of a commit's keys and values each. */
export const findPartExcess = (
  checks: readonly Pick<Check, "key">[],
  mutations: readonly AskedMutation[],
  { keyBytesMax, valueBytesMax }: CommitLimits,
): string | undefined => {
  const isTooLong = ({ key }: { readonly key: PackedKey }): boolean => key.length > keyBytesMax;
  const long = checks.find(isTooLong) ?? mutations.find(isTooLong);
  if (long !== undefined) {
    return `Key too large for write (max ${keyBytesMax} bytes): ${long.key.length} bytes; shorten its parts`;
  }
  for (const mutation of mutations) {
    if (mutation.type === "merge" && mutation.update.length > valueBytesMax) {
      return `Update too large (max ${valueBytesMax} bytes): ${mutation.update.length} bytes; make the edit in several steps`;
    }
    if (mutation.type !== "set" || valueBytesBound(mutation.value) <= valueBytesMax) continue;
    const bytes = valueBytes(mutation.value);
    if (bytes > valueBytesMax) {
      return `Value too large (max ${valueBytesMax} bytes): ${bytes} bytes; split it over several keys`;
    }
  }
  return undefined;
};

/** Size of an entry or a deletion, in bytes: its key and its value. */
export const entryBytes = ({ key, value }: { readonly key: PackedKey; readonly value?: Value }): number =>
  key.length + (value === undefined ? 0 : valueBytes(value));

const operandBytes = 8;

const sizeOfMutation = (mutation: AskedMutation, sizeOfValue: (value: Value) => number): number => {
  switch (mutation.type) {
    case "set":
      return mutation.key.length + sizeOfValue(mutation.value);
    case "delete":
      return mutation.key.length;
    case "sum":
    case "min":
    case "max":
      return mutation.key.length + operandBytes;
    case "merge":
      return mutation.key.length + mutation.update.length;
  }
};

const sizeOfCommit = (
  checks: readonly Pick<Check, "key">[],
  mutations: readonly AskedMutation[],
  sizeOfValue: (value: Value) => number,
): number => {
  let bytes = 0;
  for (const check of checks) bytes += check.key.length;
  for (const mutation of mutations) bytes += sizeOfMutation(mutation, sizeOfValue);
  return bytes;
};

type Merge = Extract<Mutation, { type: "merge" }>;

const mergeOutcome = (current: Value | undefined, { update, incarnation }: Merge): MutationOutcome => {
  if (current === undefined) {
    // Who saw a document saw one that is gone.
    return incarnation === null ? { ok: true, value: createDocument(update, null) } : { ok: false };
  }
  if (!isOfDocument(incarnation, current)) return { ok: false };
  return { ok: true, value: appendUpdate(current, update) };
};

const u64Outcome = (data: bigint): MutationOutcome => ({ ok: true, value: { encoding: "u64", data } });

const combine = (type: "sum" | "min" | "max", current: bigint, operand: bigint): bigint => {
  switch (type) {
    case "sum":
      return wrapU64(current + operand);
    case "min":
      return current < operand ? current : operand;
    case "max":
      return current > operand ? current : operand;
  }
};
