/**
 * What the size benchmark does in the page: fills a bucket, and times single calls on it.
 */
import { type Kv, openKv } from "rockpool";

/** Median times of single calls on a bucket of some size, in ms. */
export interface SizeTimes {
  readonly openMs: number;
  readonly getMs: number;
  readonly setMs: number;
  readonly listMs: number;
  readonly checkpointMs: number;
}

const channel = new BroadcastChannel("size-benchmark");

const open = (): Promise<Kv> =>
  openKv("size", { worker: () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }) });

const keyOf = (id: number): readonly [string, string] => ["users", String(id).padStart(8, "0")];

/** About 200 B as JSON. */
const valueOf = (id: number): unknown => ({
  id,
  name: `user ${id}`,
  email: `user${id}@example.org`,
  active: id % 2 === 0,
  tags: ["alpha", "beta", "gamma"],
  text: "The quick brown fox jumps over the lazy dog. ".repeat(2),
});

const setAll = async (kv: Kv, ids: readonly number[]): Promise<void> => {
  const atomic = kv.atomic();
  for (const id of ids) atomic.set(keyOf(id), valueOf(id));
  await atomic.commit();
};

/** Moves what the log holds into pages. */
const checkpoint = (): Promise<void> =>
  new Promise((resolve) => {
    channel.addEventListener("message", () => resolve(), { once: true });
    channel.postMessage("checkpoint");
  });

/** Adds entries from one id up to another, in commits of 1,000; the result is the time in ms. */
export const fill = async (from: number, to: number): Promise<number> => {
  const kv = await open();
  const startMs = performance.now();
  for (let id = from; id < to; id += 1000) {
    await setAll(
      kv,
      Array.from({ length: Math.min(1000, to - id) }, (_, index) => id + index),
    );
  }
  await checkpoint();
  const ms = performance.now() - startMs;
  await kv[Symbol.asyncDispose]();
  return ms;
};

const medianOf = async (runs: number, work: () => Promise<unknown>): Promise<number> => {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return times.toSorted((a, b) => a - b)[runs >> 1] ?? 0;
};

/** Times calls on a bucket of `count` entries; leaves it open, so that its worker can be looked at. */
export const measure = async (count: number): Promise<SizeTimes> => {
  const random = (): number => Math.floor(Math.random() * count);
  let kv = await open();
  const openMs = await medianOf(5, async () => {
    await kv[Symbol.asyncDispose]();
    kv = await open();
    await kv.get(keyOf(random()));
  });
  const getMs = await medianOf(101, () => kv.get(keyOf(random())));
  const setMs = await medianOf(101, () => kv.set(keyOf(random()), valueOf(random())));
  const listMs = await medianOf(51, async () => {
    const list = kv.list({ start: keyOf(random()), end: ["users", "~"] }, { limit: 100 });
    while (!(await list.next()).done);
  });
  await checkpoint();
  const checkpointMs = await medianOf(5, async () => {
    await setAll(kv, Array.from({ length: 100 }, random));
    await checkpoint();
  });
  return { openMs, getMs, setMs, listMs, checkpointMs };
};

Object.assign(globalThis, { fill, measure });
