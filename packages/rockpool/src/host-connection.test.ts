/**
 * No call and no stream waits for a host that is gone, and none is given up because the tab slept.
 */
import type { HostApi, HostEvent } from "@rockpool/host";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectKv } from "./connect-kv.ts";
import type { Kv } from "./kv.ts";

let kv: Kv;
/** Frees the host's own lock, as a browser does when its worker ends. */
let endHost: () => void;
let isHostAlive: boolean;
let emit: (events: readonly HostEvent[]) => void;

/** A host that answers nothing but pings. */
const host = {
  open: async (_options: unknown, onEvents: (events: readonly HostEvent[]) => void) => {
    emit = onEvents;
    return { ok: true, value: { lock: "lock" } };
  },
  batch: (requests: readonly unknown[]) =>
    requests.length === 0 && isHostAlive ? Promise.resolve([]) : new Promise(() => {}),
  call: () => new Promise(() => {}),
  openFeed: async () => {},
  closeFeed: async () => {},
  close: async () => {},
} as unknown as HostApi;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  isHostAlive = true;
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
