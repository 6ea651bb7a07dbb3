/**
 * The memory of a page's worker, in MB, as the devtools protocol tells it.
 */
import type { CDPSession, Page } from "playwright";

/** What `Runtime.getHeapUsage` tells of a worker, in bytes. */
interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  readonly backingStorageSize: number;
}

/** Looks into the memory of a page's worker. Playwright's own sessions reach pages alone. */
export class WorkerMemory {
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
    return this.readUsed();
  }

  /** MB in use, garbage included: collecting it would slow down what is measured. */
  async readUsed(): Promise<number> {
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

/** What `work` comes to, and the highest of the readings taken every `everyMs` while it goes on, in MB. */
export const peakDuring = async <T>(
  read: () => Promise<number>,
  work: Promise<T>,
  everyMs: number,
): Promise<readonly [T, number]> => {
  let peak = 0;
  const timer = setInterval(() => {
    void read().then((reading) => {
      peak = Math.max(peak, reading);
    });
  }, everyMs);
  try {
    const result = await work;
    return [result, peak];
  } finally {
    clearInterval(timer);
  }
};
