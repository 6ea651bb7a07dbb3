/**
 * What a patch does to what readers see, to pending commits and to the checks that are made on them.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { type CommitResult, type Premise, wholeBucket } from "@rockpool/model";
import { decideDoomed, decideLateResults, decidePatch, type ReceivedRulings } from "./receive.ts";
import { entryOf, key, number, remove, set, sum, testNowMs, text } from "./commit-fixture.ts";
import { lossesOf } from "./losses.ts";
import { Pages } from "./page-index.ts";
import { TestReplica } from "./replica-fixture.ts";

let replica: TestReplica;

beforeEach(() => {
  replica = TestReplica.synced();
});

/** The relay's answer to a push, in the epoch of these tests. */
const answerOf = (...results: readonly CommitResult[]): ReceivedRulings => ({ epoch: "e1", results });

const premisesOf = (n: number): readonly Premise[] =>
  replica.state.getTracked({ host: "a", n })?.commit.checks.map(({ premise }) => premise) ?? [];

describe("a patch that follows", () => {
  test("shows its entries at the versionstamp of its row, and tells of their keys", () => {
    const { changed } = replica.receive({ to: 1, entries: [entryOf("k", 1, "theirs")] });
    expect(replica.value("k")).toBe("theirs");
    expect(replica.view("k")).toMatchObject({ revision: 1, versionstamp: "00000000000000030000" });
    expect(changed).toEqual([key("k")]);
  });

  test("is dropped when it is late, asked for again when it leaves a gap, or is of another epoch", () => {
    replica.receive({ to: 5, entries: [entryOf("k", 5, "five")] });
    expect(replica.decide({ from: 2, to: 4 })).toEqual({ type: "stale" });
    expect(replica.decide({ from: 6, to: 7 })).toEqual({ type: "gap" });
    replica.welcome({ epoch: "e2" });
    const patch = { ...replica.patch({ to: 6 }), from: 5 };
    const late = { epoch: "e1", scope: wholeBucket, subject: null, patch };
    expect(decidePatch(replica.state, replica.pages, late, testNowMs)).toEqual({ type: "gap" });
  });

  test("is dropped when it was for another subject than whose the replica is by then", () => {
    const theirs = { to: 1, entries: [entryOf("k", 1, "eve's")] };
    expect(replica.decide(theirs, "eve")).toMatchObject({ type: "row" });
    replica.welcome({ epoch: "e1", subject: "ada" });
    expect(replica.decide(theirs, "eve")).toEqual({ type: "stale" });
    expect(replica.decide(theirs, "ada")).toMatchObject({ type: "row" });
  });

  test("of another scope than the replica's is asked for again", () => {
    const patch = replica.patch({ to: 6, entries: [entryOf("k", 5, "five")] });
    const other = { epoch: "e1", subject: null, scope: [key("k")], patch };
    expect(decidePatch(replica.state, replica.pages, other, testNowMs)).toEqual({ type: "gap" });
  });

  test("is no row when it brings nothing, unless it reveals what was set aside", () => {
    replica.receive({ to: 1 });
    expect(replica.decide({ to: 1 })).toEqual({ type: "stale" });
    replica.receive({ to: 3, head: 3, upToDate: false });
    expect(replica.decide({ to: 3 })).toMatchObject({ type: "row" });
  });

  test("confirms what was visible without a change of versionstamp", () => {
    const { name, versionstamp } = replica.commit(set("k", "mine"));
    const { changed, settledKeys } = replica.receive({
      to: 1,
      entries: [entryOf("k", 1, "mine")],
      results: [replica.result(name, 1)],
    });
    expect(replica.view("k")).toMatchObject({ versionstamp, revision: 1, lastWriter: undefined });
    expect(changed).toEqual([]);
    expect(settledKeys).toEqual([key("k")]);
  });

  test("gives an old value that a rejection brings back the versionstamp of its row", () => {
    replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
    const before = replica.view("k").versionstamp;
    const { name, versionstamp } = replica.commit(set("k", "mine"));
    const { changed, settledKeys } = replica.receive({
      to: 2,
      results: [replica.result(name, 2, { type: "permission", message: "no" })],
    });
    expect(replica.value("k")).toBe("old");
    expect(replica.view("k").versionstamp > versionstamp).toBe(true);
    expect(replica.view("k").versionstamp).not.toBe(before);
    expect([changed, settledKeys]).toEqual([[key("k")], []]);
    expect(replica.stateOf(name)).toBe("rejected");
  });

  test("leaves a pending sum on top of what it brings, and counts a confirmed one once", () => {
    replica.receive({ to: 1, entries: [entryOf("n", 1, number(10n))] });
    const { name } = replica.commit(sum("n", 5n));
    replica.receive({ to: 2, entries: [entryOf("n", 2, number(20n))] });
    expect(replica.value("n")).toBe(25n);
    replica.receive({ to: 3, entries: [entryOf("n", 3, number(25n))], results: [replica.result(name, 3)] });
    expect(replica.value("n")).toBe(25n);
    expect(replica.state.pendingCount).toBe(0);
  });

  test("takes a commit out of pending only by a result with the commit's own tag", () => {
    const { name } = replica.commit(set("k", "mine"));
    replica.receive({ to: 1, results: [{ ...replica.result(name, 1), tag: "another" }] });
    expect(replica.stateOf(name)).toBe("pending");
  });

  test("shows what a blind write lost to, and says which of its mutations lost", () => {
    const { name } = replica.commit(set("k", "mine"), set("own", "kept"));
    const winner = { host: "z", n: 1 };
    const { ruled } = replica.receive({
      to: 2,
      entries: [entryOf("k", 1, "theirs"), entryOf("own", 2, "kept")],
      results: [replica.result(name, 2, [{ mutation: 0, winner }])],
    });
    expect(ruled.flatMap(lossesOf).map(({ mutation }) => mutation.key)).toEqual([key("k")]);
    expect([replica.value("k"), replica.value("own")]).toEqual(["theirs", "kept"]);
  });
});

describe("a catch-up in parts", () => {
  test("shows nothing, and rules on nothing, until the part that is up to date; then all at once", () => {
    const { name } = replica.commit(set("mine", "1"));
    replica.receive({
      to: 3,
      head: 5,
      upToDate: false,
      entries: [entryOf("a", 2, "part"), entryOf("mine", 3, "1")],
      results: [replica.result(name, 3)],
    });
    expect(replica.value("a")).toBeUndefined();
    expect(replica.stateOf(name)).toBe("pending");
    expect(replica.state.session).toMatchObject({ received: 3, revealed: 0 });
    const { changed } = replica.receive({ to: 5, entries: [entryOf("b", 5, "rest")] });
    expect([replica.value("a"), replica.value("b")]).toEqual(["part", "rest"]);
    expect(replica.stateOf(name)).toBe("confirmed");
    expect(changed).toEqual([key("a"), key("b")]);
  });

  test("is not revealed by a patch that was read at an earlier head than one of its parts", () => {
    replica.receive({ to: 2, head: 4, upToDate: false, entries: [entryOf("a", 2, "torn")] });
    replica.receive({ to: 3, head: 9, upToDate: false });
    replica.receive({ to: 5, head: 5, upToDate: true });
    expect(replica.value("a")).toBeUndefined();
    replica.receive({ to: 9 });
    expect(replica.value("a")).toBe("torn");
  });

  test("is dropped by a new epoch, and begins again from what is shown", () => {
    replica.receive({ to: 1, entries: [entryOf("a", 1, "shown")] });
    replica.receive({ to: 3, head: 9, upToDate: false, entries: [entryOf("a", 3, "set aside")] });
    replica.welcome({ epoch: "e2" });
    expect(replica.state.session).toMatchObject({ received: 1, revealed: 1, setAside: null });
    replica.receive({ to: 2 });
    expect(replica.value("a")).toBe("shown");
  });

  test("takes late results in without showing them early", () => {
    const { name } = replica.commit(set("k", "mine"));
    replica.receive({ to: 3, head: 9, upToDate: false });
    const row = decideLateResults(replica.state, replica.pages, answerOf(replica.result(name, 2)), testNowMs);
    if (row !== undefined) replica.append(row);
    expect(replica.stateOf(name)).toBe("pending");
    replica.receive({ to: 9 });
    expect(replica.stateOf(name)).toBe("confirmed");
  });
});

describe("a reset", () => {
  beforeEach(() => {
    replica.receive({ to: 7, entries: [entryOf("kept", 1, "v"), entryOf("gone", 7, "lost")] });
    replica.welcome({ epoch: "e2", valid: false });
  });

  test("keeps what was confirmed in view until a fill replaces it in one step", () => {
    expect(replica.value("gone")).toBe("lost");
    expect(replica.decide({ to: 9 })).toEqual({ type: "stale" });
    const { replaced } = replica.refill({ to: 6, entries: [entryOf("kept", 1, "v")] });
    expect([replica.value("kept"), replica.value("gone")]).toEqual(["v", undefined]);
    expect(replaced).toBe(true);
  });

  test("leaves pending commits in view and to be ruled", () => {
    const { name } = replica.commit(set("mine", "1"));
    replica.refill({ to: 6, entries: [entryOf("kept", 1, "v")] });
    expect(replica.value("mine")).toBe("1");
    expect(replica.stateOf(name)).toBe("pending");
  });

  test("gives checks made before it ends a premise of the history they saw, not of the new one", () => {
    replica.commitOn(["gone"], set("gone", "mine"));
    expect(premisesOf(1)).toEqual([{ type: "revision", epoch: "e1", revision: 7 }]);
  });

  test("gives checks made after it ends a premise of the new history", () => {
    replica.refill({ to: 6, entries: [entryOf("kept", 1, "v")] });
    replica.commitOn(["kept"], set("kept", "mine"));
    expect(premisesOf(1)).toEqual([{ type: "revision", epoch: "e2", revision: 1 }]);
  });
});

describe("pending checked commits", () => {
  beforeEach(() => {
    replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
  });

  test("are hidden with those that build on them once they can no longer hold, and still to be ruled", () => {
    const first = replica.commitOn(["k"], set("k", "mine"));
    const second = replica.commitOn(["k"], set("k", "mine again"));
    const blind = replica.commit(set("other", "blind"));
    replica.receive({ to: 2, entries: [entryOf("k", 2, "theirs")] });
    expect([first, second, blind].map(({ name }) => replica.stateOf(name))).toEqual([
      "hidden",
      "hidden",
      "pending",
    ]);
    expect(replica.value("k")).toBe("theirs");
    expect(replica.state.unruled.size).toBe(3);
  });

  test("come into view when they are accepted after all", () => {
    const { name } = replica.commitOn(["k"], set("k", "mine"));
    replica.receive({ to: 2, entries: [entryOf("k", 2, "theirs")] });
    const { changed } = replica.receive({
      to: 3,
      entries: [entryOf("k", 3, "mine")],
      results: [replica.result(name, 3)],
    });
    expect(replica.value("k")).toBe("mine");
    expect(changed).toEqual([key("k")]);
    expect(replica.stateOf(name)).toBe("confirmed");
  });

  test("that build on one of ours hold when it is accepted with the value they saw", () => {
    const first = replica.commit(set("k", "one"));
    const second = replica.commitOn(["k"], set("k", "two"));
    replica.receive({
      to: 2,
      entries: [entryOf("k", 2, "one")],
      results: [replica.result(first.name, 2)],
    });
    expect(replica.stateOf(second.name)).toBe("pending");
    expect(replica.value("k")).toBe("two");
  });

  test("that build on a sum fall when it came to another value than they saw", () => {
    replica.receive({ to: 2, entries: [entryOf("n", 2, number(10n))] });
    const first = replica.commit(sum("n", 5n));
    const second = replica.commitOn(["n"], set("seen", "15"));
    replica.receive({
      to: 4,
      entries: [entryOf("n", 4, number(25n))],
      results: [replica.result(first.name, 4)],
    });
    expect(replica.stateOf(second.name)).toBe("hidden");
  });

  test("that ask for the absence one of ours makes may still hold, whatever came under it", () => {
    const deletion = replica.commit(remove("k"));
    const creation = replica.commitOn(["k"], set("k", "anew"));
    replica.receive({ to: 2, entries: [entryOf("k", 2, "theirs")] });
    expect([deletion, creation].map(({ name }) => replica.stateOf(name))).toEqual(["pending", "pending"]);
    expect(replica.value("k")).toBe("anew");
  });

  test("that ask for absence may still hold on an entry that has ended", () => {
    const { name } = replica.commitOn(["new"], set("new", "mine"));
    replica.receive({ to: 2, entries: [entryOf("new", 2, "theirs", testNowMs)] });
    expect(replica.stateOf(name)).toBe("pending");
  });

  test("that ask for absence cannot hold on an entry that stays", () => {
    const { name } = replica.commitOn(["new"], set("new", "mine"));
    replica.receive({ to: 2, entries: [entryOf("new", 2, text("theirs"))] });
    expect(replica.stateOf(name)).toBe("hidden");
  });

  test("on an entry that a reset takes away cannot hold", () => {
    const { name } = replica.commitOn(["k"], set("k", "mine"));
    replica.welcome({ epoch: "e2", valid: false });
    replica.refill({ to: 1 });
    expect(replica.stateOf(name)).toBe("hidden");
  });
});

describe("results of commits whose revisions have passed", () => {
  test("take them out of pending by a patch that goes nowhere", () => {
    const { name } = replica.commit(set("k", "mine"));
    replica.receive({ to: 4 });
    const row = decideLateResults(replica.state, replica.pages, answerOf(replica.result(name, 3)), testNowMs);
    expect(row?.patch).toMatchObject({ from: 4, to: 4, upToDate: true });
    if (row !== undefined) replica.append(row);
    expect(replica.stateOf(name)).toBe("confirmed");
  });

  test("wait while the cursor has not reached them", () => {
    const { name } = replica.commit(set("k", "mine"));
    expect(
      decideLateResults(replica.state, replica.pages, answerOf(replica.result(name, 3)), testNowMs),
    ).toBeUndefined();
  });
});

test("checks are held against what stands after a fill, and no more once a patch came: no page is read for it", () => {
  const entries = [entryOf("k", 1, "old")];
  replica.receive({ to: 1, entries });
  replica.commitOn(["k"], set("n", "mine"));
  replica.checkpoint();
  const pagesRead = (): number | undefined => {
    const pages = new Pages(replica.pages.index);
    decideDoomed(replica.state, pages, testNowMs);
    return pages.takeLacking()?.pages.length;
  };
  expect(pagesRead()).toBeUndefined();
  replica.refill({ to: 1, entries });
  expect(pagesRead()).toBe(1);
  replica.receive({ to: 2, entries: [entryOf("other", 2, "new")] });
  expect(pagesRead()).toBeUndefined();
});
