/**
 * Between an app's values and entries and what travels to the host. A value is what it was at the
 * moment of the call, whatever becomes of the object afterwards.
 */
import type { TransportEntry, TransportValue } from "@rockpool/host";
import { assertStorable, checkValueSize, decodeValue, encodeValue, unpackKey } from "@rockpool/model";
import type { KvEntryMaybe } from "./kv.ts";

/**
 * Encodes a value as it is at this moment. Plain JSON, bytes and KvU64 are encoded here; the rest is
 * cloned here and encoded in the host, which has the codec.
 * @throws TypeError for what cannot be stored, naming the path in the value, or is too large
 */
export const encodeForHost = (value: unknown): TransportValue => {
  const encoded = encodeValue(value);
  if (encoded !== undefined) {
    checkValueSize(encoded);
    return encoded;
  }
  assertStorable(value);
  return { encoding: "clone", data: structuredClone(value) };
};

export const decodeFromHost = (value: TransportValue): unknown =>
  value.encoding === "clone" ? value.data : decodeValue(value);

/** An entry with a fresh key and value. */
export const toEntry = <T>(entry: TransportEntry): KvEntryMaybe<T> => {
  const key = unpackKey(entry.key);
  const sync = entry.revision === undefined ? {} : { revision: entry.revision, pending: entry.pending };
  if (entry.value === undefined || entry.versionstamp === null) {
    const { pending } = entry;
    return {
      key,
      value: null,
      versionstamp: null,
      ...(entry.revision === undefined ? {} : { revision: null, pending }),
    };
  }
  return { key, value: decodeFromHost(entry.value) as T, versionstamp: entry.versionstamp, ...sync };
};
