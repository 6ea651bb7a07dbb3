/**
 * Time and memory by the number of entries, in a real Chromium: prints a table to read, asserts
 * nothing. Started by `npm run bench:size`; `node test/bench/size/run.ts 100000` stops at that size.
 */
import type { CDPSession, Page } from "playwright";
import { withBuiltPage } from "../built-page.ts";
import type { SizeTimes } from "./page.ts";

const sizes = [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= Number(process.argv[2] ?? 1e6));

/** What `Runtime.getHeapUsage` tells of a worker, in bytes. */
interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  readonly backingStorageSize: number;
}

/** Looks into the memory of a page's worker. Playwright's own sessions reach pages alone. */
class WorkerMemory {
  readonly #session: CDPSession;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #worker: string | undefined;
  #calls = 0;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<WorkerMemory> {
    const session = await page.context().newCDPSession(page);
    const memory = new WorkerMemory(session);
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker") memory.#worker = sessionId;
    });
    session.on("Target.receivedMessageFromTarget", ({ message }) => {
      const { id, result } = JSON.parse(message) as { readonly id?: number; readonly result?: unknown };
      if (id !== undefined) memory.#answers.get(id)?.(result);
    });
    await session.send("Target.setAutoAttach", {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    return memory;
  }

  /** MB that the worker holds on to, garbage collected. */
  async read(): Promise<number> {
    await this.#call("HeapProfiler.collectGarbage");
    const heap = (await this.#call("Runtime.getHeapUsage")) as HeapUsage;
    return (heap.usedSize + heap.embedderHeapUsedSize + heap.backingStorageSize) / 1e6;
  }

  async #call(method: string): Promise<unknown> {
    const sessionId = this.#worker;
    if (sessionId === undefined) throw new Error("the page has no worker");
    const id = ++this.#calls;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    await this.#session.send("Target.sendMessageToTarget", {
      sessionId,
      message: JSON.stringify({ id, method }),
    });
    return answer;
  }
}

/** What `work` comes to, and the highest of the readings taken every second while it goes on, in MB. */
const peakDuring = async (
  memory: WorkerMemory,
  work: Promise<number>,
): Promise<readonly [number, number]> => {
  let peak = 0;
  const timer = setInterval(() => {
    void memory.read().then((read) => {
      peak = Math.max(peak, read);
    });
  }, 1000);
  try {
    const result = await work;
    return [result, peak];
  } finally {
    clearInterval(timer);
  }
};

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
    const [fillMs, peak] = await peakDuring(memory, evaluate<number>(page, "fill", filled, size));
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
