/**
 * Buckets in real workers over real IndexedDB: tabs hear of each other, errors arrive whole, and no
 * call hangs.
 */
import { expect, test } from "vitest";
import { KvError, KvU64 } from "@rockpool/model";
import type { Kv } from "./kv.ts";
import { openKv } from "./open-kv.ts";

let names = 0;
const freshName = (): string => `open-kv-${crypto.randomUUID()}-${names++}`;

/** The worker of the package, started by the test so that it can be killed. */
const startWorker = (): Worker => new Worker(new URL("worker.ts", import.meta.url), { type: "module" });

const startMissingWorker = (): Worker => new Worker("/there-is-no-such-worker.js", { type: "module" });

const drain = async <T>(entries: AsyncIterable<T>): Promise<T[]> => {
  const drained: T[] = [];
  for await (const entry of entries) drained.push(entry);
  return drained;
};

const itemsOf = (kv: Kv, count: number): Promise<unknown[]> => takeFrom(kv.changes({ prefix: [] }), count);

const takeFrom = async (stream: ReadableStream<unknown>, count: number): Promise<unknown[]> => {
  const taken: unknown[] = [];
  for await (const item of stream) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
};

test("what one tab wrote another reads, watches and lists, and it is there after both are gone", async () => {
  const name = freshName();
  const writer = await openKv(name);
  const reader = await openKv(name);
  const watched = takeFrom(reader.watch([["users", "ada"]]), 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const committed = await writer.set(["users", "ada"], { born: 1815 });
  expect(await reader.get(["users", "ada"])).toEqual({
    key: ["users", "ada"],
    value: { born: 1815 },
    versionstamp: committed.versionstamp,
  });
  expect((await watched)[1]).toMatchObject([{ value: { born: 1815 } }]);
  await writer[Symbol.asyncDispose]();
  await reader[Symbol.asyncDispose]();
  const again = await openKv(name);
  expect((await drain(again.list({ prefix: ["users"] }))).map(({ value }) => value)).toEqual([
    { born: 1815 },
  ]);
  again.close();
});

test("every kind of value comes back from the worker as it was when it was given", async () => {
  const kv = await openKv(freshName());
  const rich = new Map<unknown, unknown>([
    ["when", new Date(0)],
    ["what", [undefined, Number.NaN, -0, 1n]],
  ]);
  const changing = { list: [1, 2] };
  const writes = [
    kv.set(["bytes"], new Uint8Array([1, 2, 3])),
    kv.set(["u64"], new KvU64(7n)),
    kv.set(["rich"], rich),
    kv.set(["json"], changing),
  ];
  changing.list.push(3);
  rich.clear();
  await Promise.all(writes);
  expect((await kv.get(["bytes"])).value).toEqual(new Uint8Array([1, 2, 3]));
  expect((await kv.get(["u64"])).value).toEqual(new KvU64(7n));
  expect((await kv.get(["rich"])).value).toEqual(
    new Map<unknown, unknown>([
      ["when", new Date(0)],
      ["what", [undefined, Number.NaN, -0, 1n]],
    ]),
  );
  expect((await kv.get(["json"])).value).toEqual({ list: [1, 2] });
  kv.close();
});

test("an error of the worker arrives with its class and message, and nothing of its commit is kept", async () => {
  const kv = await openKv(freshName());
  await kv.set(["text"], "no number");
  const commit = kv.atomic().set(["other"], 1).sum(["text"], 1n).commit();
  await expect(commit).rejects.toThrow(
    new TypeError("Failed to perform 'sum' mutation on a non-U64 value in the database"),
  );
  expect((await kv.get(["other"])).versionstamp).toBeNull();
  kv.close();
});

test("a change feed gives what stands, says that it is complete, then tells of changes", async () => {
  const kv = await openKv(freshName());
  await kv.atomic().set(["a"], 1).set(["b"], 2).commit();
  const items = itemsOf(kv, 3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await kv.atomic().set(["a"], 3).delete(["b"]).commit();
  expect(await items).toMatchObject([
    {
      type: "update",
      entries: [
        { key: ["a"], value: 1 },
        { key: ["b"], value: 2 },
      ],
    },
    { type: "ready" },
    {
      type: "update",
      entries: [
        { key: ["a"], value: 3 },
        { key: ["b"], value: null },
      ],
    },
  ]);
  kv.close();
});

test("a call to a worker that was killed fails with outcome-unknown, now and later", async () => {
  let worker: Worker | undefined;
  const kv = await openKv(freshName(), { placement: "worker", worker: () => (worker = startWorker()) });
  await kv.set(["k"], 1);
  worker?.terminate();
  const failure = await kv.set(["k"], 2).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(KvError);
  expect(failure).toMatchObject({ code: "outcome-unknown" });
  await expect(kv.get(["k"])).rejects.toMatchObject({ code: "outcome-unknown" });
});

test("a worker whose script is not there makes openKv reject with unavailable", async () => {
  const opening = openKv(freshName(), { placement: "worker", worker: startMissingWorker });
  await expect(opening).rejects.toMatchObject({ code: "unavailable" });
});

test("after close every call fails with closed, closing twice throws, and streams end", async () => {
  const kv = await openKv(freshName());
  const ended = takeFrom(kv.watch([["k"]]), 2);
  await kv.get(["k"]);
  kv.close();
  await expect(kv.get(["k"])).rejects.toMatchObject({ code: "closed" });
  expect(() => kv.close()).toThrow(KvError);
  expect((await ended).length).toBeLessThan(2);
});

test("the tabs of a bucket are counted, and one that is killed is missed", async () => {
  const name = freshName();
  const kv = await openKv(name);
  let worker: Worker | undefined;
  await openKv(name, { placement: "worker", worker: () => (worker = startWorker()) });
  await expect.poll(() => kv.sync.status.tabs).toBe(2);
  worker?.terminate();
  await expect.poll(() => kv.sync.status.tabs).toBe(1);
  kv.close();
});
