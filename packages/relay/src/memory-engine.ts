/**
 * An engine in memory, for tests and for trying things out: nothing survives its process.
 * Keeps every effect in a list by revision, of which those count that are still a key's latest.
 */
import {
  assert,
  KvError,
  nameKey,
  type PackedKey,
  type Patch,
  type ReplicaId,
  type Revision,
} from "@rockpool/model";
import type { BucketState, Engine, PatchSize, RuledTurn, Turn } from "./engine.ts";
import { PatchPart } from "./patch-part.ts";
import type { EpochStart } from "./epoch-history.ts";
import type { RelayEntry } from "./relay-entry.ts";
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

interface Bucket {
  readonly epochs: EpochStart[];
  head: Revision;
  readonly entryByKey: Map<PackedKey, RelayEntry>;
  /** Every effect by revision, those that later ones replaced included until the next sweep. */
  history: RelayEntry[];
  readonly hostById: Map<string, HostState>;
  readonly resultByName: Map<string, KeptResult>;
  /** The same results by revision, without those that no patch carries. */
  readonly results: KeptResult[];
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
    return { epoch: bucket.epochs.at(-1)?.epoch ?? "", epochs: [...bucket.epochs], head: bucket.head };
  }

  async rule(name: string, turn: Turn): Promise<RuledTurn> {
    const bucket = this.#mustGetBucket(name);
    const reader = {
      head: bucket.head,
      epochs: bucket.epochs,
      entry: (key: PackedKey) => bucket.entryByKey.get(key),
      host: (host: string) => bucket.hostById.get(host),
      result: (commit: Parameters<typeof nameKey>[0]) => bucket.resultByName.get(nameKey(commit))?.result,
    };
    const { ruled, entries, hosts, results } = ruleTurn(reader, turn);
    for (const entry of entries) bucket.entryByKey.set(entry.key, entry);
    bucket.history.push(...entries);
    for (const [host, state] of hosts) bucket.hostById.set(host, state);
    for (const kept of results) bucket.resultByName.set(nameKey(kept.result.name), kept);
    bucket.results.push(...results.filter(({ replica }) => replica !== undefined));
    bucket.head = ruled.to;
    sweepHistory(bucket);
    return ruled;
  }

  async readPatch(name: string, replica: ReplicaId, from: Revision, size: PatchSize): Promise<Patch> {
    const bucket = this.#mustGetBucket(name);
    const part = new PatchPart(size);
    for (let index = firstAfter(bucket.history, (entry) => entry.revision, from); ; index++) {
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
  entryByKey: new Map(),
  history: [],
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

const sweepHistory = (bucket: Bucket): void => {
  const replaced = bucket.history.length - bucket.entryByKey.size;
  if (replaced < sweepCountMin || replaced < bucket.entryByKey.size) return;
  bucket.history = bucket.history.filter((entry) => bucket.entryByKey.get(entry.key) === entry);
};
