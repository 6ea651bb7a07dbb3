/**
 * Time and memory by the number of entries, in a real Chromium: prints a table to read, asserts
 * nothing. Started by `npm run bench:size`; `node test/bench/size/run.ts 100000` stops at that size.
 */
import type { Page } from "playwright";
import { withBuiltPage } from "../built-page.ts";
import { peakDuring, WorkerMemory } from "../worker-memory.ts";
import type { SizeTimes } from "./page.ts";

const sizes = [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= Number(process.argv[2] ?? 1e6));

const evaluate = <T>(page: Page, name: string, ...given: readonly number[]): Promise<T> =>
  page.evaluate(
    ([called, numbers]) => {
      const calls = globalThis as unknown as Record<
        string,
        (...numbers: readonly number[]) => Promise<unknown>
      >;
      return calls[called]?.(...numbers);
    },
    [name, given] as const,
  ) as Promise<T>;

await withBuiltPage(new URL(".", import.meta.url), async (openTab, url) => {
  print(
    "entries",
    "fill s",
    "peak MB",
    "open+get ms",
    "get ms",
    "set ms",
    "list 100 ms",
    "checkpoint ms",
    "then MB",
  );
  let filled = 0;
  for (const size of sizes) {
    const page = await openTab();
    const memory = await WorkerMemory.of(page);
    await page.goto(url);
    const [fillMs, peak] = await peakDuring(
      () => memory.read(),
      evaluate<number>(page, "fill", filled, size),
      1000,
    );
    const times = await evaluate<SizeTimes>(page, "measure", size);
    const { openMs, getMs, setMs, listMs, checkpointMs } = times;
    const figures = [fillMs / 1000, peak, openMs, getMs, setMs, listMs, checkpointMs, await memory.read()];
    print(String(size), ...figures.map((figure) => figure.toFixed(1)));
    filled = size;
    await page.close();
  }
});

function print(...cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell) => cell.padStart(14)).join("")}\n`);
}
