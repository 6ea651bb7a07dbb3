/**
 * The versions of a key, as an app sees them: what was written, when, and what of it is over.
 */
import type { TransportVersion } from "@rockpool/host";
import { type Key, type PackedKey, unpackKey } from "@rockpool/model";
import { decodeFromHost } from "../transport.ts";

/** What a key was, from one change to the next. */
export interface KvVersion<T> {
  readonly key: Key;
  /** Null for a deletion. */
  readonly value: T | null;
  /** Of the change that made it so. */
  readonly versionstamp: string;
  readonly type: "set" | "delete";
  /** When its life ends or ended, in ms since 1970, if it was given an end: from then on it is no entry any more. */
  readonly expireAt?: number;
}

export interface HistoryOptions {
  /** The latest versions only, as many as this: a positive integer. Default: all that are kept. */
  readonly limit?: number;
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** @throws TypeError for a limit that is no positive integer */
export const checkHistoryLimit = (limit: number | undefined): void => {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return;
  throw new TypeError(
    `limit must be a positive integer: received ${String(limit)}; leave it out for all versions`,
  );
};

/** A version with a fresh key and value. */
export const toVersion = <T>(
  key: PackedKey,
  { value, versionstamp, expireAt }: TransportVersion,
): KvVersion<T> => ({
  key: unpackKey(key),
  value: value === undefined ? null : (decodeFromHost(value) as T),
  versionstamp,
  type: value === undefined ? "delete" : "set",
  ...(expireAt === undefined ? {} : { expireAt }),
});
