/**
 * The workloads of the benchmark, in the page: each is run on raw IndexedDB and on Rockpool by
 * turns, several rounds in one run, so that only the ratios count.
 */
import { type Kv, openKv } from "rockpool";
import { openRawStore, type RawStore } from "./raw-store.ts";

/** Median times of a workload, in ms. */
export interface WorkloadResult {
  readonly name: string;
  readonly rawMs: number;
  readonly rockpoolMs: number;
}

interface Workload {
  readonly name: string;
  readonly rounds: number;
  readonly raw: (store: RawStore, round: number) => Promise<unknown>;
  readonly rockpool: (kv: Kv, round: number) => Promise<unknown>;
}

const entriesInStore = 10_000;
/** About 200 B as JSON. */
const valueOf = (id: number): unknown => ({
  id,
  name: `user ${id}`,
  email: `user${id}@example.org`,
  active: id % 2 === 0,
  tags: ["alpha", "beta", "gamma"],
  text: "The quick brown fox jumps over the lazy dog. ".repeat(2),
});
const nameOf = (id: number): string => String(id).padStart(6, "0");
const keyOf = (id: number): readonly [string, string] => ["users", nameOf(id)];
const ids = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);
const randomIds = (count: number): number[] =>
  ids(count).map(() => Math.floor(Math.random() * entriesInStore));

const setAll = (kv: Kv, some: readonly number[]): Promise<unknown> => {
  const atomic = kv.atomic();
  for (const id of some) atomic.set(keyOf(id), valueOf(id));
  return atomic.commit();
};

const workloads: readonly Workload[] = [
  {
    name: "1 set, awaited (x200)",
    rounds: 5,
    raw: async (store, round) => {
      for (const id of ids(200, round * 200)) await store.put(nameOf(id), valueOf(id));
    },
    rockpool: async (kv, round) => {
      for (const id of ids(200, round * 200)) await kv.set(keyOf(id), valueOf(id));
    },
  },
  {
    name: "5,000 sets at once",
    rounds: 3,
    raw: (store) => Promise.all(ids(5000).map((id) => store.put(nameOf(id), valueOf(id)))),
    rockpool: (kv) => Promise.all(ids(5000).map((id) => kv.set(keyOf(id), valueOf(id)))),
  },
  {
    name: "1,000 sets in one commit; raw: 1,000 puts in one transaction",
    rounds: 9,
    raw: (store, round) => store.putAll(ids(1000, round * 1000).map((id) => [nameOf(id), valueOf(id)])),
    rockpool: (kv, round) => setAll(kv, ids(1000, round * 1000)),
  },
  {
    name: "1 get, awaited, strong (x200)",
    rounds: 5,
    raw: async (store) => {
      for (const id of randomIds(200)) await store.get(nameOf(id));
    },
    rockpool: async (kv) => {
      for (const id of randomIds(200)) await kv.get(keyOf(id));
    },
  },
  {
    name: "1 get, awaited, eventual (x200)",
    rounds: 5,
    raw: async (store) => {
      for (const id of randomIds(200)) await store.get(nameOf(id));
    },
    rockpool: async (kv) => {
      for (const id of randomIds(200)) await kv.get(keyOf(id), { consistency: "eventual" });
    },
  },
  {
    name: "5,000 gets at once",
    rounds: 3,
    raw: (store) => Promise.all(randomIds(5000).map((id) => store.get(nameOf(id)))),
    rockpool: (kv) => Promise.all(randomIds(5000).map((id) => kv.get(keyOf(id)))),
  },
  {
    name: "getMany of 1,000",
    rounds: 5,
    raw: (store) => store.getAll(randomIds(1000).map(nameOf)),
    rockpool: (kv) => kv.getMany(randomIds(1000).map(keyOf)),
  },
  {
    name: "list of 1,000",
    rounds: 5,
    raw: (store, round) => store.list(nameOf(round * 1000), 1000),
    rockpool: (kv, round) =>
      drain(kv.list({ start: keyOf(round * 1000), end: ["users", "x"] }, { limit: 1000, batchSize: 1000 })),
  },
];

const drain = async (entries: AsyncIterable<unknown>): Promise<number> => {
  let count = 0;
  for await (const _ of entries) count++;
  return count;
};

/**
 * Lets the browser's storage finish what it still does for the side just measured, and a host make
 * the checkpoints it makes when idle.
 */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};

const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;

const run = async (): Promise<readonly WorkloadResult[]> => {
  const suffix = crypto.randomUUID();
  const raw = await openRawStore(`raw-${suffix}`);
  const kv = await openKv(`bench-${suffix}`);
  for (let from = 0; from < entriesInStore; from += 1000) {
    await raw.putAll(ids(1000, from).map((id) => [nameOf(id), valueOf(id)]));
    await setAll(kv, ids(1000, from));
  }
  const results: WorkloadResult[] = [];
  for (const workload of workloads) {
    // What the last workload wrote is moved into pages first: it is no part of this one's time.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const times: { raw: number[]; rockpool: number[] } = { raw: [], rockpool: [] };
    // One round of each first, unmeasured.
    for (let round = 0; round <= workload.rounds; round++) {
      const rawMs = await timeOf(() => workload.raw(raw, round));
      await settle();
      const rockpoolMs = await timeOf(() => workload.rockpool(kv, round));
      await settle();
      if (round === 0) continue;
      times.raw.push(rawMs);
      times.rockpool.push(rockpoolMs);
    }
    results.push({ name: workload.name, rawMs: medianOf(times.raw), rockpoolMs: medianOf(times.rockpool) });
  }
  raw.close();
  kv.close();
  return results;
};

Object.assign(globalThis, { runBenchmark: run });
