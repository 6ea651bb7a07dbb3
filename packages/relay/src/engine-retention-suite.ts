/**
 * For tests: the part of the suite of engines that is about time: what expires, and what is forgotten.
 */
import { createStamp, hostMs, resultMs, retentionMs } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { commitOf, key, number, remove, set, sum, testNowMs, turnOf } from "./commit-fixture.ts";
import {
  accepted,
  entriesOf,
  openBucketOf,
  readAll,
  ruleOn,
  sweepAt,
  type OpenEngine,
} from "./engine-fixture.ts";
import { isValidCursor } from "./epoch-history.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Expiry and retention. */
export const describeRetention = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: expiry`, () => {
    test("an entry whose time has come becomes a tombstone at a new revision, no sooner", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("k", "x", testNowMs + 10), set("j", "x", testNowMs + 11)]));
      expect(await engine.sweep("b", sweepAt(9))).toMatchObject({
        from: 1,
        to: 1,
        changed: [],
        isDone: true,
      });
      const swept = await engine.sweep("b", sweepAt(10));
      expect(swept).toMatchObject({
        from: 1,
        to: 2,
        changed: [{ key: key("k"), revision: 2 }],
        isDone: true,
      });
      expect(swept.changed[0]).not.toHaveProperty("value");
      expect((await readAll(engine, "nobody", 1)).entries).toEqual([{ key: key("k"), revision: 2 }]);
      expect((await engine.openBucket("b")).head).toBe(2);
      expect(await engine.sweep("b", sweepAt(10))).toMatchObject({ from: 2, to: 2 });
    });

    test("what expired is ruled on by the stamps of the entry it was", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("k", "x", testNowMs + 10)], { atMs: 5 }));
      await engine.sweep("b", sweepAt(10));
      const [early] = await ruleOn(engine, commitOf("b", 1, [set("k", "early")], { atMs: 4 }));
      expect(early?.ruling).toMatchObject({ superseded: [{ mutation: 0, winner: { host: "a", n: 1 } }] });
      const [late] = await ruleOn(engine, commitOf("b", 2, [sum("k", 5n)], { atMs: 6 }));
      expect(late).toMatchObject({ revision: 4, ruling: { superseded: [] } });
      expect(await entriesOf(engine)).toEqual([[key("k"), number(5n), 4]]);
    });

    test("goes on in bounded steps until all is done", async () => {
      await using engine = await openBucketOf(open);
      const names = ["a", "b", "c", "d", "e"];
      await ruleOn(
        engine,
        commitOf(
          "a",
          1,
          names.map((each) => set(each, "x", testNowMs)),
        ),
      );
      const steps = [];
      do steps.push(await engine.sweep("b", sweepAt(0, { entriesMax: 2 })));
      while (steps.at(-1)?.isDone === false);
      expect(steps.map(({ changed, to }) => [changed.length, to])).toEqual([
        [2, 2],
        [2, 3],
        [1, 4],
      ]);
    });
  });

  describe(`engine ${name}: retention`, () => {
    test("a tombstone is kept for the retention, then dropped, and the floor says so", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("k", "x"), set("j", "x")]), commitOf("a", 2, [remove("k")]));
      expect(await engine.sweep("b", sweepAt(retentionMs))).toMatchObject({ floor: 0 });
      expect((await readAll(engine)).entries).toHaveLength(2);
      expect(await engine.sweep("b", sweepAt(retentionMs + 1))).toMatchObject({
        floor: 2,
        to: 2,
        changed: [],
      });
      expect((await readAll(engine)).entries.map((entry) => entry.key)).toEqual([key("j")]);
      const state = await engine.openBucket("b");
      expect(state).toMatchObject({ head: 2, floor: 2 });
      expect([0, 1, 2].map((cursor) => isValidCursor(state, state.epoch, cursor))).toEqual([
        true,
        false,
        true,
      ]);
    });

    test("a tombstone whose stamp is old when it is left is kept for those who are away", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [remove("k")], { atMs: -80 * dayMs }));
      expect(await engine.sweep("b", sweepAt(20 * dayMs))).toMatchObject({ floor: 0 });
      expect(await engine.sweep("b", sweepAt(retentionMs + 1))).toMatchObject({ floor: 1 });
    });

    test("a tombstone that a later stamp may yet lose to is kept", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [remove("k")], { atMs: 50_000 }));
      expect(await engine.sweep("b", sweepAt(retentionMs + 40_000))).toMatchObject({ floor: 0 });
      expect(await engine.sweep("b", sweepAt(retentionMs + 50_001))).toMatchObject({ floor: 1 });
    });

    test("what was deleted and forgotten does not come back by an older write", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [remove("k")]));
      await engine.sweep("b", sweepAt(retentionMs + 1));
      const nowMs = testNowMs + retentionMs + 1;
      const turn = { ...turnOf(commitOf("b", 1, [set("k", "old")], { atMs: -1 })), nowMs };
      const { answers } = await engine.rule("b", turn);
      expect(answers[0]?.result.ruling).toEqual({ type: "rejected", reason: { type: "too-old" } });
      expect(await entriesOf(engine)).toEqual([]);
    });

    test("what was deleted and forgotten does not come back though more is kept from then on", async () => {
      await using engine = await openBucketOf(open);
      const oldSet = commitOf("b", 1, [set("k", "old")], { atMs: -dayMs });
      await ruleOn(engine, commitOf("a", 1, [remove("k")]));
      await engine.sweep("b", sweepAt(10 * dayMs, { retentionMs: 5 * dayMs }));
      const nowMs = testNowMs + 10 * dayMs;
      const later = commitOf("b", 2, [set("k", "later")], { atMs: 1 });
      const { answers } = await engine.rule("b", { ...turnOf(oldSet, later), nowMs });
      expect(answers.map(({ result }) => result.ruling)).toEqual([
        { type: "rejected", reason: { type: "too-old" } },
        accepted,
      ]);
    });

    test("a key that is written again is no tombstone any more", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [remove("k")]), commitOf("a", 2, [set("k", "x")]));
      expect(await engine.sweep("b", sweepAt(2 * retentionMs))).toMatchObject({ floor: 0, isDone: true });
      expect(await entriesOf(engine)).toHaveLength(1);
      const page = { scope: [key("k")], after: key("a"), entriesMax: 9, bytesMax: 999 };
      const { entries } = await engine.readPage("b", page);
      expect(entries).toHaveLength(1);
    });

    test("results are forgotten after 30 days, and no name is run again", async () => {
      await using engine = await openBucketOf(open);
      const commits = [commitOf("a", 1, [sum("k", 5n)]), commitOf("a", 2, [sum("k", 5n)])];
      const retry = commitOf("c:7", 1, [sum("k", 1n)], { tag: "c-7" });
      for (const commit of [...commits, retry]) await ruleOn(engine, commit);
      await engine.sweep("b", sweepAt(resultMs));
      expect(await ruleOn(engine, ...commits)).toMatchObject(
        commits.map(() => ({ ruling: { type: "accepted" } })),
      );
      expect(await engine.sweep("b", sweepAt(resultMs + 1))).toMatchObject({ isDone: true });
      const again = await ruleOn(engine, ...commits, retry, commitOf("c", 7, [sum("k", 1n)]));
      expect(again.map(({ ruling, isNew }) => [ruling.type, isNew])).toEqual([
        ["rejected", false],
        ["rejected", false],
        ["rejected", false],
        ["accepted", false],
      ]);
      expect((await readAll(engine, "replica-a")).results).toEqual([]);
      expect(await entriesOf(engine)).toEqual([[key("k"), number(11n), 3]]);
    });

    test("a host is forgotten 400 days after its last commit", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 5, []), commitOf("c:7", 1, [], { tag: "c-7" }));
      await engine.sweep("b", sweepAt(resultMs + 1));
      await engine.sweep("b", sweepAt(hostMs));
      expect(await ruleOn(engine, commitOf("a", 5, []), commitOf("c", 7, []))).toMatchObject([
        { isNew: false },
        { isNew: false },
      ]);
      await engine.sweep("b", sweepAt(hostMs + 1));
      expect(await ruleOn(engine, commitOf("a", 5, []), commitOf("c", 7, []))).toMatchObject([
        { isNew: true },
        { isNew: true },
      ]);
    });

    test("a host is remembered as long as its commits are taken, where deletions are kept for longer than 400 days", async () => {
      await using engine = await openBucketOf(open);
      const commit = commitOf("a", 1, [sum("k", 5n)]);
      const longMs = 2 * hostMs;
      const rule = async (afterMs: number) => {
        const turn = { ...turnOf(commit), nowMs: testNowMs + afterMs, retentionMs: longMs };
        return (await engine.rule("b", turn)).answers[0];
      };
      await rule(0);
      await engine.sweep("b", sweepAt(longMs, { retentionMs: longMs }));
      await engine.sweep("b", sweepAt(longMs, { retentionMs: longMs }));
      expect(await rule(longMs)).toMatchObject({ isNew: false });
      await engine.sweep("b", sweepAt(longMs + hostMs, { retentionMs: longMs }));
      expect(await rule(longMs + hostMs)).toMatchObject({
        result: { ruling: { reason: { type: "too-old" } } },
        isNew: true,
      });
      expect(await entriesOf(engine)).toEqual([[key("k"), number(5n), 1]]);
    });

    test("sweeps one bucket and leaves the others", async () => {
      await using engine = await openBucketOf(open);
      await engine.openBucket("other");
      await engine.rule("other", turnOf(commitOf("a", 1, [set("k", "x", testNowMs)])));
      expect(await engine.sweep("b", sweepAt(1))).toMatchObject({ to: 0 });
      expect(await engine.sweep("other", sweepAt(1))).toMatchObject({ to: 2 });
    });

    test("a stamp given to what expired is the entry's, not the clock's", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("k", "x", testNowMs + dayMs)]));
      const { changed } = await engine.sweep("b", sweepAt(2 * dayMs));
      expect(changed).toMatchObject([
        { stamp: createStamp(testNowMs, 0, "a"), deletedMs: testNowMs + 2 * dayMs },
      ]);
    });
  });
};
