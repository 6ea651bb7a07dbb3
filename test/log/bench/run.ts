/**
 * Measures the log beside raw IndexedDB, both in one run of a real Chromium with its databases on
 * disk, and prints µs and ratios: figures to read, never to assert. By hand: `node test/log/bench/run.ts`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { createServer } from "vite";
import { chromiumLaunchOptions } from "../../../scripts/chromium.ts";
import type { BenchmarkPage, Figure } from "./page.ts";

/** Which figure each is set against. */
const baselineByName: Readonly<Record<string, string>> = {
  "raw: add of the same row, blind": "raw: put of 200 B",
  "log: append of 200 B": "raw: put of 200 B",
  "log: append of 200 B, two hosts by turns": "raw: put of 200 B",
  "log: append of 1,000 sets": "raw: put of 1,000 × 200 B",
  "log: read of the tail": "raw: get of 200 B",
  "log: read of the tail and a page of 64": "raw: get of 200 B",
};

const measure = async (): Promise<readonly Figure[]> => {
  const profile = await mkdtemp(join(tmpdir(), "rockpool-log-bench-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(profile, { recursive: true, force: true }));
  const root = fileURLToPath(new URL(".", import.meta.url));
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "warn",
    server: { host: "127.0.0.1" },
  });
  cleanup.defer(() => server.close());
  await server.listen();
  const context = await chromium.launchPersistentContext(profile, chromiumLaunchOptions());
  cleanup.defer(() => context.close());
  const page = await context.newPage();
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await page.waitForFunction(() => (globalThis as BenchmarkPage).runBenchmark !== undefined);
  // Awaited here: on the way out the browser is closed.
  return await page.evaluate(() => (globalThis as BenchmarkPage).runBenchmark?.() ?? []);
};

const figures = await measure();
const microsecondsByName = new Map(figures.map(({ name, microseconds }) => [name, microseconds]));
for (const { name, microseconds } of figures) {
  const baseline = microsecondsByName.get(baselineByName[name] ?? "");
  const ratio = baseline === undefined ? "" : `${(microseconds / baseline).toFixed(3)}×`;
  process.stdout.write(`${name.padEnd(44)} ${microseconds.toFixed(0).padStart(7)} µs ${ratio.padStart(8)}\n`);
}
