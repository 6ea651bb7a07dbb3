/**
 * No call and no stream waits for a host that is gone, and none is given up because the tab slept.
 */
import type { HostApi, HostEvent } from "@rockpool/host";
import { KvError, packError } from "@rockpool/model";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectKv } from "./connect-kv.ts";
import type { Kv } from "./kv.ts";

let kv: Kv;
/** Frees the host's own lock, as a browser does when its worker ends. */
let endHost: () => void;
let isHostAlive: boolean;
let emit: (events: readonly HostEvent[]) => void;

/** What the host was asked, pings apart. */
const asked: unknown[] = [];

/** A host that answers nothing but pings. */
const host = {
  open: async (_options: unknown, onEvents: (events: readonly HostEvent[]) => void) => {
    emit = onEvents;
    return { ok: true, value: { lock: "lock" } };
  },
  batch: (requests: readonly unknown[]) => {
    asked.push(...requests);
    return requests.length === 0 && isHostAlive ? Promise.resolve([]) : new Promise(() => {});
  },
  call: (type: string) => {
    asked.push(type);
    return new Promise(() => {});
  },
  openFeed: async () => {},
  closeFeed: async () => {},
  close: async () => {},
} as unknown as HostApi;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  isHostAlive = true;
  asked.length = 0;
  const lock = Promise.withResolvers<void>();
  endHost = lock.resolve;
  const locks = {
    request: async (_name: string, _options: unknown, granted: () => void) => lock.promise.then(granted),
  } as unknown as Pick<LockManager, "request">;
  kv = await connectKv({ bucket: "b", database: "d", durability: "relaxed" }, host, { locks });
});

afterEach(async () => {
  vi.useRealTimers();
  await kv[Symbol.asyncDispose]();
});

/** The lock of a host that lives on. */
const neverGranted = { request: () => new Promise(() => {}) } as unknown as Pick<LockManager, "request">;

/** What became of a call: its error's code, or that it still waits. */
const fateOf = (call: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    call.then(
      () => "answered",
      (error: unknown) => (error as { code?: unknown }).code,
    ),
    new Promise((resolve) => setImmediate(() => resolve("waiting"))),
  ]);

test("a call under way fails with an unknown outcome when the host's lock is free", async () => {
  const call = kv.get(["k"]);
  endHost();
  expect(await fateOf(call)).toBe("outcome-unknown");
  expect(await fateOf(kv.get(["k"]))).toBe("outcome-unknown");
});

test("a call under way fails with an unknown outcome when the host has answered no ping for 30 s", async () => {
  isHostAlive = false;
  const call = kv.get(["k"]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await fateOf(call)).toBe("waiting");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await fateOf(call)).toBe("outcome-unknown");
});

test("a call waits on while the host answers pings", async () => {
  const call = kv.sync.settled("0".repeat(20));
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(await fateOf(call)).toBe("waiting");
});

test("a call waits on when the tab wakes from a sleep in which no timer ran", async () => {
  const call = kv.sync.settled("0".repeat(20));
  await vi.advanceTimersByTimeAsync(10_000);
  const sleptMs = 60 * 60_000;
  const awakeNow = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => awakeNow() + sleptMs);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await fateOf(call)).toBe("waiting");
});

/** Every call that takes a signal. */
const callsWith = (options: { readonly signal: AbortSignal }): (() => Promise<unknown>)[] => [
  () => kv.get(["k"], options),
  () => kv.getMany([["k"]], options),
  () => kv.set(["k"], 1, options),
  () => kv.delete(["k"], options),
  () => kv.atomic().set(["k"], 1).commit(options),
  () => kv.list({ prefix: [] }, options).next(),
  () => kv.sync.flush(options),
  () => kv.sync.settled("0".repeat(20), options),
];

test("a call with a signal that is aborted rejects with its reason, and the host is asked nothing", async () => {
  const reason = new Error("not wanted any more");
  for (const call of callsWith({ signal: AbortSignal.abort(reason) })) {
    await expect(call()).rejects.toBe(reason);
  }
  expect(asked).toEqual([]);
});

test("a call under way rejects with the reason when its signal aborts, and was asked all the same", async () => {
  const aborting = new AbortController();
  const calls = callsWith(aborting).map((call) => call());
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(calls.length);
  const reason = new Error("waited long enough");
  aborting.abort(reason);
  for (const call of calls) await expect(call).rejects.toBe(reason);
  expect(await fateOf(kv.get(["k"], { signal: new AbortController().signal }))).toBe("waiting");
});

test("a stream fails when the host is gone", async () => {
  const reader = kv.watch([["k"]]).getReader();
  const read = reader.read();
  await Promise.resolve();
  endHost();
  expect(await fateOf(read)).toBe("outcome-unknown");
});

test("closing is clean after a stream has failed", async () => {
  const read = kv
    .watch([["k"]])
    .getReader()
    .read();
  const error = { kind: "KvError", code: "quota", message: "full" };
  emit([{ type: "feed-error", id: 1, error: error as never }]);
  await fateOf(read);
  expect(() => kv.close()).not.toThrow();
});

test("a tab that closes waits for its host, frees what it ran in then, and not before", async () => {
  const { promise: hostClosed, resolve: closeHost } = Promise.withResolvers<void>();
  const slow = { ...host, close: () => hostClosed } as HostApi;
  let isFree = false;
  const release = (): void => {
    isFree = true;
  };
  const open = { bucket: "b", database: "d", durability: "relaxed" } as const;
  const other = await connectKv(open, slow, { locks: neverGranted, release });
  const closing = other[Symbol.asyncDispose]();
  await Promise.race([closing, Promise.resolve()]);
  expect(isFree).toBe(false);
  closeHost();
  await closing;
  expect(isFree).toBe(true);
});

test("a host that never says that it closed is let go of after 30 s", async () => {
  vi.useFakeTimers();
  const silent = { ...host, close: () => new Promise<void>(() => {}) } as HostApi;
  const open = { bucket: "b", database: "d", durability: "relaxed" } as const;
  let isFree = false;
  const release = (): void => {
    isFree = true;
  };
  const other = await connectKv(open, silent, { locks: neverGranted, release });
  const closing = other[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(29_999);
  expect(isFree).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await closing;
  expect(isFree).toBe(true);
});

test("an end that nobody asked for is told as an event, and is what every call and stream fails with", async () => {
  const told: unknown[] = [];
  kv.sync.addEventListener("ended", ({ detail }) => told.push(detail));
  const waiting = kv.get(["k"]).catch((error: unknown) => error);
  const reader = kv.changes({ prefix: [] }).getReader();
  const reading = reader.read().catch((error: unknown) => error);
  emit([{ type: "ended", error: packError(new KvError("evicted", "gone")) }]);
  const evicted = { name: "KvError", code: "evicted" };
  expect(await waiting).toMatchObject(evicted);
  expect(await reading).toMatchObject(evicted);
  await expect(kv.set(["k"], 1)).rejects.toMatchObject(evicted);
  expect(told).toMatchObject([evicted]);
});
