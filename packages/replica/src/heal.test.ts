/**
 * A relay that lost the end of its history, and how a replica heals it: what it had confirmed there is
 * pending again, under its old name and with the stamp it was given.
 */
import { beforeEach, expect, test } from "vitest";
import { createStamp, wholeBucket, zeroStamp } from "@rockpool/model";
import {
  documentOf,
  entryOf,
  growthOf,
  key,
  merge,
  number,
  readable,
  set,
  sum,
  testNowMs,
} from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";

let replica: TestReplica;
beforeEach(() => {
  replica = TestReplica.synced();
});

const checkFailed = { type: "check", checks: [0] } as const;

/** Three sums, confirmed at revisions 1, 2 and 3, the last one under another stamp. */
const confirmThree = () => {
  const commits = [1, 2, 3].map(() => replica.commit(sum("n", 1n)));
  const results = commits.map(({ name }, index) => replica.result(name, index + 1));
  const [first, second, third] = results;
  const stamp = createStamp(testNowMs - 5000, 7, "a");
  if (first === undefined || second === undefined || third === undefined) throw new Error("three were made");
  replica.receive({
    to: 3,
    entries: [entryOf("n", 3, number(3n))],
    results: [first, second, { ...third, stamp }],
  });
  return { commits, stamp };
};

test("commits that were confirmed past the shared history wait for the relay again, once it was filled from", () => {
  const { commits, stamp } = confirmThree();
  replica.commit(sum("n", 10n));
  replica.checkpoint();
  replica.welcome({ epoch: "e2", valid: false, shared: 1 });
  // The sums are in what is shown: pending again as well they would count twice.
  expect([replica.value("n"), replica.state.pendingCount]).toEqual([13n, 1]);
  replica.refill({ to: 1, entries: [entryOf("n", 1, number(1n))] });
  expect(replica.value("n")).toBe(13n);
  expect(commits.map(({ name }) => replica.stateOf(name))).toEqual(["confirmed", "pending", "pending"]);
  const waiting = [...replica.state.unruled.values()].map(({ commit }) => commit.name.n);
  expect(waiting).toEqual([2, 3, 4]);
  expect(replica.state.getTracked(commits[2]?.name ?? { host: "", n: 0 })?.commit.stamp).toBe(stamp);
});

test("a commit that the restored relay ruled on already, for a copy of this device, is not pending again", () => {
  const { commits } = confirmThree();
  replica.welcome({ epoch: "e2", valid: false, shared: 0 });
  const results = commits.map(({ name }, index) => replica.result(name, index + 4));
  const { ruled } = replica.refill({ to: 6, entries: [entryOf("n", 6, number(3n))], results });
  expect(ruled.map(({ revision }) => revision)).toEqual([4, 5, 6]);
  expect([replica.value("n"), replica.state.pendingCount]).toEqual([3n, 0]);
});

test("merges past the shared history are shown behind what is left of their document, and wait again", () => {
  const names = ["a", "b"].map((update) => replica.commit(merge("d", update)).name);
  for (const [index, name] of names.entries()) {
    const to = index + 1;
    const update = index === 0 ? "a" : "b";
    replica.receive({ to, entries: [growthOf("d", to, 0, update)], results: [replica.result(name, to)] });
  }
  replica.checkpoint();
  replica.welcome({ epoch: "e2", valid: false, shared: 1 });
  replica.refill({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
  expect(readable(replica.view("d").value)).toEqual([0, "a", "b"]);
  expect(names.map((name) => replica.stateOf(name))).toEqual(["confirmed", "pending"]);
  const [first] = names;
  if (first === undefined) throw new Error("nothing was merged");
  replica.welcome({ epoch: "e3", valid: false, shared: 0 });
  replica.refill({ to: 0 });
  expect(readable(replica.view("d").value)).toEqual([null, "a", "b"]);
});

test("what was rejected past the shared history stays with the app", () => {
  replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
  const { name } = replica.commitOn(["k"], set("k", "mine"));
  replica.receive({ to: 2, results: [replica.result(name, 2, checkFailed)] });
  replica.welcome({ epoch: "e2", valid: false, shared: 1 });
  replica.refill({ to: 1, entries: [entryOf("k", 1, "old")] });
  expect([replica.stateOf(name), replica.state.pendingCount]).toEqual(["rejected", 0]);
});

test("a relay that loses more before the fill has more given back", () => {
  const { commits } = confirmThree();
  replica.welcome({ epoch: "e2", valid: false, shared: 2 });
  replica.welcome({ epoch: "e3", valid: false, shared: 0 });
  replica.checkpoint();
  replica.refill({ to: 0 });
  expect(commits.map(({ name }) => replica.stateOf(name))).toEqual(["pending", "pending", "pending"]);
  expect(replica.value("n")).toBe(3n);
});

test("what the relay is known to have lost is kept until it was filled from, however long that takes", () => {
  const { commits } = confirmThree();
  replica.welcome({ epoch: "e2", valid: false, shared: 1 });
  replica.nowMs += 3 * 24 * 60 * 60 * 1000;
  replica.append({ type: "pause", paused: true });
  replica.checkpoint();
  replica.refill({ to: 1, entries: [entryOf("n", 1, number(1n))] });
  expect(commits.map(({ name }) => replica.stateOf(name))).toEqual([undefined, "pending", "pending"]);
  expect(replica.value("n")).toBe(3n);
});

test("a fill within one history gives nothing back", () => {
  const { commits } = confirmThree();
  replica.append({ type: "verify", epoch: "e1", at: 3, equal: false, readingMs: testNowMs });
  expect(replica.state.session.fillDue).toBe(true);
  replica.refill({ to: 3, entries: [entryOf("n", 3, number(3n))] });
  expect(commits.map(({ name }) => replica.stateOf(name))).toEqual(["confirmed", "confirmed", "confirmed"]);
});

test("a key whose view a row changed while it was filled takes the versionstamp of the fill", () => {
  replica.receive({ to: 1, entries: [entryOf("k", 1, "old"), entryOf("same", 1, "old")] });
  replica.append({ type: "build" });
  const generation = replica.rows.at(-1)?.position ?? 0;
  const { name } = replica.commit(set("k", "mine"));
  replica.receive({ to: 2, results: [replica.result(name, 2, checkFailed)] });
  const brought = replica.view("k").versionstamp;
  const relay = {
    epoch: "e1",
    scope: wholeBucket,
    from: 2,
    to: 2,
    results: [],
    stamp: zeroStamp,
    readingMs: 1,
  };
  replica.append({ type: "fill", generation, stored: { entries: 2, bytes: 0 }, relay });
  const { overlay, revealed } = replica.state;
  expect(revealed > brought).toBe(true);
  expect([...overlay]).toMatchObject([[key("k"), { versionstamp: revealed }]]);
});

test("a comparison counts only at the revision and in the epoch that it was made in", () => {
  confirmThree();
  const verify = { type: "verify", equal: false, readingMs: testNowMs } as const;
  replica.append({ ...verify, epoch: "e0", at: 3 });
  replica.append({ ...verify, epoch: "e1", at: 2 });
  expect(replica.state.session).toMatchObject({ fillDue: false, verifiedAtMs: 0 });
  replica.append({ ...verify, epoch: "e1", at: 3 });
  expect(replica.state.session).toMatchObject({ fillDue: true, fillsAll: true });
});

test("what is confirmed stays known to be of its own scope, after a checkpoint too", () => {
  confirmThree();
  const scope = [key("a"), key("b")];
  replica.welcome({ epoch: "e1", scope });
  replica.checkpoint();
  expect(replica.state.session).toMatchObject({ fillDue: true, scope, confirmedScope: wholeBucket });
});

test("what is written after a fill is later than all that it showed", () => {
  replica.append({ type: "build" });
  const generation = replica.rows.at(-1)?.position ?? 0;
  const stamp = createStamp(testNowMs + 30_000, 0, "z");
  const relay = { epoch: "e1", scope: wholeBucket, from: 0, to: 2, results: [], stamp, readingMs: 1 };
  replica.append({ type: "fill", generation, stored: { entries: 0, bytes: 0 }, relay });
  const { name } = replica.commit(set("k", "mine"));
  expect((replica.state.getTracked(name)?.commit.stamp ?? "") > stamp).toBe(true);
});

test("a rejection that the relay lost is replaced by what it rules anew, for a copy of this device", () => {
  replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
  const first = replica.commitOn(["k"], set("k", "first"));
  const second = replica.commitOn(["k"], set("k", "second"));
  const refused = [first, second].map(({ name }, index) => replica.result(name, index + 2, checkFailed));
  replica.receive({ to: 3, results: refused });
  expect(replica.state.rejectedCount).toBe(2);
  replica.welcome({ epoch: "e2", valid: false, shared: 1 });
  replica.refill({ to: 1, entries: [entryOf("k", 1, "old")] });
  const again = [replica.result(first.name, 2), replica.result(second.name, 4, { type: "unknown" })];
  const { ruled } = replica.receive({ to: 4, entries: [entryOf("k", 2, "first")], results: again });
  expect(ruled.map(({ commit, state }) => [commit.name.n, state])).toEqual([[first.name.n, "confirmed"]]);
  expect(replica.state.getTracked(second.name)).toMatchObject({ state: "rejected", revision: 4 });
  expect([replica.state.rejectedCount, replica.value("k")]).toEqual([1, "first"]);
});
