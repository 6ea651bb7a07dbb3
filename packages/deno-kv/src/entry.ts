/**
 * Entries as Deno gives them: key, value and versionstamp, whatever else the bucket knows of them.
 */
import type { KvEntry as RockpoolEntry, KvEntryMaybe as RockpoolEntryMaybe } from "rockpool";
import type { KvEntry, KvEntryMaybe } from "./kv.ts";

export const toEntry = <T>({ key, value, versionstamp }: RockpoolEntry<T>): KvEntry<T> => ({
  key,
  value,
  versionstamp,
});

export const toEntryMaybe = <T>(entry: RockpoolEntryMaybe<T>): KvEntryMaybe<T> =>
  entry.versionstamp === null ? { key: entry.key, value: null, versionstamp: null } : toEntry(entry);
