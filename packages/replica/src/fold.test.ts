/**
 * What each kind of row does, and that every host that folds the same rows is in the same state.
 */
import { describe, expect, test } from "vitest";
import { msOfStamp, nameKey } from "@rockpool/model";
import { entryOf, key, number, set, sum, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { foldRow } from "./fold.ts";
import { decideDiscard, decideRetry, rejectedGroups } from "./rejected.ts";

const checkFailed = { type: "check", checks: [0] } as const;

describe("a row", () => {
  test("must follow on the last", () => {
    const replica = new TestReplica();
    replica.commit(set("k", "v"));
    expect(() => foldRow(replica.state, { type: "checkpoint", position: 1 })).toThrow("does not follow on");
  });

  test("of a type that only a newer Rockpool knows is refused, and changes nothing", () => {
    const replica = TestReplica.synced();
    const { tail, tailRows } = replica.state;
    const row = { type: "of tomorrow", position: tail + 1 } as never;
    expect(() => foldRow(replica.state, row)).toThrow(/"of tomorrow".*reload/);
    expect(replica.state).toMatchObject({ tail, tailRows });
  });

  test("of commits shows them at their places in it, at once", () => {
    const replica = TestReplica.synced();
    const [, second] = replica.group(
      { checks: [], mutations: [set("a", "1")] },
      { checks: [], mutations: [set("b", "2")] },
    );
    expect(replica.view("b").versionstamp).toBe(second?.versionstamp);
    expect(replica.view("a").versionstamp < replica.view("b").versionstamp).toBe(true);
    expect(replica.state.pendingCount).toBe(2);
  });

  test("gives each commit a stamp above all that its writer had seen, however its clock stands", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, stamp: "018bcfe6b0000003-z" as never });
    replica.nowMs = testNowMs - 3_600_000;
    const { name } = replica.commit(set("k", "v"));
    replica.nowMs = testNowMs + 9e9;
    const later = replica.commit(set("k", "w"));
    const stamps = [name, later.name].map((one) => replica.state.getTracked(one)?.commit.stamp ?? "");
    expect(stamps[0] !== undefined && stamps[0] > "018bcfe6b0000003-z").toBe(true);
    expect(msOfStamp(stamps[1] as never)).toBe(testNowMs + 9e9);
  });

  test("of a session moves the clock, and keeps everything else where nothing changed", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 2, entries: [entryOf("k", 1, "v")] });
    replica.welcome({ epoch: "e1", clockMs: testNowMs + 5000 });
    expect(replica.state.session).toMatchObject({
      clockOffsetMs: 5000,
      received: 2,
      revealed: 2,
      fillDue: false,
    });
    replica.welcome({ epoch: "e2", clockMs: testNowMs + 5000 });
    expect(replica.state.session).toMatchObject({ epoch: "e2", received: 2, fillDue: false });
    expect(replica.value("k")).toBe("v");
  });

  test("of a session in a third epoch leaves a reset under way", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 5, entries: [entryOf("k", 5, "lost")] });
    replica.welcome({ epoch: "e2", valid: false });
    replica.welcome({ epoch: "e3" });
    expect(replica.state.session).toMatchObject({ fillDue: true, received: 0, revealed: 0, setAside: null });
    expect(replica.value("k")).toBe("lost");
    replica.refill({ to: 1 });
    expect(replica.value("k")).toBeUndefined();
  });

  test("of a pause stops and resumes syncing", () => {
    const replica = TestReplica.synced();
    replica.append({ type: "pause", paused: true });
    expect(replica.restarted().state.session.paused).toBe(true);
    replica.append({ type: "pause", paused: false });
    expect(replica.restarted().state.session.paused).toBe(false);
  });
});

/** Two commits of one key, one on the other, both rejected for what another device wrote. */
const rejectedReplica = (): TestReplica => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
  const first = replica.commitOn(["k"], set("k", "mine"));
  const second = replica.commitOn(["k"], set("k", "mine again"));
  replica.receive({
    to: 4,
    entries: [entryOf("k", 2, "theirs")],
    results: [replica.result(first.name, 3, checkFailed), replica.result(second.name, 4, checkFailed)],
  });
  return replica;
};

describe("rejected commits", () => {
  test("wait in one group with those that build on them", () => {
    const replica = rejectedReplica();
    expect(rejectedGroups(replica.state).map(({ id, commits }) => [id, commits.length])).toEqual([
      ["a.1", 2],
    ]);
    expect(replica.state.pendingCount).toBe(0);
    expect(replica.value("k")).toBe("theirs");
  });

  test("are tried again under derived names, on what is in view now and on each other", () => {
    const replica = rejectedReplica();
    const [group] = rejectedGroups(replica.state);
    if (group === undefined) throw new Error("nothing was rejected");
    const row = decideRetry(replica.state, replica.pages, group, { readingMs: replica.nowMs });
    expect(replica.append(row).changed).toEqual([key("k")]);
    const retries = [...replica.state.unruled.values()].map(({ commit }) => commit);
    expect(retries.map(({ name, tag }) => [nameKey(name), tag])).toEqual([
      ["a:1.1", "tag-1"],
      ["a:2.1", "tag-2"],
    ]);
    expect(retries.map(({ checks }) => checks[0]?.premise)).toMatchObject([
      { type: "revision", epoch: "e1", revision: 2 },
      { type: "written", by: { host: "a:1", n: 1 } },
    ]);
    expect(replica.value("k")).toBe("mine again");
    expect(rejectedGroups(replica.state)).toEqual([]);
  });

  test("are forgotten when they are discarded", () => {
    const replica = rejectedReplica();
    const [group] = rejectedGroups(replica.state);
    if (group !== undefined) replica.append(decideDiscard(group.commits));
    expect(replica.state.rejectedCount).toBe(0);
    expect(replica.stateOf({ host: "a", n: 1 })).toBeUndefined();
  });
});

test("a host that folds the same rows from the start is in the same state", () => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("n", 1, number(1n)), entryOf("k", 1, "old")] });
  const first = replica.commit(sum("n", 1n), set("k", "mine"));
  replica.commitOn(["k"], set("k", "again"));
  replica.receive({ to: 2, head: 4, upToDate: false, entries: [entryOf("n", 2, number(7n))] });
  replica.receive({
    to: 4,
    entries: [entryOf("k", 4, "theirs")],
    results: [replica.result(first.name, 3, [{ mutation: 1, winner: { host: "z", n: 1 } }])],
  });
  const other = replica.restarted();
  expect(["n", "k"].map((name) => other.view(name))).toEqual(["n", "k"].map((name) => replica.view(name)));
  expect([...other.state.tracked]).toEqual([...replica.state.tracked]);
  expect(other.state.session).toEqual(replica.state.session);
  expect(other.state.stamp).toBe(replica.state.stamp);
});
