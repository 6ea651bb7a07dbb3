/**
 * An engine in memory, for tests and for trying things out: nothing survives its process. What a bucket is
 * there, memory-bucket.ts says.
 */
import { setImmediate } from "node:timers/promises";
import {
  assert,
  KvError,
  laterStamp,
  nameKey,
  rangesOfScope,
  type PackedKey,
  type Patch,
  type ReplicaId,
  type Revision,
} from "@rockpool/model";
import { createBase, isCompactionDue, type CompactionTask, type DocumentBase } from "./compaction.ts";
import type { DocumentRules } from "./document-rules.ts";
import type {
  BucketState,
  Compaction,
  Engine,
  EntryReading,
  Page,
  PageQuery,
  PatchQuery,
  RuledTurn,
  Sweep,
  SweepOptions,
  Turn,
} from "./engine.ts";
import {
  createBucket,
  dropResults,
  entriesAfter,
  firstAfter,
  firstFrom,
  keepBase,
  keepEntries,
  keepUpdates,
  MemoryEngineStorage,
  updatesAfter,
  type Bucket,
} from "./memory-bucket.ts";
import { PagePart } from "./page-part.ts";
import { PatchPart } from "./patch-part.ts";
import { expiredOf } from "./relay-entry.ts";
import { hostKeptMs, isStale } from "./retention.ts";
import { ruleTurn } from "./turn.ts";
import { yjsDocuments } from "./yjs-documents.ts";

export interface EngineOptions {
  /** What it knows of documents; Yjs, unless it is said. */
  readonly documents?: DocumentRules;
  /** Draws the id of an epoch. */
  readonly randomId?: () => string;
}

export interface MemoryEngineOptions extends EngineOptions {
  /** What an engine before this one left: the relay was started again. One engine at a time may use it. */
  readonly storage?: MemoryEngineStorage;
  /** Updates of a document up to which it is not compacted. Default: 200. */
  readonly compactionRowsMin?: number;
}

export const openMemoryEngine = (options: MemoryEngineOptions = {}): Promise<Engine> =>
  Promise.resolve(
    new MemoryEngine(
      options.storage ?? new MemoryEngineStorage(),
      options.randomId ?? (() => crypto.randomUUID()),
      options.documents ?? yjsDocuments,
      options.compactionRowsMin,
    ),
  );

class MemoryEngine implements Engine {
  readonly #storage: MemoryEngineStorage;
  readonly #bucketByName = new Map<string, Bucket>();
  readonly #randomId: () => string;
  readonly #documents: DocumentRules;
  readonly #compactionRowsMin: number | undefined;
  /** Documents that cannot be compacted, by bucket and key. */
  readonly #faulty = new Set<string>();
  #isClosed = false;

  constructor(
    storage: MemoryEngineStorage,
    randomId: () => string,
    documents: DocumentRules,
    compactionRowsMin: number | undefined,
  ) {
    this.#storage = storage;
    this.#randomId = randomId;
    this.#documents = documents;
    this.#compactionRowsMin = compactionRowsMin;
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
      documents: this.#documents,
      entry: (key: PackedKey) => bucket.entryByKey.get(key),
      host: (host: string) => bucket.hostById.get(host),
      result: (commit: Parameters<typeof nameKey>[0]) => bucket.resultByName.get(nameKey(commit))?.result,
    };
    const outcome = ruleTurn(reader, turn);
    const { ruled, hosts, results } = outcome;
    const ruledMs = turn.nowMs;
    for (const [host, state] of hosts) bucket.hostById.set(host, { ...state, ruledMs });
    for (const kept of results) bucket.resultByName.set(nameKey(kept.result.name), { ...kept, ruledMs });
    const carried = results.filter(({ replica }) => replica !== undefined);
    bucket.results.push(...carried.map((kept) => ({ ...kept, ruledMs })));
    keepEntries(bucket, ruled);
    keepUpdates(bucket, outcome);
    return ruled;
  }

  async readPatch(name: string, replica: ReplicaId, from: Revision, query: PatchQuery): Promise<Patch> {
    const bucket = this.#mustGetBucket(name);
    const part = new PatchPart(query);
    const entriesFrom = Math.max(from, query.entriesAfter ?? 0);
    part.addChanges(entriesAfter(bucket, entriesFrom), updatesAfter(bucket, entriesFrom));
    for (let index = firstAfter(bucket.results, ({ result }) => result.revision, from); ; index++) {
      const kept = bucket.results[index];
      if (kept === undefined || (kept.replica === replica && !part.addResult(kept.result))) break;
    }
    return part.finish(from, bucket.head, (key) => bucket.entryByKey.get(key));
  }

  async readPage(name: string, { scope, after, ...size }: PageQuery): Promise<Page> {
    const bucket = this.#mustGetBucket(name);
    bucket.sortedKeys ??= [...bucket.entryByKey.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    const part = new PagePart(size, (key) => bucket.updatesByKey.get(key) ?? []);
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

  async readEntry(name: string, key: PackedKey): Promise<EntryReading> {
    const bucket = this.#mustGetBucket(name);
    const entry = bucket.entryByKey.get(key);
    return { entry, updates: bucket.updatesByKey.get(key) ?? [], head: bucket.head };
  }

  async compact(name: string): Promise<Compaction> {
    const bucket = this.#mustGetBucket(name);
    const task = this.#nextTask(name, bucket);
    if (task === undefined) return { isCompacted: false, isDone: true };
    let base: DocumentBase;
    try {
      base = await createBase(task, this.#documents);
    } catch (fault) {
      this.#faulty.add(`${name}\n${task.entry.key}`);
      return { isCompacted: false, isDone: false, fault };
    }
    // Others get their turn: what they change is seen below.
    await setImmediate();
    this.#assertOpen();
    return { isCompacted: keepBase(bucket, task, base), isDone: false };
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
    return { from, to: bucket.head, changed, updates: [], floor: bucket.floor, isDone };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#bucketByName.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #nextTask(name: string, bucket: Bucket): CompactionTask | undefined {
    for (const [key, updates] of bucket.updatesByKey) {
      const entry = bucket.entryByKey.get(key);
      if (entry?.document === undefined || this.#faulty.has(`${name}\n${key}`)) continue;
      if (isCompactionDue(entry.document, this.#compactionRowsMin)) return { entry, updates };
    }
    return undefined;
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
