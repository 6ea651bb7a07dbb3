/**
 * A value as it is at the call: what is changed afterwards does not reach the store. What cannot be
 * cloned is refused in V8's words, as Deno refuses it.
 */
import { KvU64 } from "rockpool";
import { serializedBytes, sharedMemoryError } from "./serialized-size.ts";

export interface Snapshot {
  readonly value: unknown;
  /** As Deno counts them. */
  readonly bytes: number;
}

/** Bytes of a KvU64. */
export const u64Bytes = 8;

/** @throws TypeError | Error for what cannot be stored */
export const snapshotOf = (value: unknown): Snapshot => {
  if (value instanceof KvU64) return { value, bytes: u64Bytes };
  if (value instanceof Uint8Array) return { value: new Uint8Array(value), bytes: value.byteLength };
  return snapshotOfPayload(value);
};

/** As of a value inside another: a KvU64 is a plain object there. */
export const snapshotOfPayload = (value: unknown): Snapshot => {
  const copy = clone(value);
  return { value: copy, bytes: serializedBytes(copy) };
};

const clone = (value: unknown): unknown => {
  try {
    return structuredClone(value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    // Where pages cannot share memory it is refused here, with advice on how they can.
    if (error.message.includes("SharedArrayBuffer")) throw sharedMemoryError(error);
    // Chromium says in front of V8's words in which call it met them.
    throw new TypeError(error.message.replace(/^Failed to execute .*?: /, ""), { cause: error });
  }
};
