/**
 * For tests: the part of the suite of engines that is about names: every commit is ruled once.
 */
import { type Commit, editedTag } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { check, commitOf, key, number, set, sum, text } from "./commit-fixture.ts";
import {
  accepted,
  entriesOf,
  openBucketOf,
  readAll,
  ruleOn,
  unknown,
  type OpenEngine,
} from "./engine-fixture.ts";

/** A commit's name makes it exactly once. */
export const describeNames = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: names`, () => {
    test("a name that was ruled on is answered with its result and not run again", async () => {
      await using engine = await openBucketOf(open);
      const commit = commitOf("a", 1, [sum("k", 5n)]);
      const [first] = await ruleOn(engine, commit);
      const [again] = await ruleOn(engine, commit);
      expect(again).toEqual({ ...first, isNew: false });
      expect((await engine.openBucket("b")).head).toBe(1);
      expect(await entriesOf(engine)).toEqual([[key("k"), number(5n), 1]]);
    });

    test("a name doubled within one turn is run once", async () => {
      await using engine = await openBucketOf(open);
      const commit = commitOf("a", 1, [sum("k", 5n)]);
      const [first, again] = await ruleOn(engine, commit, commit);
      expect(again).toEqual({ ...first, isNew: false });
      expect(await entriesOf(engine)).toEqual([[key("k"), number(5n), 1]]);
    });

    test("a kept result is whole: what was superseded, what failed, the stamp given", async () => {
      await using engine = await openBucketOf(open);
      const commits = [
        commitOf("b", 1, [set("k", "late")], { atMs: 5 }),
        commitOf("a", 1, [set("k", "early")]),
        commitOf("a", 2, [set("k", "on it")], { checks: [check("k", { type: "absent" })] }),
        commitOf("a", 3, [sum("k", 1n)], { atMs: 6 }),
        commitOf("a", 4, [set("far", "ahead")], { atMs: 999_999_999 }),
      ];
      const first = await ruleOn(engine, ...commits);
      expect(first.map(({ ruling }) => ruling)).toEqual([
        accepted,
        { type: "accepted", superseded: [{ mutation: 0, winner: { host: "b", n: 1 } }] },
        { type: "rejected", reason: { type: "check", checks: [0] } },
        { type: "rejected", reason: { type: "type", mutation: 0 } },
        accepted,
      ]);
      expect(first[4]?.stamp).not.toBe(commits[4]?.stamp);
      expect(await ruleOn(engine, ...commits)).toEqual(first.map((result) => ({ ...result, isNew: false })));
    });

    test("a name that was used for something else is rejected as unknown, at the head, and not kept", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("k", "x")]), commitOf("a", 2, []));
      const [answer] = await ruleOn(engine, commitOf("a", 1, [set("k", "y")], { tag: "another" }));
      expect(answer).toMatchObject({ tag: "another", revision: 2, ruling: unknown, isNew: false });
      expect(await ruleOn(engine, commitOf("a", 1, []))).toMatchObject([{ revision: 1, ruling: accepted }]);
    });

    test("a gap in n is allowed, and what falls into it later is unknown", async () => {
      await using engine = await openBucketOf(open);
      const answers = await ruleOn(
        engine,
        commitOf("a", 5, [set("k", "x")]),
        commitOf("a", 3, [set("k", "y")]),
      );
      expect(answers.map(({ ruling }) => ruling)).toEqual([accepted, unknown]);
      expect(await entriesOf(engine)).toEqual([[key("k"), text("x"), 1]]);
    });

    test("a retry that two copies of a device make is run once", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(
        engine,
        commitOf("a", 3, [set("k", "x")], {
          checks: [check("k", { type: "revision", epoch: "gone", revision: 1 })],
        }),
      );
      const retry = commitOf("a:3", 1, [sum("n", 1n)], { tag: "a-3" });
      expect((await ruleOn(engine, retry, retry)).map(({ isNew }) => isNew)).toEqual([true, false]);
      expect(await entriesOf(engine)).toEqual([[key("n"), number(1n), 2]]);
    });

    test("ruling a retry counts as ruling the name it stands for", async () => {
      await using engine = await openBucketOf(open);
      const first = commitOf("a", 3, [sum("n", 1n)]);
      await ruleOn(engine, commitOf("a", 1, []), commitOf("a:3", 1, [sum("n", 1n)], { tag: first.tag }));
      expect(await ruleOn(engine, first)).toMatchObject([
        { name: first.name, tag: first.tag, revision: 2, ruling: accepted, isNew: false },
      ]);
      expect(await entriesOf(engine)).toEqual([[key("n"), number(1n), 2]]);
    });

    test("a retry of what was accepted is answered with that, and not run again", async () => {
      await using engine = await openBucketOf(open);
      const first = commitOf("a", 3, [sum("n", 1n), set("k", "late")]);
      const retry = (attempt: number, tag = first.tag): Commit => ({
        ...commitOf("a:3", attempt, [sum("n", 1n), set("k", "late")]),
        tag,
      });
      await ruleOn(engine, commitOf("b", 1, [set("k", "later")], { atMs: 5 }));
      const [ruled] = await ruleOn(engine, first);
      for (const { name, tag, mutations } of [retry(1), retry(1), retry(2)]) {
        const again = commitOf(name.host, name.n, mutations, { tag, atMs: 9 });
        expect(await ruleOn(engine, again)).toEqual([{ ...ruled, name, isNew: false }]);
      }
      expect((await readAll(engine)).head).toBe(2);
      // Another commit's tag: the first name was used for something else, and this was never ruled.
      expect(await ruleOn(engine, retry(1, "another"))).toMatchObject([
        { ruling: { type: "accepted" }, isNew: true },
      ]);
      expect(await entriesOf(engine)).toContainEqual([key("n"), number(2n), 3]);
    });

    test("an edited retry of what was accepted is no such retry, and answers for the first name all the same", async () => {
      await using engine = await openBucketOf(open);
      const first = commitOf("a", 3, [set("k", "mine")]);
      const edited = [set("k", "merged")];
      const retry = commitOf("a:3", 1, edited, { tag: editedTag(first.tag, edited), atMs: 9 });
      const elsewhere = await openBucketOf(open);
      await ruleOn(engine, first);
      expect(await ruleOn(engine, retry)).toMatchObject([{ ruling: { type: "accepted" }, isNew: true }]);
      // A copy of the device pushes the first where the edited retry alone was ruled.
      await ruleOn(elsewhere, retry);
      expect(await ruleOn(elsewhere, first)).toMatchObject([
        { name: first.name, tag: first.tag, revision: 1, ruling: { type: "accepted" }, isNew: false },
      ]);
      await elsewhere.close();
    });

    test("a retry whose earlier attempt was accepted is answered with that one, in the same turn too", async () => {
      await using engine = await openBucketOf(open);
      const gone = check("k", { type: "revision", epoch: "gone", revision: 1 });
      const first = commitOf("a", 3, [sum("n", 1n)], { checks: [gone] });
      const [one, two, three] = [1, 2, 3].map((attempt) =>
        commitOf("a:3", attempt, [sum("n", 1n)], {
          tag: first.tag,
          ...(attempt === 1 ? { checks: [gone] } : {}),
        }),
      ) as [Commit, Commit, Commit];
      const answers = await ruleOn(engine, first, one, two, three);
      expect(answers.map(({ ruling, isNew }) => [ruling.type, isNew])).toEqual([
        ["rejected", true],
        ["rejected", true],
        ["accepted", true],
        ["accepted", false],
      ]);
      expect(answers[3]).toEqual({ ...answers[2], name: three.name, isNew: false });
      expect(await ruleOn(engine, three)).toEqual([answers[3]]);
      expect(await entriesOf(engine)).toEqual([[key("n"), number(1n), 3]]);
    });

    test("ruling a retry does not rule the names below the one it stands for", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a:5", 1, [], { tag: "a-5" }));
      expect(await ruleOn(engine, commitOf("a", 1, []), commitOf("a", 2, []))).toMatchObject([
        { ruling: accepted, isNew: true },
        { ruling: accepted, isNew: true },
      ]);
      // Nor does the retry of a lower one hide that of a higher one.
      await ruleOn(engine, commitOf("a:4", 1, [], { tag: "a-4" }));
      expect(await ruleOn(engine, commitOf("a", 4, []), commitOf("a", 5, []))).toMatchObject([
        { isNew: false },
        { isNew: false },
      ]);
    });

    test("a host whose id only looks derived is a host like others", async () => {
      await using engine = await openBucketOf(open);
      const commits = [
        commitOf("a:b", 1, []),
        commitOf("a:", 1, []),
        commitOf(":0", 1, []),
        commitOf(":", 1, []),
      ];
      expect((await ruleOn(engine, ...commits)).map(({ ruling }) => ruling)).toEqual(
        commits.map(() => accepted),
      );
    });

    test("names of several turns and hosts are each answered with their own result", async () => {
      await using engine = await openBucketOf(open);
      const [a1, a2, a5, b1] = [
        commitOf("a", 1, []),
        commitOf("a", 2, []),
        commitOf("a", 5, []),
        commitOf("b", 1, []),
      ] as const;
      await ruleOn(engine, a1, b1, a2);
      await ruleOn(engine, a5);
      const again = await ruleOn(engine, a5, a1, b1, a2, a5, commitOf("a", 4, []));
      expect(again.map(({ name, revision, ruling }) => [name, revision, ruling.type])).toEqual([
        [a5.name, 4, "accepted"],
        [a1.name, 1, "accepted"],
        [b1.name, 2, "accepted"],
        [a2.name, 3, "accepted"],
        [a5.name, 4, "accepted"],
        [{ host: "a", n: 4 }, 4, "rejected"],
      ]);
    });
  });
};
