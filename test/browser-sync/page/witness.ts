/**
 * A page that commits, and tells the test outside of the browser of every commit: before it is made, when it was
 * acknowledged, and what became of it. Each commit sets an entry of its own, adds one to a counter that all share and its
 * number to its writer's sum, and sets an entry that others set too; every fifth checks what it read before. So what is
 * lost, torn or applied twice shows in what is stored, without any trust in the store.
 */
import { type Key, type Kv, type KvEntryMaybe, KvError, KvU64, openKv, type SyncStatus } from "rockpool";
import { shiftClock } from "./shifted-clock.ts";

/** What became of a commit. Keys are JSON. */
export type Settlement =
  | { readonly type: "confirmed"; readonly revision: number; readonly superseded: readonly string[] }
  | { readonly type: "rejected"; readonly reason: string };

/** What the test is told. */
export type JournalLine = { readonly writer: string; readonly n: number } & (
  | { readonly type: "begun" }
  /** A check did not hold here: nothing was written. */
  | { readonly type: "refused" }
  | { readonly type: "acknowledged"; readonly versionstamp: string }
  | { readonly type: "settled"; readonly settlement: Settlement }
  /** All that the writer begun is answered; `n` was its last. */
  | { readonly type: "finished" }
);

export interface WitnessOptions {
  readonly relay?: string;
  /** Who uses the page, and where its tokens come from. */
  readonly user?: string;
  readonly tokenUrl?: string;
  /** How much this device's clock is ahead, in ms. */
  readonly clockShiftMs?: number;
}

export interface Writing {
  /** Commits under way at once. */
  readonly inFlight: number;
  /** Commits made in all. */
  readonly commitsMax?: number;
  /** Waited when so many as may be under way were begun, in ms. */
  readonly pauseMs?: number;
}

/** A commit that was acknowledged. */
export interface MadeCommit {
  readonly writer: string;
  readonly n: number;
  readonly versionstamp: string;
}

export type WitnessStatus = Pick<SyncStatus, "state" | "pending" | "rejected" | "syncing"> & {
  readonly error: string | null;
};

/** What the page offers to the test, on its global object. */
export interface Witness {
  open(bucket: string, options: WitnessOptions): Promise<void>;
  /** Begins to commit as `writer`. */
  write(writer: string, writing: Writing): void;
  /** Fulfilled when all that was begun is acknowledged. */
  stop(): Promise<void>;
  /** Fulfilled when so many commits as `write` was told are acknowledged. */
  done(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  flush(): Promise<void>;
  /** Notes, as a tab that is looked at again does, that the network may be back: after failures it waits long. */
  wake(): void;
  status(): WitnessStatus;
  /** Sets an entry; gives what became of the commit, once it is ruled. */
  set(key: Key, value: unknown): Promise<Settlement>;
  /** Sets an entry without waiting for the relay. */
  setHere(key: Key, value: unknown): Promise<string>;
  get(key: Key): Promise<unknown>;
  /** What became of commits; null of those that are not remembered. */
  settled(versionstamps: readonly string[]): Promise<readonly (Settlement | null)[]>;
  /** All entries: values as text, by key as JSON. */
  content(): Promise<Readonly<Record<string, string>>>;
  /** Tells what becomes of commits that a tab made which is gone. */
  follow(commits: readonly MadeCommit[]): void;
  /** Commits told as superseded by events: versionstamp and key. */
  toldSuperseded(): readonly (readonly [versionstamp: string, key: string])[];
}

declare global {
  /** Put here by the test, through the devtools protocol. */
  // oxlint-disable-next-line no-var -- how TypeScript declares a member of the global object
  var journal: (line: string) => void;
}

/** Keys that all writers set. */
const sharedKeys = 3;
/** Every how manieth commit checks what it read. */
const checkedEvery = 5;

/** Longest wait for a flush, in ms: a loaded machine is slow. */
const flushMsMax = 30_000;

let kv: Kv;
let writing: Promise<void> = Promise.resolve();
let stopping = new AbortController();
const toldSuperseded: (readonly [string, string])[] = [];

const tell = (line: JournalLine): void => journal(JSON.stringify(line));

const write = async (
  writer: string,
  { inFlight, commitsMax = Infinity, pauseMs }: Writing,
): Promise<void> => {
  const { signal } = stopping;
  const underWay = new Set<Promise<void>>();
  let n = 0;
  while (n < commitsMax && !signal.aborted) {
    n++;
    const commit = commitOne(writer, n).finally(() => underWay.delete(commit));
    underWay.add(commit);
    if (underWay.size >= inFlight) await Promise.race(underWay);
    if (pauseMs !== undefined && n % inFlight === 0) await sleep(pauseMs);
  }
  await Promise.all(underWay);
  tell({ type: "finished", writer, n });
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const commitOne = async (writer: string, n: number): Promise<void> => {
  tell({ type: "begun", writer, n });
  const atomic = kv
    .atomic()
    .set(["own", writer, n], n)
    .sum(["count"], 1n)
    .sum(["sum", writer], BigInt(n))
    .set(["shared", n % sharedKeys], { writer, n });
  if (n % checkedEvery === 0) atomic.check(await kv.get(["checked"])).set(["checked"], { writer, n });
  const result = await atomic.commit();
  if (!result.ok) return tell({ type: "refused", writer, n });
  tell({ type: "acknowledged", writer, n, versionstamp: result.versionstamp });
  void follow({ writer, n, versionstamp: result.versionstamp });
};

const follow = async ({ writer, n, versionstamp }: MadeCommit): Promise<void> => {
  const settlement = await settlementOf(versionstamp);
  if (settlement !== null) tell({ type: "settled", writer, n, settlement });
};

const settlementOf = async (versionstamp: string): Promise<Settlement | null> => {
  try {
    const settled = await kv.sync.settled(versionstamp);
    return settled.type === "rejected"
      ? { type: "rejected", reason: settled.reason.type }
      : { ...settled, superseded: settled.superseded.map((key) => JSON.stringify(key)) };
  } catch (error) {
    if (error instanceof KvError && error.code === "not-found") return null;
    throw error;
  }
};

const fetchToken = async (url: string): Promise<string> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  return response.text();
};

const textOf = (value: unknown): string =>
  value instanceof KvU64 ? `${value.value}n` : JSON.stringify(value);

const witness: Witness = {
  open: async (bucket, { relay, user, tokenUrl, clockShiftMs = 0 }) => {
    shiftClock(clockShiftMs);
    kv = await openKv(bucket, {
      ...(relay === undefined ? {} : { relay }),
      ...(user === undefined ? {} : { user }),
      ...(tokenUrl === undefined ? {} : { token: () => fetchToken(tokenUrl) }),
      worker: () =>
        new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: String(clockShiftMs) }),
    });
    kv.sync.addEventListener("superseded", ({ detail }) => {
      for (const { versionstamp, mutation } of detail) {
        toldSuperseded.push([versionstamp, JSON.stringify(mutation.key)]);
      }
    });
  },
  write: (writer, options) => {
    stopping = new AbortController();
    writing = write(writer, options);
  },
  stop: async () => {
    stopping.abort();
    await writing;
  },
  done: () => writing,
  pause: () => kv.sync.pause(),
  resume: () => kv.sync.resume(),
  flush: async () => {
    try {
      await kv.sync.flush({ signal: AbortSignal.timeout(flushMsMax) });
    } catch (cause) {
      throw new Error(`no flush: ${String(cause)} at ${JSON.stringify(witness.status())}`, { cause });
    }
  },
  wake: () => void document.dispatchEvent(new Event("visibilitychange")),
  status: () => {
    const { state, pending, rejected, syncing, error } = kv.sync.status;
    return { state, pending, rejected, syncing, error: error?.message ?? null };
  },
  set: async (key, value) => {
    const settlement = await settlementOf((await kv.set(key, value)).versionstamp);
    if (settlement === null) throw new Error(`${JSON.stringify(key)} was set and is not remembered`);
    return settlement;
  },
  setHere: async (key, value) => (await kv.set(key, value)).versionstamp,
  get: async (key) => ((await kv.get(key)) as KvEntryMaybe<unknown>).value,
  settled: (versionstamps) => Promise.all(versionstamps.map(settlementOf)),
  content: async () => {
    const content: Record<string, string> = {};
    for await (const { key, value } of kv.list({ prefix: [] }, { batchSize: 1000 })) {
      content[JSON.stringify(key)] = textOf(value);
    }
    return content;
  },
  follow: (commits) => {
    for (const commit of commits) void follow(commit);
  },
  toldSuperseded: () => toldSuperseded,
};
Object.assign(globalThis, { witness });
