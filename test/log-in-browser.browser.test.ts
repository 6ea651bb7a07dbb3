/**
 * What only a real browser can do to a log: hosts in workers, a full disk, cleared site data, another
 * tab that sits on a store, a database that opens and then answers nothing.
 */
import type { CommitRow } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import type { KvError } from "@rockpool/model";
import { afterEach, describe, expect, test } from "vitest";
import { cdp, server } from "vitest/browser";
import type { CountingTask } from "./log/counting-worker.ts";
import type { HastyTask } from "./log/hasty-worker.ts";
import { holdStore } from "./log/faulty-factory.ts";
import {
  appendOf,
  checkpointAt,
  countOf,
  countRow,
  CountingHost,
  fill,
  mustBePlaced,
} from "./log/log-bed.ts";

const freshName = (): string => `log-${crypto.randomUUID()}`;

const workers = {
  counting: () => new Worker(new URL("./log/counting-worker.ts", import.meta.url), { type: "module" }),
  hasty: () => new Worker(new URL("./log/hasty-worker.ts", import.meta.url), { type: "module" }),
};

/** What a worker answers to its task; with the answer it is ended. */
const answerOf = (worker: Worker, task: CountingTask | HastyTask): Promise<unknown> => {
  const answered = new Promise((resolve, reject) => {
    worker.addEventListener("message", ({ data }) => {
      worker.terminate();
      resolve(data);
    });
    worker.addEventListener("error", reject);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  worker.postMessage(task);
  return answered;
};

test("hosts in two workers and in the page count together without a loss", async () => {
  const databaseName = freshName();
  await using log = await openIdbLog(databaseName);
  const host = new CountingHost(log);
  const answers = [1, 2].map(() => answerOf(workers.counting(), { databaseName, increments: 100 }));
  for (let i = 0; i < 100; i++) await host.increment(i === 0 ? 1000 : undefined);
  const known = await Promise.all(answers);
  const { rows } = await log.start();
  expect(rows.map(countOf)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  expect(host.rows).toEqual(rows.slice(0, host.rows.length));
  expect(Math.max(host.rows.length, ...known.map(Number))).toBe(300);
});

// WebKit may wedge a database whose worker is ended with a write in flight (https://github.com/WebKit/WebKit/pull/73930).
test.skipIf(server.browser === "webkit")(
  "rows stand whose workers are ended right behind the call",
  async () => {
    const databaseName = freshName();
    await using log = await openIdbLog(databaseName);
    for (let count = 1; count <= 5; count++) {
      const tail = (await log.start()).rows.at(-1)?.position ?? 0;
      await answerOf(workers.hasty(), { databaseName, tail, count });
    }
    // Nobody is promised a row that was not acknowledged. A browser that is busy gives up some whose commit was
    // on its way; of appends that wait for an answer before they commit, none ever stood.
    expect((await log.start()).rows.length).toBeGreaterThan(0);
  },
);

describe("a store that another tab sits on", () => {
  test("makes an append wait", async () => {
    const databaseName = freshName();
    await using log = await openIdbLog(databaseName);
    const tail = await fill(log, 1);
    const release = await holdStore(databaseName, "log");
    const appending = log.append(tail, appendOf(2));
    await expect(Promise.race([appending, pause(50)])).resolves.toBe("paused");
    await release();
    await expect(appending).resolves.toMatchObject({ decision: "row" });
  });

  test("for too long gives up a checkpoint whole, and an append may stand later", async () => {
    const databaseName = freshName();
    await using log = await openIdbLog(databaseName, { transactionMsMax: 40, openMsMax: 200 });
    await using other = await openIdbLog(databaseName, { transactionMsMax: 40 });
    const tail = await fill(log, 1);
    const release = await holdStore(databaseName, "log");
    // Its commit is on its way, and cannot be called back.
    await expect(other.append(tail, appendOf(2))).rejects.toMatchObject({
      code: "outcome-unknown",
      cause: { name: "TimeoutError" },
    });
    // In Firefox a transaction that was given up goes on waiting, and another handle waits behind it.
    await expect(log.checkpoint(checkpointAt(0, tail))).rejects.toMatchObject({
      code: "stalled",
      cause: { name: "TimeoutError" },
    });
    await release();
    await using again = await openIdbLog(databaseName);
    expect((await again.start()).rows.map(countOf)).toEqual([1, 2]);
  });

  test("makes opening stalled, when it is what opening reads", async () => {
    const databaseName = freshName();
    await (await openIdbLog(databaseName)).close();
    const release = await holdStore(databaseName, "meta");
    await expect(openIdbLog(databaseName, { openMsMax: 40 })).rejects.toMatchObject({ code: "stalled" });
    await release();
    await (await openIdbLog(databaseName)).close();
  });
});

// These need Chromium's devtools protocol, which Vitest speaks through Playwright alone.
describe.skipIf(server.provider !== "playwright")("the browser", () => {
  afterEach(() => limitQuota(undefined));

  test("that has no room rejects with quota, and takes small rows again", async () => {
    // Chromium remembers for a while how much room there was; with the data it forgets that too.
    await clearIndexedDb();
    await limitQuota(100_000);
    await using log = await openIdbLog(freshName());
    const tail = await fill(log, 1);
    const [commit] = countRow(2).commits;
    const large = { ...countRow(2), commits: [{ ...commit, tag: "x".repeat(8_000_000) }] } as CommitRow;
    const appending = log.append(tail, () => ({ type: "row", row: large }));
    await expect(appending).rejects.toMatchObject({ code: "quota", cause: { name: "QuotaExceededError" } });
    await limitQuota(undefined);
    expect(mustBePlaced(await log.append(tail, appendOf(3)))).toBe(tail + 1);
    expect((await log.start()).rows.map(countOf)).toEqual([1, 3]);
  });

  test("that clears the site's data tells that the bucket was evicted, every call too, and a new one is empty", async () => {
    const databaseName = freshName();
    const told: KvError[] = [];
    const { promise: ended, resolve: onEnd } = Promise.withResolvers<KvError>();
    await using log = await openIdbLog(databaseName, {
      onEnd: (error) => {
        told.push(error);
        onEnd(error);
      },
    });
    const tail = await fill(log, 2);
    await clearIndexedDb();
    // Nobody called for it.
    expect(await ended).toMatchObject({ code: "evicted" });
    await expect(log.append(tail, appendOf(3))).rejects.toMatchObject({ code: "evicted" });
    await using again = await openIdbLog(databaseName);
    expect((await again.start()).rows).toEqual([]);
    await expect(log.read(tail, [])).rejects.toMatchObject({ code: "evicted" });
    expect(told).toHaveLength(1);
  });
});

/** As "clear site data" does. */
const clearIndexedDb = async (): Promise<void> => {
  await cdp().send("Storage.clearDataForOrigin", { origin: location.origin, storageTypes: "indexeddb" });
};

/** Of this page's origin; undefined takes the limit away. */
const limitQuota = async (quotaBytes: number | undefined): Promise<void> => {
  const quota = quotaBytes === undefined ? {} : { quotaSize: quotaBytes };
  await cdp().send("Storage.overrideQuotaForOrigin", { origin: location.origin, ...quota });
};

const pause = (ms: number): Promise<"paused"> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, "paused");
  });
