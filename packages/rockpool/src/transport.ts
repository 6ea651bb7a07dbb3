/**
 * Between an app's values and entries and what travels to the host. A value is what it was at the
 * moment of the call, whatever becomes of the object afterwards.
 */
import type { TransportEntry, TransportValue } from "@rockpool/host";
import {
  checkValueSize,
  cloneStorable,
  decodeValue,
  encodeValue,
  type Key,
  unpackKey,
} from "@rockpool/model";
import type { KvEntryMaybe } from "./entry.ts";

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
  return { encoding: "clone", data: cloneStorable(value) };
};

export const decodeFromHost = (value: TransportValue): unknown =>
  value.encoding === "clone" ? value.data : decodeValue(value);

/** An entry with a fresh value and, where none is given for one that is missing, a fresh key. */
export const toEntry = <T>(entry: TransportEntry, asked?: Key): KvEntryMaybe<T> => {
  const sync = entry.revision === undefined ? {} : { revision: entry.revision, pending: entry.pending };
  if (entry.versionstamp === null) {
    const { pending } = entry;
    return {
      key: asked ?? unpackKey(entry.key),
      value: null,
      versionstamp: null,
      ...(entry.revision === undefined ? {} : { revision: null, pending }),
    };
  }
  const key = unpackKey(entry.key);
  // Undefined where values were not asked for.
  const value = entry.value === undefined ? undefined : decodeFromHost(entry.value);
  return { key, value: value as T, versionstamp: entry.versionstamp, ...sync };
};
