/**
 * A checkpoint moves rows into pages, and nobody can tell by what they read.
 */
import { describe, expect, test } from "vitest";
import { type CommitName, inRange, resultMs, wholeRange } from "@rockpool/model";
import { entryOf, key, number, remove, set, sum, text } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";

const keysOfPages = (replica: TestReplica): readonly string[] =>
  replica.storedPages.flatMap(({ entries }) => entries.map((entry) => entry.key));

describe("pages", () => {
  test("hold every key once, each in the page whose range it lies in, sorted, from the very first key", () => {
    const replica = new TestReplica();
    for (const name of ["m", "c", "x", "a", "q", "e", "z", "b", "k"]) replica.commit(set(name, name));
    replica.checkpoint();
    replica.commit(set("a0", "new"), set("zz", "new"), remove("m"));
    replica.checkpoint();
    const firsts = replica.storedPages.map(({ first }) => first);
    expect(firsts[0]).toBe("");
    expect(firsts).toEqual(firsts.toSorted());
    const keys = keysOfPages(replica);
    expect(keys).toEqual([...new Set(keys)].toSorted());
    for (const [index, { first, entries }] of replica.storedPages.entries()) {
      const range = { ...wholeRange, start: first, end: firsts[index + 1] ?? wholeRange.end };
      expect(entries.every((entry) => inRange(range, entry.key))).toBe(true);
      expect(replica.storedPages[index]?.latest).toBe(
        entries
          .map(({ versionstamp }) => versionstamp)
          .toSorted()
          .at(-1),
      );
    }
  });

  test("keep a deletion for its versionstamp, and take the place of rows", () => {
    const replica = new TestReplica();
    replica.commit(set("k", "v"));
    const { versionstamp } = replica.commit(remove("k"));
    expect(replica.checkpoint()).toBe(true);
    expect(replica.rows.map(({ type }) => type)).toEqual(["checkpoint"]);
    expect(replica.view("k")).toMatchObject({ value: undefined, versionstamp });
    expect(replica.checkpoint()).toBe(false);
  });

  test("of a fill cover all keys, and keep the versionstamp of its row", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 9, entries: Array.from({ length: 9 }, (_, n) => entryOf(`k${n}`, n + 1, "v")) });
    replica.checkpoint();
    replica.welcome({ epoch: "e2", valid: false });
    replica.refill({ to: 1, entries: [entryOf("k3", 1, "anew")] });
    replica.receive({ to: 2, entries: [entryOf("k7", 2, "later")] });
    const before = ["k1", "k3"].map((name) => replica.view(name));
    replica.checkpoint();
    expect(["k1", "k3"].map((name) => replica.view(name))).toEqual(before);
    const { generation } = replica.state;
    const inForce = replica.storedPages.filter((page) => page.generation === generation);
    expect(inForce[0]?.first).toBe("");
    expect(inForce.flatMap(({ entries }) => entries)).toHaveLength(2);
  });
});

describe("a plan", () => {
  test("ends before parts that are set aside, and has no row when they are the first", () => {
    const replica = TestReplica.synced();
    replica.commit(set("mine", "1"));
    replica.receive({ to: 2, head: 5, upToDate: false, entries: [entryOf("k", 2, "part")] });
    replica.commit(set("mine", "2"));
    expect(replica.checkpoint()).toBe(true);
    expect(replica.rows.map(({ type }) => type)).toEqual(["patch", "commit", "checkpoint"]);
    expect(replica.state.session).toMatchObject({ received: 2, revealed: 0 });
    expect(replica.checkpoint()).toBe(false);
    replica.receive({ to: 5 });
    expect(replica.value("k")).toBe("part");
    expect(replica.checkpoint()).toBe(true);
  });

  test("passes over a reset, which stays under way", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 5, entries: [entryOf("k", 5, "lost")] });
    replica.welcome({ epoch: "e2", valid: false });
    replica.commit(set("mine", "1"));
    expect(replica.checkpoint()).toBe(true);
    expect(replica.state.session).toMatchObject({ epoch: "e2", fillDue: true, confirmedEpoch: "e1" });
    expect([replica.value("k"), replica.value("mine")]).toEqual(["lost", "1"]);
    replica.refill({ to: 0 });
    replica.checkpoint();
    expect(replica.state.session).toMatchObject({ epoch: "e2", fillDue: false, confirmedEpoch: "e2" });
    expect([replica.value("k"), replica.value("mine")]).toEqual([undefined, "1"]);
  });

  test("carries the session as of its last row, not as of the tail", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 3, entries: [entryOf("a", 3, "v")] });
    replica.receive({ to: 7, entries: [entryOf("b", 7, "v")] });
    replica.checkpoint({ rowsMax: 3 });
    const { state } = replica.restarted();
    expect(state.session.revealed).toBe(7);
    expect(keysOfPages(replica)).toEqual([key("a")]);
  });

  test("writes about as many pages as it may, also when there were none before", () => {
    const replica = new TestReplica();
    for (let row = 0; row < 50; row++) {
      replica.commit(...Array.from({ length: 8 }, (_, n) => set(`k${row}-${n}`, "v")));
    }
    replica.checkpoint({ pagesMax: 10, pageEntries: 4 });
    expect(replica.storedPages.length).toBeGreaterThan(5);
    expect(replica.storedPages.length).toBeLessThan(15);
  });

  test.each(["expired", "forgotten"] as const)("counts the pages of what a sweep has %s", (what) => {
    const replica = new TestReplica();
    const names = Array.from({ length: 40 }, (_, n) => `k${10 + n}`);
    replica.commit(...names.map((name) => (what === "expired" ? set(name, "v") : remove(name))));
    replica.checkpoint({ pageEntries: 1 });
    for (const name of names) {
      const swept = { expired: [], forgotten: [], [what]: [key(name)] };
      const forgottenUpTo = replica.view(name).versionstamp;
      replica.append({ type: "expire", ...swept, forgottenUpTo, readingMs: replica.nowMs });
    }
    replica.checkpoint({ pagesMax: 10, pageEntries: 1 });
    const left = replica.rows.filter(({ type }) => type === "expire").length;
    expect(left).toBeGreaterThan(25);
    expect(left).toBeLessThan(40);
  });

  test("moves a row that alone is larger than the limits, also behind the marks of earlier checkpoints", () => {
    const replica = new TestReplica();
    const many = Array.from({ length: 40 }, (_, n) => set(`k${n}`, "v"));
    for (let times = 0; times < 3; times++) {
      replica.commit(...many);
      expect(replica.checkpoint({ pagesMax: 4, pageEntries: 4 })).toBe(true);
      expect(replica.rows.map(({ type }) => type)).not.toContain("commit");
    }
  });

  test("moves a catch-up that alone is larger than the limits", () => {
    const replica = TestReplica.synced();
    replica.checkpoint();
    for (let part = 1; part <= 9; part++) {
      const entries = Array.from({ length: 8 }, (_, n) => entryOf(`k${part}-${n}`, part, "v"));
      replica.receive({ to: part, head: 9, upToDate: part === 9, entries });
    }
    expect(replica.checkpoint({ pagesMax: 4, pageEntries: 4 })).toBe(true);
    expect(replica.rows.map(({ type }) => type)).not.toContain("patch");
  });

  test("counts large values by their bytes", () => {
    const replica = new TestReplica();
    for (let row = 0; row < 50; row++) replica.commit(set(`k${row}`, text("x".repeat(1000))));
    replica.checkpoint({ pagesMax: 10, pageEntries: 64, pageBytes: 2000 });
    expect(replica.storedPages.length).toBeLessThan(25);
  });

  test("takes one row however large it is", () => {
    const replica = new TestReplica();
    replica.commit(...Array.from({ length: 100 }, (_, n) => set(`k${n}`, "v")));
    replica.commit(set("next", "v"));
    replica.checkpoint({ pagesMax: 2, pageEntries: 4 });
    expect(replica.rows.map(({ type }) => type)).toEqual(["commit", "checkpoint"]);
  });
});

describe("commits that still matter", () => {
  test("move from their rows with state, stamp, premises and versionstamp", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
    const rejected = replica.commitOn(["k"], set("k", "mine"));
    const pending = replica.commitOn(["k"], set("k", "again"));
    replica.commit(set("other", "1"));
    replica.receive({
      to: 2,
      results: [replica.result(rejected.name, 2, { type: "check", checks: [0] })],
    });
    const before = [...replica.state.tracked];
    replica.checkpoint();
    expect([...replica.state.tracked]).toEqual(before);
    expect(replica.stateOf(pending.name)).toBe("hidden");
    expect(replica.state.pendingCount).toBe(2);
  });

  test("are written once: a record that did not change stays, one that matters no more goes", () => {
    const replica = TestReplica.synced();
    const first = replica.commit(set("a", "1"));
    replica.commit(set("b", "2"));
    replica.checkpoint();
    const kept = replica.pendingRecords[1];
    replica.receive({ to: 1, entries: [entryOf("a", 1, "1")], results: [replica.result(first.name, 1)] });
    replica.nowMs += resultMs + 1;
    replica.checkpoint();
    expect(replica.pendingRecords).toHaveLength(1);
    expect(replica.pendingRecords[0]).toEqual(kept);
  });

  test("are, of the confirmed, the last four megabytes with their mutations", () => {
    const replica = TestReplica.synced();
    const names = replica
      .group(
        ...Array.from({ length: 12 }, (_, n) => ({ checks: [], mutations: [set(`k${n}`, halfMegabyte)] })),
      )
      .map(({ outcome }, n): CommitName => ({ host: "a", n: outcome.type === "committed" ? n + 1 : 0 }));
    replica.receive({ to: 12, results: names.map((name, n) => replica.result(name, n + 1)) });
    replica.checkpoint();
    expect([...replica.state.tracked.keys()]).toEqual([6, 7, 8, 9, 10, 11, 12].map((n) => `a.${n}`));
    expect(replica.state.getTracked({ host: "a", n: 12 })?.commit.mutations).toHaveLength(1);
  });
});

/** Draws below a bound that depend on the seed alone. */
const drawsOf = (seed: number): ((bound: number) => number) => {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
};

const halfMegabyte = "x".repeat(512 * 1024);
const names = ["a", "b", "c", "d", "e"];

/** One step of two replicas that get the same rows: a commit, or a patch that rules on some of those pending. */
const stepBoth = (
  replicas: readonly TestReplica[],
  draw: (bound: number) => number,
  revision: number,
): void => {
  const kind = draw(6);
  const name = names[draw(names.length)] ?? "a";
  const other = names[draw(names.length)] ?? "b";
  const value = draw(3);
  const rules = draw(4);
  const ruling = Array.from({ length: rules }, () => draw(5));
  const isRevealing = draw(3) > 0;
  for (const replica of replicas) {
    if (kind === 0) replica.commit(set(name, number(BigInt(value))), remove(other));
    else if (kind === 1) replica.commit(sum(name, 1n));
    else if (kind === 2) replica.commitOn([name], set(name, number(7n)), sum(other, 2n));
    else {
      const ruled = [...replica.state.unruled.values()].slice(0, rules);
      const results = ruled.map(({ commit }, index) => {
        const at = revision - rules + index;
        if (ruling[index] === 0) return replica.result(commit.name, at, { type: "too-old" });
        const lost = ruling[index] === 1 ? [{ mutation: 0, winner: { host: "z", n: 1 } }] : [];
        return replica.result(commit.name, at, lost);
      });
      const entries = [
        entryOf(name, revision, number(BigInt(value))),
        ...results.flatMap(({ revision: at, ruling: { type } }, index) => {
          const mutated = ruled[index]?.commit.mutations.at(-1)?.key;
          return type === "accepted" && mutated !== undefined && mutated !== key(name)
            ? [{ key: mutated, revision: at, value: number(BigInt(value)) }]
            : [];
        }),
      ];
      replica.receive({ to: revision, upToDate: isRevealing, entries, results });
    }
  }
};

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  "a host that starts from checkpoints and one that folds every row read the same (seed %i)",
  (seed) => {
    const draw = drawsOf(seed);
    const [folding, moving] = [TestReplica.synced(), TestReplica.synced()];
    for (let step = 1; step <= 60; step++) {
      stepBoth([folding, moving], draw, step * 10);
      // The mark a checkpoint leaves takes a position, which the other's versionstamps must step over as well.
      if (draw(4) === 0 && moving.checkpoint({ pageEntries: 2, rowsMax: 1 + draw(9) })) {
        folding.append({ type: "checkpoint" });
      }
      expect(names.map((name) => moving.view(name))).toEqual(names.map((name) => folding.view(name)));
      expect(moving.rows.at(-1)?.type === "patch" ? moving.rows.at(-1) : undefined).toEqual(
        moving.rows.at(-1)?.type === "patch" ? folding.rows.at(-1) : undefined,
      );
      expect([...moving.state.tracked]).toEqual([...folding.state.tracked]);
      expect(moving.state.session).toEqual(folding.state.session);
      expect(moving.state.stamp).toBe(folding.state.stamp);
      expect(moving.state.relayStamp).toBe(folding.state.relayStamp);
    }
  },
);
