/**
 * Documents in a replica: what is shown of them while merges wait, what
 * the relay's entries join, and what rows say that they grew by.
 */
import { documentBytesMax, type DocumentValue, type PackedKey, valueBytesMax } from "@rockpool/model";
import type { PlacedRow } from "@rockpool/log";
import { describe, expect, test } from "vitest";
import { documentOf, entryOf, growthOf, key, merge, readable, remove, set } from "./commit-fixture.ts";
import type { CommitRequest } from "./evaluate.ts";
import { foldRow } from "./fold.ts";
import { type TestCommit, TestReplica } from "./replica-fixture.ts";
import type { RowEffect } from "./row-effect.ts";

const shown = (replica: TestReplica, name = "d"): unknown => readable(replica.view(name).value);

const merged = ({ merged: grown = new Map<PackedKey, DocumentValue>() }: RowEffect): unknown =>
  Object.fromEntries([...grown].map(([of, value]) => [of === key("d") ? "d" : of, readable(value)]));

/** What folding the row that `act` appends comes to, as another host sees it. */
const effectOf = (replica: TestReplica, act: () => void): RowEffect => {
  const { state } = replica.restarted();
  act();
  return foldRow(state, replica.rows.at(-1) as PlacedRow);
};

/** A merge as an app asks for it. */
const asked = (update: string, incarnation?: number | null): CommitRequest => ({
  checks: [],
  mutations: [
    {
      type: "merge",
      key: key("d"),
      update: new TextEncoder().encode(update),
      ...(incarnation === undefined ? {} : { incarnation }),
    },
  ],
});

describe("a document in a bucket with a relay", () => {
  test("is made by a merge, and grows by those that wait", () => {
    const replica = TestReplica.synced();
    replica.commit(merge("d", "a"), merge("d", "b"));
    expect(shown(replica)).toEqual([null, "a", "b"]);
    replica.commit(merge("d", "c"));
    expect(shown(replica)).toEqual([null, "a", "b", "c"]);
    expect(shown(replica.restarted())).toEqual([null, "a", "b", "c"]);
  });

  test("keeps its view and its versionstamp while what waits is confirmed", () => {
    const replica = TestReplica.synced();
    const { name } = replica.commit(merge("d", "a"));
    const second = replica.commit(merge("d", "b"));
    const effect = replica.receive({
      to: 1,
      entries: [growthOf("d", 1, 0, "a")],
      results: [replica.result(name, 1)],
    });
    // Its incarnation is another.
    expect(effect.changed).toEqual([key("d")]);
    expect(shown(replica)).toEqual([0, "a", "b"]);
    const { versionstamp } = replica.view("d");
    const settled = replica.receive({
      to: 2,
      entries: [growthOf("d", 2, 0, "b")],
      results: [replica.result(second.name, 2)],
    });
    expect(settled.changed).toEqual([]);
    expect(settled.settledKeys).toEqual([key("d")]);
    expect(replica.view("d")).toMatchObject({ versionstamp, revision: 2, lastWriter: undefined });
    expect(shown(replica)).toEqual([0, "a", "b"]);
  });

  test("does not only grow where what waited out of sight is shown again", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    replica.commit(merge("d", "mine"));
    // As after a relay was put back.
    replica.receive({ to: 2, entries: [entryOf("d", 2)] });
    replica.commit(merge("d", "anew"));
    expect(shown(replica)).toEqual([null, "anew"]);
    const effect = replica.receive({ to: 3, entries: [growthOf("d", 3, 0, "b")] });
    expect(shown(replica)).toEqual([0, "b", "mine", "anew"]);
    expect(merged(effect)).toEqual({});
  });

  test("has what others merged before what waits here", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    replica.commit(merge("d", "mine"));
    const effect = replica.receive({ to: 2, entries: [growthOf("d", 2, 0, "theirs")] });
    expect(shown(replica)).toEqual([0, "a", "theirs", "mine"]);
    expect(merged(effect)).toEqual({ d: [0, "theirs"] });
  });

  test("loses what is rejected or superseded, and says so", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    const lost = replica.commit(merge("d", "lost"));
    const late = replica.commit(merge("d", "late"));
    const rejected = replica.receive({
      to: 3,
      entries: [growthOf("d", 2, 0, "theirs")],
      results: [replica.result(lost.name, 3, { type: "missing", mutation: 0 })],
    });
    expect(shown(replica)).toEqual([0, "a", "theirs", "late"]);
    expect(rejected.changed).toEqual([key("d")]);
    expect(merged(rejected)).toEqual({});
    const superseded = replica.receive({
      to: 4,
      entries: [growthOf("d", 4, 0, "more")],
      results: [replica.result(late.name, 4, [{ mutation: 0 }])],
    });
    expect(merged(superseded)).toEqual({});
    expect(shown(replica)).toEqual([0, "a", "theirs", "more"]);
  });

  test("names a key once of which one commit's merges lost", () => {
    const replica = TestReplica.synced();
    const { name } = replica.commit(merge("d", "a"), merge("d", "b"));
    const superseded = [{ mutation: 0 }, { mutation: 1 }];
    replica.receive({ to: 1, results: [replica.result(name, 1, superseded)] });
    expect(replica.state.getTracked(name)?.supersededKeys).toEqual([key("d")]);
  });

  test("takes merges for the document that stands, whatever it is or the one they were made for", () => {
    const replica = TestReplica.synced();
    expect(replica.group(asked("x", 7)).map(({ outcome }) => outcome)).toEqual([
      { type: "replaced", key: key("d") },
    ]);
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(7, "a"))] });
    const outcomes = replica.group(asked("b"), asked("c", null), asked("e", 7), asked("f", 8));
    expect(outcomes.map(({ outcome }) => outcome.type)).toEqual([
      "committed",
      "committed",
      "committed",
      "replaced",
    ]);
    const kept = [...replica.state.unruled.values()].flatMap(({ commit }) => commit.mutations);
    expect(kept.map((one) => one.type === "merge" && one.incarnation)).toEqual([7, 7, 7]);
    expect(shown(replica)).toEqual([7, "a", "b", "c", "e"]);
  });

  test("that is deleted and made anew is another one", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    const gone = replica.commit(remove("d"));
    expect(shown(replica)).toBeUndefined();
    const again = replica.commit(merge("d", "b"));
    expect(shown(replica)).toEqual([null, "b"]);
    const effect = replica.receive({
      to: 3,
      entries: [growthOf("d", 3, 2, "b")],
      results: [replica.result(gone.name, 2), replica.result(again.name, 3)],
    });
    expect(shown(replica)).toEqual([2, "b"]);
    expect(merged(effect)).toEqual({});
  });

  test("no longer shows what was merged into the one before it", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    const { name } = replica.commit(merge("d", "mine"));
    replica.receive({ to: 3, entries: [growthOf("d", 3, 2, "new")] });
    expect(shown(replica)).toEqual([2, "new"]);
    replica.receive({ to: 4, results: [replica.result(name, 4, [{ mutation: 0 }])] });
    expect(shown(replica)).toEqual([2, "new"]);
  });

  test("does not only grow where what waits was merged into another one", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    replica.commit(merge("d", "mine", 0));
    const effect = replica.receive({ to: 3, entries: [growthOf("d", 3, 2, "new")] });
    expect(shown(replica)).toEqual([2, "new"]);
    expect(merged(effect)).toEqual({});
  });

  test("does not only grow where what was confirmed went into the one before it", () => {
    const replica = TestReplica.synced();
    const { name } = replica.commit(merge("d", "mine"));
    const effect = replica.receive({
      to: 3,
      entries: [growthOf("d", 3, 2, "new")],
      results: [replica.result(name, 1)],
    });
    expect(shown(replica)).toEqual([2, "new"]);
    expect(merged(effect)).toEqual({});
  });

  test("refuses merges of what is not here, and does not show those that wait", () => {
    const replica = TestReplica.synced();
    replica.commit(merge("d", "a"));
    replica.append({ type: "follow", followed: [key("e")] });
    const effect = replica.welcome({ epoch: "e1", scope: [key("e")] });
    expect(effect?.changed).toEqual([key("d")]);
    expect(shown(replica)).toBeUndefined();
    expect(replica.commit(merge("d", "b")).outcome).toEqual({ type: "outside", key: key("d") });
  });

  test("meets a value that is none", () => {
    const replica = TestReplica.synced();
    replica.commit(set("d", "text"));
    expect(replica.commit(merge("d", "a")).outcome.type).toBe("type");
    replica.receive({ to: 1, entries: [entryOf("e", 1, "text")] });
    expect(replica.commit(merge("e", "a")).outcome.type).toBe("type");
  });

  test("is bounded in what waits and what is confirmed together", () => {
    const replica = TestReplica.synced();
    const update = "x".repeat(valueBytesMax - 3);
    const fitting = Math.floor(documentBytesMax / valueBytesMax);
    const outcomes = Array.from(
      { length: fitting + 1 },
      () => replica.commit(merge("d", update)).outcome.type,
    );
    expect(outcomes).toEqual([...Array.from({ length: fitting }, () => "committed"), "excess"]);
    expect(replica.commit(merge("e", `${update}xxxx`)).outcome.type).toBe("excess");
  });

  test("is said to grow by what is committed", () => {
    const replica = TestReplica.synced();
    const effect = effectOf(replica, () =>
      replica.group(
        { checks: [], mutations: [merge("d", "a")] },
        { checks: [], mutations: [merge("d", "b"), set("e", "text")] },
        { checks: [], mutations: [merge("f", "c"), remove("f")] },
      ),
    );
    expect(merged(effect)).toEqual({ d: [null, "a", "b"] });
    expect(effect.changed).toEqual([key("d"), key("e"), key("f")]);
  });

  test("asks the relay who merged last, not over what", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    const first = replica.commit(merge("d", "b"));
    replica.commitOn(["d"], set("e", "on it"));
    replica.receive({
      to: 2,
      entries: [growthOf("d", 2, 0, "b")],
      results: [replica.result(first.name, 2)],
    });
    expect(replica.value("e")).toBe("on it");
    const second = replica.group({ ...asked("c"), byRevision: true })[0] as TestCommit;
    const last = [...replica.state.unruled.values()].at(-1);
    expect(last?.commit.checks).toEqual([]);
    replica.commitOn(["d"], set("f", "on it"));
    replica.receive({
      to: 4,
      entries: [growthOf("d", 4, 0, "c", "theirs")],
      results: [replica.result(second.name, 3)],
    });
    // Somebody else's merge stands between.
    expect(replica.value("f")).toBeUndefined();
  });
});

describe("a document in a bucket without a relay", () => {
  test("is told from others by its commit's row, and each commit adds its updates alone", () => {
    const replica = new TestReplica();
    replica.commit(merge("d", "a"), merge("d", "b"));
    const made = replica.state.tail;
    expect(shown(replica)).toEqual([made, "a", "b"]);
    const effect = effectOf(replica, () => replica.commit(merge("d", "c")));
    const row = replica.rows.at(-1);
    expect(row?.type === "commit" && row.commits[0]?.effects).toEqual([
      { key: key("d"), value: documentOf(made, "c"), appends: true },
    ]);
    expect(effect.changed).toEqual([key("d")]);
    expect(merged(effect)).toEqual({ d: [made, "c"] });
    for (const one of [replica, replica.restarted()]) expect(shown(one)).toEqual([made, "a", "b", "c"]);
  });

  test("is whole in each of a group's commits", () => {
    const replica = new TestReplica();
    replica.group(asked("a"), asked("b"), asked("c", 1));
    const made = replica.state.tail;
    expect(shown(replica)).toEqual([made, "a", "b"]);
    replica.group(asked("c"), { checks: [], mutations: [remove("d"), merge("d", "x")] }, asked("y"));
    expect(shown(replica)).toEqual([replica.state.tail, "x", "y"]);
    expect(replica.group(asked("z", made)).map(({ outcome }) => outcome.type)).toEqual(["replaced"]);
    expect(replica.group(asked("z", made + 1)).map(({ outcome }) => outcome.type)).toEqual(["committed"]);
  });

  test("is gone once it is deleted", () => {
    const replica = new TestReplica();
    replica.commit(merge("d", "a"));
    const made = replica.state.tail;
    replica.commit(remove("d"));
    expect(shown(replica)).toBeUndefined();
    expect(replica.group(asked("b", made)).map(({ outcome }) => outcome.type)).toEqual(["replaced"]);
    replica.commit(merge("d", "c"));
    expect(shown(replica)).toEqual([replica.state.tail, "c"]);
  });

  test("does not end when the bucket's other entries do", () => {
    const replica = new TestReplica();
    replica.commit(set("d", "text", replica.nowMs));
    replica.commit(merge("d", "a"));
    expect(replica.view("d").expireAt).toBeUndefined();
    expect(shown(replica)).toEqual([replica.state.tail, "a"]);
  });
});
