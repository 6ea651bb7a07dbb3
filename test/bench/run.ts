/**
 * Measures Rockpool against raw IndexedDB in one run of a real Chromium and prints both: figures to
 * read, never to assert. Started by `npm run bench`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { build } from "vite";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { serveFolder } from "../../scripts/serve-folder.ts";
import type { WorkloadResult } from "./page/workloads.ts";

const folder = await mkdtemp(join(tmpdir(), "rockpool-bench-"));
try {
  const outDir = join(folder, "site");
  await build({
    root: fileURLToPath(new URL("page", import.meta.url)),
    logLevel: "warn",
    worker: { format: "es" },
    build: { outDir, target: "es2024" },
  });
  await using cleanup = new AsyncDisposableStack();
  const server = await serveFolder(outDir, "127.0.0.1", 0);
  cleanup.defer(() => server.close());
  // A profile on disk: the default context keeps its databases in memory.
  const context = await chromium.launchPersistentContext(join(folder, "profile"), chromiumLaunchOptions());
  cleanup.defer(() => context.close());
  const page = await context.newPage();
  page.on("pageerror", (error) => process.stderr.write(`${error.stack ?? error.message}\n`));
  await page.goto(server.url);
  const results = await page.evaluate(() =>
    (globalThis as unknown as { runBenchmark: () => Promise<readonly WorkloadResult[]> }).runBenchmark(),
  );
  print(results);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(results: readonly WorkloadResult[]): void {
  const width = Math.max(...results.map(({ name }) => name.length));
  const rows = [
    ["workload", "raw ms", "Rockpool ms", "ratio"],
    ...results.map(({ name, rawMs, rockpoolMs }) => [
      name,
      rawMs.toFixed(2),
      rockpoolMs.toFixed(2),
      `${(rockpoolMs / rawMs).toFixed(3)}x`,
    ]),
  ];
  for (const [name = "", ...figures] of rows) {
    process.stdout.write(`${name.padEnd(width)}${figures.map((figure) => figure.padStart(13)).join("")}\n`);
  }
}
