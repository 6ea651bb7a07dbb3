/**
 * Index entries against what they tell of: one counts if its entity has it now. Blind writes of one
 * entity by two devices leave entries of the one that lost.
 */
import type { KvEntry } from "rockpool";
import type { Backend } from "./backend.ts";
import type { EntityIndex, EntitySchema } from "./entity-schema.ts";
import {
  entityKey,
  indexKey,
  indexPrefix,
  type IndexValue,
  keyOfIndexEntry,
  nameOfKey,
} from "./key-layout.ts";
import { indexValuesOf } from "./space.ts";
import type { StoredRecord } from "./stored-record.ts";

export interface FoundRecord {
  readonly key: string;
  readonly record: StoredRecord;
}

/** The records that entries of one partition tell of, in their order; stale entries are noted and left out. */
export const verifyEntries = async (
  { kv, stale }: Backend,
  schema: EntitySchema,
  index: EntityIndex,
  partition: readonly IndexValue[],
  entries: readonly KvEntry<unknown>[],
): Promise<readonly FoundRecord[]> => {
  const places = entries.map((entry) => entityKey(schema.name, keyOfIndexEntry(entry.key)));
  const records = await kv.getMany<StoredRecord[]>(places);
  return entries.flatMap((entry, at) => {
    const key = keyOfIndexEntry(entry.key);
    const record = records[at]?.value ?? null;
    const values = indexValuesOf(index, record?.value);
    const isTrue =
      values !== undefined &&
      nameOfKey(indexKey(indexPrefix(schema.name, index.name, values.partition), values.range, key)) ===
        nameOfKey(entry.key);
    const place = places[at];
    if (!isTrue && place !== undefined) stale.add(place, entry.key);
    // Partitions of one fingerprint share their entries.
    const isAsked = JSON.stringify(values?.partition) === JSON.stringify(partition);
    return isTrue && isAsked && record !== null ? [{ key, record }] : [];
  });
};
