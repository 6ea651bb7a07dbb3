/**
 * Entries, as an app gets them from every call and stream.
 */
import type { Key } from "@rockpool/model";

/** A stored entry. `key` and `value` are fresh copies. */
export interface KvEntry<T> {
  readonly key: Key;
  readonly value: T;
  /** 20 hex digits: the change that left the entry as it is. Meaningful on this device alone. */
  readonly versionstamp: string;
  /** Where the bucket has a relay: the entry's place in the bucket's history, null while never confirmed. */
  readonly revision?: number | null;
  /** Where the bucket has a relay: true while a change of this entry waits for the relay's ruling. */
  readonly pending?: boolean;
}

/** An entry, or the statement that there is none: `value` and `versionstamp` are null. */
export type KvEntryMaybe<T> =
  | KvEntry<T>
  | {
      readonly key: Key;
      readonly value: null;
      readonly versionstamp: null;
      readonly revision?: null;
      readonly pending?: boolean;
    };
