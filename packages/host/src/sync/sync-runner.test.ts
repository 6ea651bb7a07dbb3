/**
 * The session goes on whatever fails: storage, a ruling that comes before its time, a socket that never opens.
 */
import { beforeEach, expect, test } from "vitest";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import {
  assert,
  type CommitResult,
  KvError,
  type PackedKey,
  packKey,
  type Patch,
  type PatchEntry,
  zeroStamp,
} from "@rockpool/model";
import {
  decodeUp,
  type DownMessage,
  encodeDown,
  type PatchMessage,
  type UpMessage,
  type Welcome,
} from "@rockpool/protocol";
import { welcomeWith } from "@rockpool/protocol/hello-fixture";
import type { HostEnvironment, SocketEvents } from "../environment.ts";
import { checkpointLimits, viewOf } from "@rockpool/replica";
import { Ledger } from "../ledger.ts";
import { SyncRunner } from "./sync-runner.ts";

const scope = ["" as PackedKey];
const startMs = 1_700_000_000_000;

/** A connection whose other end is the test. */
class Line {
  readonly sent: UpMessage[] = [];
  readonly #events: SocketEvents;
  isClosed = false;

  constructor(events: SocketEvents) {
    this.#events = events;
  }

  send(frame: string): void {
    this.sent.push(...decodeUp(frame));
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.#events.onOpen();
  }

  say(...messages: readonly DownMessage[]): void {
    this.#events.onFrame(encodeDown(messages));
  }
}

let storage: MemoryStorage;
let ledger: Ledger;
let runner: SyncRunner;
let lines: Line[];
let timers: Set<{ readonly atMs: number; readonly callback: () => void }>;
let nowMs: number;

const turn = async (): Promise<void> => {
  for (let passed = 0; passed < 12; passed++) await new Promise((resolve) => setImmediate(resolve));
};

/** Moves the clock, and lets everything come to rest. */
const pass = async (ms: number): Promise<void> => {
  nowMs += ms;
  for (const timer of timers) {
    if (timer.atMs > nowMs || !timers.delete(timer)) continue;
    timer.callback();
  }
  await turn();
};

const lastLine = (): Line => lines.at(-1) as Line;

const environment = (): HostEnvironment =>
  ({
    now: () => nowMs,
    random: () => 0.5,
    drawId: () => "id",
    openSocket: (_url: string, events: SocketEvents) => {
      lines.push(new Line(events));
      return lastLine();
    },
    setTimer: (callback: () => void, delayMs: number) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    onWake: () => () => {},
    locks: { request: (_name: string, work: () => Promise<void>) => work() },
  }) as unknown as HostEnvironment;

beforeEach(async () => {
  storage = new MemoryStorage();
  lines = [];
  timers = new Set();
  nowMs = startMs;
  const log = await openMemoryLog(storage);
  const listener = { onRow: () => runner?.onFolded(), onGap: () => {} };
  ({ ledger } = await Ledger.open(log, listener, () => nowMs));
  await ledger.append(() => ({ row: { type: "attach", replica: "r" }, result: undefined }));
  runner = new SyncRunner({
    ledger,
    environment: environment(),
    database: "d",
    bucket: "b",
    relay: "ws://relay",
    onNews: () => {},
    onProbed: () => {},
    onAware: () => {},
    onDiverged: () => {},
    log,
    limits: checkpointLimits,
    onFailure: () => {},
  });
  runner.start();
  await turn();
});

const welcome = (change: Partial<Welcome> = {}): Welcome =>
  welcomeWith({ clockMs: nowMs, helloClockMs: nowMs, ...change });

const patch = (change: Partial<Patch> & Pick<Patch, "from" | "to">): PatchMessage => ({
  type: "patch",
  epoch: "e1",
  scope,
  patch: { head: change.to, upToDate: true, entries: [], results: [], stamp: zeroStamp, ...change },
});

const goLive = async (): Promise<void> => {
  lastLine().open();
  lastLine().say(welcome());
  await turn();
  expect(runner.session.phase).toBe("live");
};

/** Commits one blind set, and gives the result the relay might answer with. */
const commit = async (revision: number): Promise<CommitResult> => {
  const name = { host: "h", n: 1 };
  const value = { encoding: "json", data: "1" } as const;
  await ledger.append(() => ({
    row: {
      type: "commit",
      commits: [
        {
          name,
          tag: "t",
          readingMs: nowMs,
          checks: [],
          mutations: [{ type: "set", key: packKey(["k"]), value }],
          effects: [],
        },
      ],
    },
    result: undefined,
  }));
  return {
    name,
    tag: "t",
    revision,
    stamp: zeroStamp,
    ruling: { type: "rejected", reason: { type: "unknown" } },
  };
};

test("a welcome that could not be stored is asked for again on another connection", async () => {
  lastLine().open();
  storage.failNextTransaction(new KvError("lost-connection", "gone"), "before");
  lastLine().say(welcome());
  await turn();
  expect(lines[0]?.isClosed).toBe(true);
  await pass(1000);
  expect(lines).toHaveLength(2);
  await goLive();
});

test("a patch that could not be stored is asked for again on another connection", async () => {
  await goLive();
  storage.failNextTransaction(new KvError("quota", "full"), "before");
  lastLine().say(patch({ from: 0, to: 1 }));
  await turn();
  await pass(1000);
  expect(lines).toHaveLength(2);
  await goLive();
  expect(lastLine().sent[0]).toMatchObject({ type: "hello", cursor: 0 });
});

test("a ruling that no patch carries is applied when the cursor reaches its revision", async () => {
  await goLive();
  const result = await commit(3);
  lastLine().say({ type: "ruled", results: [result] });
  await turn();
  expect(ledger.state.pendingCount).toBe(1);
  lastLine().say(patch({ from: 0, to: 5 }));
  await turn();
  expect(ledger.state.pendingCount).toBe(0);
});

test("a ruling that its patch carries is applied by it alone", async () => {
  await goLive();
  const result = await commit(1);
  lastLine().say({ type: "ruled", results: [result] }, patch({ from: 0, to: 1, results: [result] }));
  await turn();
  expect(ledger.state.pendingCount).toBe(0);
  expect(storage.image.rows.filter(({ type }) => type === "patch")).toHaveLength(1);
});

test("a ruling of an epoch that another tab has left meanwhile is not applied", async () => {
  await goLive();
  lastLine().say(patch({ from: 0, to: 5 }));
  await turn();
  const result = await commit(4);
  await ledger.append(() => ({
    row: { type: "session", epoch: "e2", scope, clockOffsetMs: 0, reset: false },
    result: undefined,
  }));
  lastLine().say({ type: "ruled", results: [result] });
  await turn();
  expect(ledger.state.pendingCount).toBe(1);
});

const isShown = (name: string): Promise<boolean> =>
  ledger.read(true, (state, pages) => viewOf(state, pages, packKey([name])).value !== undefined);

const entry = (name: string, revision: number): PatchEntry => ({
  key: packKey([name]),
  revision,
  value: { encoding: "json", data: "1" },
});

test("a fill goes on from what was received when it began, patches that were on their way included", async () => {
  lastLine().open();
  const early = patch({ from: 0, to: 7, head: 25_000, upToDate: false, entries: [entry("early", 7)] });
  lastLine().say(welcome({ head: 25_000 }), early);
  await turn();
  expect(runner.session.phase).toBe("filling");
  lastLine().say({
    type: "page",
    epoch: "e1",
    scope,
    after: "" as PackedKey,
    next: null,
    head: 25_000,
    entries: [entry("a", 5), entry("early", 7)],
    stamp: zeroStamp,
  });
  lastLine().say(patch({ from: 0, to: 25_000 }));
  await turn();
  expect([runner.session.phase, lines.length]).toEqual(["live", 1]);
  expect(ledger.state.session.revealed).toBe(25_000);
  expect([await isShown("a"), await isShown("early")]).toEqual([true, true]);
});

test("a catch-up that pauses while the welcome is being stored goes on after it", async () => {
  lastLine().open();
  const part = patch({ from: 0, to: 7, head: 20, upToDate: false, entries: [entry("a", 7)] });
  lastLine().say(welcome({ head: 20 }), { ...part, paused: true });
  await turn();
  expect(lastLine().sent.slice(1)).toEqual([{ type: "pull", epoch: "e1", from: 7 }]);
});

test("a catch-up that pauses goes on only when its parts are stored", async () => {
  await goLive();
  const part = patch({ from: 0, to: 7, head: 20, upToDate: false, entries: [entry("a", 7)] });
  lastLine().say({ ...part, paused: true });
  expect(lastLine().sent.slice(1)).toEqual([]);
  await turn();
  expect(lastLine().sent.slice(1)).toEqual([{ type: "pull", epoch: "e1", from: 7 }]);
});

test("a socket that neither opens nor closes is given up", async () => {
  await pass(20_000);
  await pass(20_000);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines[0]?.isClosed).toBe(true);
});

test("the clock is corrected by when the welcome came, not by when it was stored", async () => {
  lastLine().open();
  void ledger.append(() => ({ row: undefined, result: undefined })).then(() => (nowMs += 8000));
  lastLine().say(welcome({ clockMs: nowMs + 5000 }));
  await turn();
  expect(ledger.state.session.clockOffsetMs).toBe(5000);
});

test("a host that takes the session over hides what can no longer hold after a fill that another one ended with", async () => {
  await goLive();
  const check = { key: packKey(["k"]), premise: { type: "revision", epoch: "e1", revision: 1 } } as const;
  const name = { host: "h", n: 1 };
  const record = { name, tag: "t", readingMs: nowMs, checks: [check], mutations: [], effects: [] };
  await ledger.append(() => ({ row: { type: "commit", commits: [record] }, result: undefined }));
  const { epoch, scope, received } = ledger.state.session;
  assert(epoch !== null, "a relay has welcomed it");
  const stored = { entries: 0, bytes: 0 };
  const relay = {
    epoch,
    scope,
    from: received,
    to: received,
    results: [],
    stamp: zeroStamp,
    readingMs: nowMs,
  };
  await ledger.append(() => ({ row: { type: "fill", generation: 1, stored, relay }, result: undefined }));
  expect(ledger.state.getTracked(name)?.state).toBe("pending");
  runner.stop();
  runner.start();
  await turn();
  expect(ledger.state.getTracked(name)?.state).toBe("hidden");
});
