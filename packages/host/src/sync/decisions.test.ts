/**
 * What became of commits is told to whoever waits for it, also when the rows that ruled were missed.
 */
import { beforeEach, expect, test } from "vitest";
import type { CommitState, TrackedCommit } from "@rockpool/log";
import { createVersionstamp, KvError, packKey, type Versionstamp, zeroStamp } from "@rockpool/model";
import { PageIndex, Pages, ReplicaState } from "@rockpool/replica";
import { Rulings } from "./rulings.ts";
import type { HostLocks } from "../environment.ts";
import type { HostEvent } from "../host-api.ts";
import type { Ledger } from "../ledger.ts";

let state: ReplicaState;
let events: HostEvent[];
let rulings: Rulings;
/** Of the pauses before events are tried again. */
let timers: { readonly callback: () => void; readonly delayMs: number }[];
/** Reads of storage that are to fail. */
let failures: number;

/** No other host lives. */
const locks = { query: async () => ({ held: [], pending: [] }) } as unknown as HostLocks;

const stampOf = (n: number): Versionstamp => createVersionstamp(n);

const tracked = (n: number, ruling: CommitState): TrackedCommit => ({
  commit: {
    name: { host: "h", n },
    tag: "t",
    stamp: zeroStamp,
    checks: [],
    mutations: [{ type: "delete", key: packKey(["k", n]) }],
  },
  versionstamp: stampOf(n),
  state: ruling,
  revision: n,
  ...(ruling === "rejected" ? { reason: { type: "too-old" } as const } : {}),
});

const create = (): Rulings => {
  const pages = new Pages(new PageIndex(0, []));
  const ledger = {
    get state() {
      return state;
    },
    catchUp: async () => {},
    read: async <T>(_strong: boolean, compute: (at: ReplicaState, from: Pages) => T) => {
      if (failures-- > 0) throw new KvError("lost-connection", "the disk failed");
      return compute(state, pages);
    },
  };
  return new Rulings({
    ledger: ledger as unknown as Ledger,
    host: "own",
    database: "d",
    environment: { locks, setTimer },
    readClock: () => 0,
    emit: (event) => events.push(event),
    reach: () => "live",
    onFailure: () => {},
    asksApp: false,
    onUndecided: () => {},
  });
};

const setTimer = (callback: () => void, delayMs: number): (() => void) => {
  const timer = { callback, delayMs };
  timers.push(timer);
  return () => (timers = timers.filter((one) => one !== timer));
};

/** The pauses that are waited for now end. */
const passPauses = async (): Promise<readonly number[]> => {
  const due = timers;
  timers = [];
  for (const { callback } of due) callback();
  await turn();
  return due.map(({ delayMs }) => delayMs);
};

beforeEach(() => {
  timers = [];
  failures = 0;
  state = new ReplicaState(undefined);
  events = [];
  rulings = create();
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const rule = (...ruled: readonly TrackedCommit[]): void => {
  for (const one of ruled) state.track(one);
  rulings.onRow({ changed: [], settledKeys: [], ruled });
};

/** Stands for a checkpoint of another tab: the state is what its pages and records say. */
const loseRows = (...records: readonly TrackedCommit[]): void => {
  state = new ReplicaState(undefined);
  for (const record of records) state.track(record);
  rulings.onGap();
};

const idsTold = (): readonly string[] =>
  events.flatMap((event) => (event.type === "rejected" ? event.groups.map(({ id }) => id) : []));

test("a commit is settled for all who wait, each for its own, when a row rules on it", async () => {
  state.track(tracked(1, "pending"));
  state.track(tracked(2, "pending"));
  const waits = [1, 2, 2].map((n) => rulings.call({ type: "settled", versionstamp: stampOf(n) }));
  await turn();
  rule(tracked(2, "rejected"));
  expect(await Promise.all(waits.slice(1))).toEqual([
    { type: "rejected", reason: { type: "too-old" } },
    { type: "rejected", reason: { type: "too-old" } },
  ]);
  rule(tracked(1, "confirmed"));
  expect(await waits[0]).toEqual({ type: "confirmed", revision: 1, superseded: [] });
});

test("a commit that was ruled on in rows that were missed is settled by what is left of them", async () => {
  state.track(tracked(1, "pending"));
  const wait = rulings.call({ type: "settled", versionstamp: stampOf(1) });
  await turn();
  loseRows(tracked(1, "confirmed"));
  expect(await wait).toMatchObject({ type: "confirmed" });
});

test("who waits for a commit that was ruled on and forgotten in rows that were missed is told so", async () => {
  state.track(tracked(1, "pending"));
  const wait = rulings.call({ type: "settled", versionstamp: stampOf(1) });
  await turn();
  loseRows();
  await expect(wait).rejects.toMatchObject({ code: "not-found" });
});

test("a rejection is told of once, also when its row was missed, and not at the start", async () => {
  state.track(tracked(1, "rejected"));
  rulings = create();
  rule(tracked(2, "rejected"));
  await turn();
  expect(idsTold()).toEqual(["h.2"]);
  loseRows(tracked(1, "rejected"), tracked(2, "rejected"), tracked(3, "rejected"));
  await turn();
  expect(idsTold()).toEqual(["h.2", "h.3"]);
});

/** One of the parts of a commit that was divided. */
const part = (n: number, ruling: CommitState): TrackedCommit => ({
  ...tracked(n, ruling),
  versionstamp: stampOf(9),
});

test("the parts of a commit that was divided are told of each by itself, though they share its place", async () => {
  rule(part(1, "rejected"));
  await turn();
  rule(part(2, "rejected"));
  await turn();
  expect(idsTold()).toEqual(["h.1", "h.2"]);
  loseRows(part(1, "rejected"), part(2, "rejected"), part(3, "rejected"));
  await turn();
  expect(idsTold()).toEqual(["h.1", "h.2", "h.3"]);
  const lost = (n: number): TrackedCommit => ({ ...part(n, "confirmed"), unseen: [0] });
  rule(lost(4));
  loseRows(lost(4), lost(5));
  await turn();
  expect(events.map((event) => (event.type === "superseded" ? event.writes.length : 0))).toEqual([
    0, 0, 0, 1, 1,
  ]);
});

/** A commit of which something lost when it was ruled on at a revision. */
const lostAt = (revision: number): TrackedCommit => ({ ...tracked(1, "confirmed"), revision, unseen: [0] });

test("what was lost is told of anew when a relay that was put back rules on it again, in rows that were missed", async () => {
  rule(lostAt(1));
  loseRows(lostAt(1));
  loseRows(lostAt(2));
  await turn();
  expect(events.map((event) => (event.type === "superseded" ? event.writes.length : 0))).toEqual([1, 1]);
});

test("what storage kept from being told is told later: a rejection", async () => {
  failures = 3;
  rule(tracked(1, "rejected"));
  await turn();
  expect(events).toEqual([]);
  expect([await passPauses(), await passPauses(), events.length]).toEqual([[1000], [2000], 0]);
  expect(await passPauses()).toEqual([4000]);
  expect(events).toMatchObject([{ type: "rejected", groups: [{ commits: [{ versionstamp: stampOf(1) }] }] }]);
  expect(timers).toEqual([]);
});

test("what storage kept from being told is told later: a write that lost", async () => {
  failures = 1;
  rule({ ...tracked(1, "confirmed"), superseded: [{ mutation: 0, winner: { host: "other", n: 2 } }] });
  await turn();
  expect(events).toEqual([]);
  await passPauses();
  expect(events).toMatchObject([
    { type: "superseded", writes: [{ versionstamp: stampOf(1), winner: "other.2" }] },
  ]);
});

test("nothing is told after the end", async () => {
  failures = 1;
  rule(tracked(1, "rejected"));
  await turn();
  rulings.close();
  expect(timers).toEqual([]);
  failures = 1;
  rule(tracked(2, "rejected"));
  await turn();
  expect(timers).toEqual([]);
});
