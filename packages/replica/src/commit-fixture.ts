/**
 * For tests: keys, values, mutations and the relay's entries in short form.
 */
import {
  type Mutation,
  type PackedKey,
  type PackedRange,
  packKey,
  type PatchEntry,
  type Value,
} from "@rockpool/model";

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
export const sum = (name: string, operand: bigint): Mutation => ({ type: "sum", key: key(name), operand });

export const everything: PackedRange = {
  start: "" as PackedKey,
  end: "\u00ff" as PackedKey,
  common: "" as PackedKey,
};

/** An entry as the relay sends it; without a value it is a tombstone. */
export const entryOf = (
  name: string,
  revision: number,
  value?: Value | string,
  expireAt?: number,
): PatchEntry => ({
  key: key(name),
  revision,
  ...(value === undefined ? {} : { value: typeof value === "string" ? text(value) : value }),
  ...(expireAt === undefined ? {} : { expireAt }),
});
