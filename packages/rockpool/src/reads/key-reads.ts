/**
 * Reading what stands, or stood, under keys: what is asked is checked here, as Deno KV checks it.
 */
import type { TransportEntry } from "@rockpool/host";
import { isVersionstamp, type Key, packKey, readKeysMax, type Versionstamp } from "@rockpool/model";
import { expectAnswer, type Send } from "../answer.ts";
import { isStrong } from "./consistency.ts";
import type { ReadOptions } from "../kv.ts";

/** The entries of keys, in one snapshot. */
export const readEntries = async (
  send: Send,
  keys: readonly Key[],
  options: ReadOptions | undefined,
): Promise<readonly TransportEntry[]> => {
  checkCount("ranges", keys.length);
  const strong = isStrong(options?.consistency);
  const request = { type: "read", keys: keys.map((key) => packKey(key)), strong } as const;
  return expectAnswer(await send(request, options?.signal), "entries").entries;
};

/** The entry of a key as a commit left it. */
export const readVersion = async (
  send: Send,
  key: Key,
  versionstamp: string,
  { consistency, signal }: ReadOptions,
): Promise<readonly TransportEntry[]> => {
  if (!isVersionstamp(versionstamp)) {
    throw new TypeError(`${String(versionstamp)} is no versionstamp (20 hex digits); take it from an entry`);
  }
  const version = versionstamp.toLowerCase() as Versionstamp;
  const strong = isStrong(consistency);
  const request = { type: "version", key: packKey(key), versionstamp: version, strong } as const;
  return expectAnswer(await send(request, signal), "entries").entries;
};

/** Keys of a getMany are ranges to Deno KV, those of a watch are keys. @throws TypeError for too many */
export const checkCount = (what: "keys" | "ranges", count: number): void => {
  if (count > readKeysMax) {
    throw new TypeError(
      `Too many ${what} (max ${readKeysMax}): received ${count} keys; ask for fewer at a time`,
    );
  }
};
