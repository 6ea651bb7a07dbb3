/**
 * Measures a bucket in a folder beside one in memory, both in one run of Node, and prints µs and ratios:
 * figures to read, never to assert. By hand: `node test/log/bench/folder.ts`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Kv, openKv, type OpenOptions } from "rockpool";

const entries = 10_000;
const value = "x".repeat(200);
const key = (n: number): readonly [string, number] => ["key", n % entries];

interface Workload {
  readonly name: string;
  readonly times: number;
  readonly run: (kv: Kv, n: number) => Promise<unknown>;
}

const workloads: readonly Workload[] = [
  { name: "set, awaited", times: 10_000, run: (kv, n) => kv.set(key(n), value) },
  {
    name: "1,000 sets at once",
    times: 30,
    run: (kv, n) =>
      Promise.all(Array.from({ length: 1000 }, (_, index) => kv.set(key(n * 1000 + index), value))),
  },
  { name: "get, awaited, strong", times: 10_000, run: (kv, n) => kv.get(key(n * 7919)) },
  {
    name: "get, awaited, eventual",
    times: 10_000,
    run: (kv, n) => kv.get(key(n * 7919), { consistency: "eventual" }),
  },
  {
    name: "list of 1,000",
    times: 100,
    run: async (kv, n) => {
      let listed = 0;
      for await (const _ of kv.list({ start: key(n * 89), end: ["key", entries] }, { limit: 1000 })) listed++;
      return listed;
    },
  },
];

/** Median µs of each workload, and the mean of the processor's, by name. */
const measure = async (options: OpenOptions): Promise<ReadonlyMap<string, number>> => {
  const kv = await openKv("bench", options);
  for (let n = 0; n < entries; n += 1000) {
    await Promise.all(Array.from({ length: 1000 }, (_, index) => kv.set(key(n + index), value)));
  }
  const figures = new Map<string, number>();
  for (const { name, times, run } of workloads) {
    const tookMs: number[] = [];
    const before = process.cpuUsage();
    for (let n = 0; n < times; n++) {
      const fromMs = performance.now();
      await run(kv, n);
      tookMs.push(performance.now() - fromMs);
    }
    figures.set(name, 1000 * (tookMs.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? 0));
    // What other programs do meanwhile is not in it; the work of checkpoints, between the calls, is.
    const { user, system } = process.cpuUsage(before);
    figures.set(`${name}, processor`, (user + system) / times);
  }
  await kv.destroy();
  return figures;
};

const folder = await mkdtemp(join(tmpdir(), "rockpool-folder-bench-"));
try {
  const memory = await measure({});
  const relaxed = await measure({ folder });
  const strict = await measure({ folder, durability: "strict" });
  process.stdout.write(
    `${["", "memory", "folder", "×", "strict", "×"].map((cell) => cell.padStart(12)).join("")}\n`,
  );
  for (const [name, floor] of memory) {
    const cells = [relaxed, strict].flatMap((figures) => {
      const took = figures.get(name) ?? 0;
      return [took.toFixed(0), (took / floor).toFixed(2)];
    });
    process.stdout.write(
      `${name.padEnd(24)}${[floor.toFixed(0), ...cells].map((cell) => cell.padStart(12)).join("")}\n`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
