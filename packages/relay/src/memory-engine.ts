/**
 * An engine in memory, for tests and for trying things out: nothing survives its process.
 * Keeps every effect in a list by revision, of which those count that are still a key's latest.
 */
import {
  assert,
  KvError,
  laterStamp,
  nameKey,
  rangesOfScope,
  resultMs,
  type PackedKey,
  type Patch,
  type ReplicaId,
  type Revision,
  type Stamp,
  zeroStamp,
} from "@rockpool/model";
import type {
  BucketState,
  Engine,
  Page,
  PageQuery,
  PatchQuery,
  RuledTurn,
  Sweep,
  SweepOptions,
  Turn,
} from "./engine.ts";
import { PagePart } from "./page-part.ts";
import { PatchPart } from "./patch-part.ts";
import type { EpochStart } from "./epoch-history.ts";
import { expiredOf, type RelayEntry } from "./relay-entry.ts";
import { hostKeptMs, isStale } from "./retention.ts";
import { ruleTurn, type HostState, type KeptResult } from "./turn.ts";

export interface EngineOptions {
  /** Draws the id of an epoch. */
  readonly randomId?: () => string;
}

export interface MemoryEngineOptions extends EngineOptions {
  /** What an engine before this one left: the relay was started again. One engine at a time may use it. */
  readonly storage?: MemoryEngineStorage;
}

/** Buckets that outlive the engine in front of them, as a file would. */
export class MemoryEngineStorage {
  readonly bucketByName: Map<string, Bucket> = new Map();
}

export const openMemoryEngine = (options: MemoryEngineOptions = {}): Promise<Engine> =>
  Promise.resolve(
    new MemoryEngine(
      options.storage ?? new MemoryEngineStorage(),
      options.randomId ?? (() => crypto.randomUUID()),
    ),
  );

/** With the relay's clock when it was ruled. */
interface TimedResult extends KeptResult {
  readonly ruledMs: number;
}

interface Bucket {
  readonly epochs: EpochStart[];
  head: Revision;
  floor: Revision;
  stampFloor: Stamp;
  readonly entryByKey: Map<PackedKey, RelayEntry>;
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

class MemoryEngine implements Engine {
  readonly #storage: MemoryEngineStorage;
  readonly #bucketByName = new Map<string, Bucket>();
  readonly #randomId: () => string;
  #isClosed = false;

  constructor(storage: MemoryEngineStorage, randomId: () => string) {
    this.#storage = storage;
    this.#randomId = randomId;
  }

  async openBucket(name: string): Promise<BucketState> {
    this.#assertOpen();
    const bucket = this.#bucketByName.get(name) ?? this.#beginEpoch(name);
    return {
      epoch: bucket.epochs.at(-1)?.epoch ?? "",
      epochs: [...bucket.epochs],
      head: bucket.head,
      floor: bucket.floor,
    };
  }

  async rule(name: string, turn: Turn): Promise<RuledTurn> {
    const bucket = this.#mustGetBucket(name);
    const reader = {
      head: bucket.head,
      epochs: bucket.epochs,
      stampFloor: bucket.stampFloor,
      entry: (key: PackedKey) => bucket.entryByKey.get(key),
      host: (host: string) => bucket.hostById.get(host),
      result: (commit: Parameters<typeof nameKey>[0]) => bucket.resultByName.get(nameKey(commit))?.result,
    };
    const { ruled, hosts, results } = ruleTurn(reader, turn);
    const ruledMs = turn.nowMs;
    for (const [host, state] of hosts) bucket.hostById.set(host, { ...state, ruledMs });
    for (const kept of results) bucket.resultByName.set(nameKey(kept.result.name), { ...kept, ruledMs });
    const carried = results.filter(({ replica }) => replica !== undefined);
    bucket.results.push(...carried.map((kept) => ({ ...kept, ruledMs })));
    keepEntries(bucket, ruled);
    return ruled;
  }

  async readPatch(name: string, replica: ReplicaId, from: Revision, query: PatchQuery): Promise<Patch> {
    const bucket = this.#mustGetBucket(name);
    const part = new PatchPart(query);
    const entriesFrom = Math.max(from, query.entriesAfter ?? 0);
    for (let index = firstAfter(bucket.history, (entry) => entry.revision, entriesFrom); ; index++) {
      const entry = bucket.history[index];
      if (entry === undefined) break;
      if (bucket.entryByKey.get(entry.key) === entry && !part.addEntry(entry)) break;
    }
    for (let index = firstAfter(bucket.results, ({ result }) => result.revision, from); ; index++) {
      const kept = bucket.results[index];
      if (kept === undefined || (kept.replica === replica && !part.addResult(kept.result))) break;
    }
    return part.finish(from, bucket.head);
  }

  async readPage(name: string, { scope, after, ...size }: PageQuery): Promise<Page> {
    const bucket = this.#mustGetBucket(name);
    bucket.sortedKeys ??= [...bucket.entryByKey.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    const part = new PagePart(size);
    for (const { start, end } of rangesOfScope(scope)) {
      for (let index = firstFrom(bucket.sortedKeys, start, after); ; index++) {
        const key = bucket.sortedKeys[index];
        const entry = key === undefined || key >= end ? undefined : bucket.entryByKey.get(key);
        if (entry === undefined) break;
        if (!part.addEntry(entry)) return part.finish(bucket.head, false);
      }
    }
    return part.finish(bucket.head, true);
  }

  async sweep(name: string, { nowMs, retentionMs, entriesMax }: SweepOptions): Promise<Sweep> {
    const bucket = this.#mustGetBucket(name);
    const from = bucket.head;
    const entries = [...bucket.entryByKey.values()];
    const expired = entries
      .filter(({ expireAt }) => expireAt !== undefined && expireAt <= nowMs)
      .slice(0, entriesMax);
    const changed = expired.map((entry) => expiredOf(entry, from + 1, nowMs));
    keepEntries(bucket, { to: changed.length > 0 ? from + 1 : from, changed });
    const stale = entries.filter((entry) => isStale(entry, nowMs - retentionMs)).slice(0, entriesMax);
    for (const { key, revision, stamp } of stale) {
      bucket.entryByKey.delete(key);
      bucket.sortedKeys = undefined;
      bucket.floor = Math.max(bucket.floor, revision);
      bucket.stampFloor = laterStamp(bucket.stampFloor, stamp);
    }
    dropResults(bucket, nowMs, hostKeptMs(retentionMs));
    const isDone = expired.length < entriesMax && stale.length < entriesMax;
    return { from, to: bucket.head, changed, floor: bucket.floor, isDone };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#bucketByName.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #beginEpoch(name: string): Bucket {
    const bucket = this.#storage.bucketByName.get(name) ?? createBucket();
    bucket.epochs.push({ epoch: this.#randomId(), firstRevision: bucket.head + 1 });
    this.#storage.bucketByName.set(name, bucket);
    this.#bucketByName.set(name, bucket);
    return bucket;
  }

  #mustGetBucket(name: string): Bucket {
    this.#assertOpen();
    const bucket = this.#bucketByName.get(name);
    assert(bucket !== undefined, `bucket ${name} is not open`);
    return bucket;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new KvError("closed", "The engine was closed; open another one");
  }
}

const createBucket = (): Bucket => ({
  epochs: [],
  head: 0,
  floor: 0,
  stampFloor: zeroStamp,
  entryByKey: new Map(),
  history: [],
  sortedKeys: undefined,
  hostById: new Map(),
  resultByName: new Map(),
  results: [],
});

/** Index of the first item whose revision is above `from`, by halving. */
const firstAfter = <Item>(
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
const firstFrom = (keys: readonly PackedKey[], start: PackedKey, after: PackedKey): number =>
  firstAfter(keys, (key) => (key <= after || key < start ? 0 : 1), 0);

const keepEntries = (bucket: Bucket, { to, changed }: Pick<RuledTurn, "to" | "changed">): void => {
  for (const entry of changed) {
    if (!bucket.entryByKey.has(entry.key)) bucket.sortedKeys = undefined;
    bucket.entryByKey.set(entry.key, entry);
  }
  bucket.history.push(...changed);
  bucket.head = to;
  sweepHistory(bucket);
};

const dropResults = (bucket: Bucket, nowMs: number, hostMs: number): void => {
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
