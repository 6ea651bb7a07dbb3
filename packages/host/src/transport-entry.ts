/**
 * Values, entries and versions as they travel between tab and host.
 */
import type { PackedKey, Value, Versionstamp } from "@rockpool/model";

/** A value between tab and host: as encoded, or a clone where only the host has the codec. */
export type TransportValue =
  | Exclude<Value, { encoding: "rich" }>
  | { readonly encoding: "clone"; readonly data: unknown };

export interface TransportEntry {
  readonly key: PackedKey;
  /** Undefined: there is no entry, or values were not asked for. */
  readonly value: TransportValue | undefined;
  /** Null: there is no entry. */
  readonly versionstamp: Versionstamp | null;
  /** Undefined in a bucket without a relay; null for an entry that was never confirmed. */
  readonly revision: number | null | undefined;
  readonly pending: boolean;
}

export interface TransportVersion {
  /** Undefined: a deletion. */
  readonly value: TransportValue | undefined;
  readonly versionstamp: Versionstamp;
  /** Ms since 1970. */
  readonly expireAt: number | undefined;
}
