/**
 * Measures Rockpool against raw IndexedDB in one run of a real Chromium and prints both: figures to
 * read, never to assert. Started by `npm run bench`.
 */
import { withBuiltPage } from "./built-page.ts";
import type { WorkloadResult } from "./page/workloads.ts";

await withBuiltPage(new URL("page", import.meta.url), async (openTab, url) => {
  const page = await openTab();
  await page.goto(url);
  const results = await page.evaluate(() =>
    (globalThis as unknown as { runBenchmark: () => Promise<readonly WorkloadResult[]> }).runBenchmark(),
  );
  print(results);
});

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
