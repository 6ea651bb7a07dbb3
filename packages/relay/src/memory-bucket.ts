/**
 * A bucket of the engine in memory: what it keeps, and how that changes. Every effect stands in a list by
 * revision, of which those count that are still a key's latest.
 */
import { resultMs, type PackedKey, type Revision, type Stamp, zeroStamp } from "@rockpool/model";
import { compactedEntry, isUnchanged, type CompactionTask, type DocumentBase } from "./compaction.ts";
import type { DocumentUpdate } from "./document-state.ts";
import type { RuledTurn } from "./engine.ts";
import type { EpochStart } from "./epoch-history.ts";
import type { RelayEntry } from "./relay-entry.ts";
import type { HostState, KeptResult, TurnOutcome } from "./turn.ts";

/** Buckets that outlive the engine in front of them, as a file would. */
export class MemoryEngineStorage {
  readonly bucketByName: Map<string, Bucket> = new Map();
}

/** With the relay's clock when it was ruled. */
export interface TimedResult extends KeptResult {
  readonly ruledMs: number;
}

export interface Bucket {
  readonly epochs: EpochStart[];
  head: Revision;
  floor: Revision;
  stampFloor: Stamp;
  readonly entryByKey: Map<PackedKey, RelayEntry>;
  /** Of each document all updates, in order. */
  readonly updatesByKey: Map<PackedKey, readonly DocumentUpdate[]>;
  /** The same by revision; undefined when they have to be sorted again. */
  sortedUpdates: readonly DocumentUpdate[] | undefined;
  /** Every effect by revision, those that later ones replaced included until the next sweep. */
  history: RelayEntry[];
  /** The keys of entries and tombstones in order; undefined when it has to be sorted again. */
  sortedKeys: readonly PackedKey[] | undefined;
  readonly hostById: Map<string, HostState & { readonly ruledMs: number }>;
  readonly resultByName: Map<string, TimedResult>;
  /** The same results by revision, without those that no patch carries. */
  results: TimedResult[];
}

/** History is swept when more than half of it, and more than this, was replaced. */
const sweepCountMin = 1000;

export const createBucket = (): Bucket => ({
  epochs: [],
  head: 0,
  floor: 0,
  stampFloor: zeroStamp,
  entryByKey: new Map(),
  updatesByKey: new Map(),
  sortedUpdates: [],
  history: [],
  sortedKeys: undefined,
  hostById: new Map(),
  resultByName: new Map(),
  results: [],
});

/** Index of the first item whose revision is above `from`, by halving. */
export const firstAfter = <Item>(
  items: readonly Item[],
  revisionOf: (item: Item) => Revision,
  from: Revision,
): number => {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && revisionOf(item) <= from) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Index of the first key of a range behind `after`. */
export const firstFrom = (keys: readonly PackedKey[], start: PackedKey, after: PackedKey): number =>
  firstAfter(keys, (key) => (key <= after || key < start ? 0 : 1), 0);

export const keepEntries = (bucket: Bucket, { to, changed }: Pick<RuledTurn, "to" | "changed">): void => {
  for (const entry of changed) {
    if (!bucket.entryByKey.has(entry.key)) bucket.sortedKeys = undefined;
    bucket.entryByKey.set(entry.key, entry);
  }
  bucket.history.push(...changed);
  bucket.head = to;
  sweepHistory(bucket);
};

export const keepUpdates = (bucket: Bucket, { ended, ruled }: Pick<TurnOutcome, "ended" | "ruled">): void => {
  for (const key of ended) bucket.updatesByKey.delete(key);
  for (const [key, added] of Map.groupBy(ruled.updates, (update) => update.key)) {
    bucket.updatesByKey.set(key, [...(bucket.updatesByKey.get(key) ?? []), ...added]);
  }
  if (ended.length > 0 || ruled.updates.length > 0) bucket.sortedUpdates = undefined;
};

/** False when the document has become another one, or none. */
export const keepBase = (bucket: Bucket, task: CompactionTask, base: DocumentBase): boolean => {
  const { key } = task.entry;
  const entry = bucket.entryByKey.get(key);
  const updates = bucket.updatesByKey.get(key) ?? [];
  if (entry === undefined || !isUnchanged(task, entry, updates)) return false;
  const compacted = compactedEntry(entry, task, base);
  bucket.history = bucket.history.map((each) => (each === entry ? compacted : each));
  bucket.entryByKey.set(key, compacted);
  bucket.updatesByKey.set(key, [base, ...updates.slice(task.updates.length)]);
  bucket.sortedUpdates = undefined;
  return true;
};

/** Entries and tombstones that are still the latest of their key. */
export function* entriesAfter({ history, entryByKey }: Bucket, from: Revision): Generator<RelayEntry> {
  for (let index = firstAfter(history, (entry) => entry.revision, from); ; index++) {
    const entry = history[index];
    if (entry === undefined) return;
    if (entryByKey.get(entry.key) === entry) yield entry;
  }
}

export const updatesAfter = (bucket: Bucket, from: Revision): readonly DocumentUpdate[] => {
  // Sorting is stable: those of one key and revision stay in their places.
  bucket.sortedUpdates ??= [...bucket.updatesByKey.values()]
    .flat()
    .toSorted((a, b) => a.revision - b.revision);
  return bucket.sortedUpdates.slice(firstAfter(bucket.sortedUpdates, ({ revision }) => revision, from));
};

export const dropResults = (bucket: Bucket, nowMs: number, hostMs: number): void => {
  for (const [name, { ruledMs, replica }] of bucket.resultByName) {
    // A first attempt of which only a retry was ruled could be ruled after all without its result.
    const keptMs = replica === undefined ? hostMs : resultMs;
    if (ruledMs < nowMs - keptMs) bucket.resultByName.delete(name);
  }
  bucket.results = bucket.results.filter(({ ruledMs }) => ruledMs >= nowMs - resultMs);
  for (const [host, { ruledMs }] of bucket.hostById) {
    if (ruledMs < nowMs - hostMs) bucket.hostById.delete(host);
  }
};

const sweepHistory = (bucket: Bucket): void => {
  const replaced = bucket.history.length - bucket.entryByKey.size;
  if (replaced < sweepCountMin || replaced < bucket.entryByKey.size) return;
  bucket.history = bucket.history.filter((entry) => bucket.entryByKey.get(entry.key) === entry);
};
