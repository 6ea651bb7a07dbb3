/**
 * What calls of the log cost in a page, beside raw IndexedDB in the same run: the workloads take
 * turns in rounds, and the median of its rounds is told of each. Run by run.ts.
 */
import type { CommitRow, Log, PageRange } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import { createVersionstamp, packKey } from "@rockpool/model";
import type { PackedKey, Position } from "@rockpool/model";
import { settled } from "../faulty-factory.ts";
import { checkpointAt } from "../log-bed.ts";

/** Does `operations` operations one after another. */
interface Workload {
  readonly name: string;
  readonly operations: number;
  readonly run: (operations: number) => Promise<void>;
}

export interface Figure {
  readonly name: string;
  /** Median of the rounds, in µs an operation. */
  readonly microseconds: number;
}

export interface BenchmarkPage {
  runBenchmark?: () => Promise<readonly Figure[]>;
}

const rounds = 60;
const text = "x".repeat(180);
const keyOf = (index: number): PackedKey => packKey(["users", index]);

/** A row of `sets` writes of some 200 B each. */
const rowOf = (sets: number): CommitRow => ({
  type: "commit",
  commits: [
    {
      name: { host: "h", n: 1 },
      tag: "tag",
      readingMs: 0,
      checks: [],
      mutations: [],
      effects: Array.from({ length: sets }, (_, index) => ({
        key: keyOf(index),
        value: { encoding: "json", data: text },
      })),
    },
  ],
});

/** A host that appends rows of `sets` writes, and reads. */
class BenchmarkHost {
  readonly #log: Log;
  #tail: Position = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  async append(row: CommitRow): Promise<void> {
    const { missed, position } = await this.#log.append(this.#tail, () => ({ type: "row", row }));
    this.#tail = position ?? missed.at(-1)?.position ?? this.#tail;
  }

  async read(ranges: readonly PageRange[]): Promise<void> {
    const { missed } = await this.#log.read(this.#tail, ranges);
    this.#tail = missed.at(-1)?.position ?? this.#tail;
  }
}

const logWorkloads = async (): Promise<readonly Workload[]> => {
  const log = await openIdbLog("bench-log");
  const entries = Array.from({ length: 64 }, (_, index) => ({
    key: keyOf(index),
    value: { encoding: "json" as const, data: text },
    versionstamp: createVersionstamp(1),
  }));
  const page = { generation: 1, first: packKey([]), entries, latest: createVersionstamp(1) };
  await log.checkpoint(checkpointAt(0, 0, { putPages: [page] }));
  const range = { generation: 1, from: page.first, to: page.first };
  const alone = new BenchmarkHost(log);
  const [first, second] = [await openIdbLog("bench-turns"), await openIdbLog("bench-turns")];
  const turns = [new BenchmarkHost(first), new BenchmarkHost(second)];
  const [small, large] = [rowOf(1), rowOf(1000)];
  await alone.append(small);
  return [
    { name: "log: append of 200 B", operations: 10, run: times(() => alone.append(small)) },
    {
      name: "log: append of 200 B, two hosts by turns",
      operations: 10,
      run: times(async (index) => turns[index % 2]?.append(small)),
    },
    { name: "log: append of 1,000 sets", operations: 2, run: times(() => alone.append(large)) },
    { name: "log: read of the tail", operations: 10, run: times(() => alone.read([])) },
    { name: "log: read of the tail and a page of 64", operations: 10, run: times(() => alone.read([range])) },
  ];
};

const put = (store: IDBObjectStore, index: number): void => {
  store.put({ value: text }, keyOf(index));
};

const putAll = (store: IDBObjectStore): void => {
  for (let index = 0; index < 1000; index++) put(store, index);
};

const rawWorkloads = async (): Promise<readonly Workload[]> => {
  const request = indexedDB.open("bench-raw", 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("kv");
    request.result.createObjectStore("rows", { keyPath: "position", autoIncrement: true });
  });
  const database = await settled(request);
  const write = (store: string, send: (store: IDBObjectStore) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(store, "readwrite", { durability: "relaxed" });
      transaction.addEventListener("complete", () => resolve());
      transaction.addEventListener("abort", () => reject(transaction.error ?? new Error("aborted")));
      send(transaction.objectStore(store));
      transaction.commit();
    });
  const get = (index: number): Promise<unknown> =>
    settled(database.transaction("kv").objectStore("kv").get(keyOf(index)));
  await write("kv", putAll);
  return [
    { name: "raw: put of 200 B", operations: 10, run: times((i) => write("kv", (store) => put(store, i))) },
    {
      name: "raw: add of the same row, blind",
      operations: 10,
      run: times(() => write("rows", (store) => store.add({ after: 0, row: rowOf(1) }))),
    },
    { name: "raw: put of 1,000 × 200 B", operations: 1, run: times(() => write("kv", putAll)) },
    { name: "raw: get of 200 B", operations: 10, run: times(get) },
  ];
};

const times =
  (operation: (index: number) => Promise<unknown>) =>
  async (operations: number): Promise<void> => {
    for (let index = 0; index < operations; index++) await operation(index);
  };

const shuffled = <Item>(items: readonly Item[]): readonly Item[] =>
  items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

(globalThis as BenchmarkPage).runBenchmark = async () => {
  const workloads = [...(await rawWorkloads()), ...(await logWorkloads())];
  const samples = new Map(workloads.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    // What one leaves to be done slows the next, so each round has another order.
    for (const { name, operations, run } of shuffled(workloads)) {
      const startedAt = performance.now();
      await run(operations);
      samples.get(name)?.push(((performance.now() - startedAt) * 1000) / operations);
    }
  }
  return [...samples].map(([name, times]) => ({ name, microseconds: median(times) }));
};
