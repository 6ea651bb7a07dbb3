/**
 * For tests: keys, values and mutations in short form, each key of one part. The packages above add
 * what is theirs: commits and turns, entries and patches.
 */
import type { Mutation, Revision } from "./commit.ts";
import { type PackedKey, packKey } from "./packed-key.ts";
import type { Value } from "./value.ts";

/** The clock of these tests, in ms since 1970. */
export const testNowMs = 1_700_000_000_000;

export const key = (name: string): PackedKey => packKey([name]);
export const text = (data: string): Value => ({ encoding: "json", data: JSON.stringify(data) });
export const number = (data: bigint): Value => ({ encoding: "u64", data });

export const set = (name: string, value: Value | string, expireAt?: number): Mutation => ({
  type: "set",
  key: key(name),
  value: typeof value === "string" ? text(value) : value,
  ...(expireAt === undefined ? {} : { expireAt }),
});
export const remove = (name: string): Mutation => ({ type: "delete", key: key(name) });
export const purge = (name: string): Mutation => ({ type: "delete", key: key(name), purge: true });
export const sum = (name: string, operand: bigint): Mutation => ({ type: "sum", key: key(name), operand });
export const min = (name: string, operand: bigint): Mutation => ({ type: "min", key: key(name), operand });
export const max = (name: string, operand: bigint): Mutation => ({ type: "max", key: key(name), operand });

/** A merge of an update that is a text to those who look at it. */
export const merge = (name: string, update: string, incarnation: Revision | null = null): Mutation => ({
  type: "merge",
  key: key(name),
  update: new TextEncoder().encode(update),
  incarnation,
});
