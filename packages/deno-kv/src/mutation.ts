/**
 * Mutations of an operation: what Deno refuses when they are added, and what they count in a commit.
 */
import {
  type AtomicOperation as RockpoolOperation,
  type Key,
  type KeyToSet,
  type Kv as RockpoolKv,
  KvU64,
} from "rockpool";
import { bytesOfKeyToSet, bytesOfKeyToWrite } from "./keys.ts";
import type { KvKey, KvMutation } from "./kv.ts";
import { expireAtMsMax, valueBytesMax } from "./limits.ts";
import { type Snapshot, snapshotOf, u64Bytes } from "./snapshot.ts";

/** The operand is whatever was given. */
interface Combine {
  readonly type: "sum" | "min" | "max";
  readonly key: KvKey;
  readonly operand: unknown;
}

/** A mutation as it was at its call. */
export type Mutation =
  | {
      readonly type: "set";
      readonly key: KvKey;
      readonly content: Snapshot;
      readonly expireIn: number | undefined;
    }
  | { readonly type: "delete"; readonly key: KvKey }
  | Combine;

/** @throws TypeError for an expireIn that is none, and a value that cannot be stored */
export const toSet = (key: KvKey, value: unknown, expireIn: number | undefined): Mutation => {
  if (expireIn !== undefined && !(Number.isInteger(expireIn) && expireIn >= 0)) {
    throw new TypeError(`expireIn must be a non-negative integer: received ${String(expireIn)}`);
  }
  return { type: "set", key: copyOf(key), content: snapshotOf(value), expireIn };
};

export const toDelete = (key: KvKey): Mutation => ({ type: "delete", key: copyOf(key) });

export const toCombine = (type: "sum" | "min" | "max", key: KvKey, operand: unknown): Mutation => ({
  type,
  key: copyOf(key),
  operand,
});

/** A mutation given as data. @throws TypeError */
export const toMutation = (mutation: KvMutation): Mutation => {
  const { key, type } = mutation;
  switch (type) {
    case "set": {
      assertHasValue(mutation);
      const { value, expireIn } = mutation;
      return toSet(key, value, typeof expireIn === "number" ? expireIn : undefined);
    }
    case "delete":
      if ("value" in mutation && Boolean(mutation.value)) {
        throw new TypeError("Invalid mutation 'delete' with value");
      }
      return toDelete(key);
    case "sum":
    case "min":
    case "max":
      assertHasValue(mutation);
      return toCombine(type, key, mutation.value);
    default:
      throw new TypeError("Invalid mutation type");
  }
};

/** What a mutation counts in a commit, in bytes; `valueBytes` is null where it has no value. @throws TypeError for a key or value that cannot be written */
export const sizeOfMutation = (
  mutation: Mutation,
): { readonly keyBytes: number; readonly valueBytes: number | null } => {
  switch (mutation.type) {
    case "set": {
      const keyBytes = bytesOfKeyToSet(mutation.key);
      const { bytes } = mutation.content;
      if (bytes > valueBytesMax) throw new TypeError(`Value too large (max ${valueBytesMax} bytes)`);
      return { keyBytes, valueBytes: bytes };
    }
    case "delete":
      return { keyBytes: bytesOfKeyToWrite(mutation.key), valueBytes: null };
    case "sum":
    case "min":
    case "max":
      return { keyBytes: bytesOfKeyToWrite(mutation.key), valueBytes: u64Bytes };
  }
};

/** Adds a mutation to an operation, unless its operand is wrong. @throws TypeError for a life that the commit refuses */
export const addMutation = (operation: RockpoolOperation, mutation: Mutation): void => {
  const key = mutation.key as KeyToSet;
  switch (mutation.type) {
    case "set":
      operation.set(key, mutation.content.value, lifeOf(mutation.expireIn));
      return;
    case "delete":
      operation.delete(key as Key);
      return;
    case "sum":
    case "min":
    case "max":
      if (mutation.operand instanceof KvU64) operation[mutation.type](key as Key, mutation.operand.value);
  }
};

/** True for a sum, min or max of something that is no KvU64. */
export const hasWrongOperand = (mutation: Mutation): mutation is Combine =>
  mutation.type !== "set" && mutation.type !== "delete" && !(mutation.operand instanceof KvU64);

/** What is told of one: Deno names what it would have been added to. */
export const wrongOperand = async (kv: RockpoolKv, { type, key, operand }: Combine): Promise<TypeError> => {
  const { value } = await kv.get(key as Key);
  const name = operandNames[typeof operand];
  return new TypeError(
    type === "sum" && value instanceof KvU64 && name !== undefined
      ? `Cannot sum KvU64 with ${name}`
      : `Failed to perform '${type}' mutation on a non-U64 operand`,
  );
};

const operandNames: Readonly<Record<string, string>> = { number: "Number", bigint: "BigInt" };

const lifeOf = (expireIn: number | undefined): { readonly expireIn?: number } => {
  if (expireIn === undefined) return {};
  if (Date.now() + expireIn > expireAtMsMax) {
    throw new TypeError(`Invalid mutation: expireIn is too large: ${expireIn}`);
  }
  return { expireIn };
};

const assertHasValue = (mutation: KvMutation): void => {
  if (Object.hasOwn(mutation, "value")) return;
  throw new TypeError(`Invalid mutation '${mutation.type}' without value`);
};

/** A key as it is at the call; what is no array is refused at the commit. */
const copyOf = (key: KvKey): KvKey => (Array.isArray(key) ? [...key] : key);
