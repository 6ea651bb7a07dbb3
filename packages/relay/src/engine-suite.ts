/**
 * For tests: the suite that every engine passes. It runs an engine through its contract alone; what
 * only one engine can do (a file that is opened again) is tested beside that engine.
 */
import { digestOf, zeroStamp, type PatchEntry, type Value } from "@rockpool/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, commitOf, key, number, remove, set, sum, text, turnOf } from "./commit-fixture.ts";
import { accepted, entriesOf, openBucketOf, readAll, ruleOn, type OpenEngine } from "./engine-fixture.ts";
import { describeCompaction } from "./engine-compaction-suite.ts";
import { describeDocuments } from "./engine-documents-suite.ts";
import { describeNames } from "./engine-names-suite.ts";
import { describePages } from "./engine-pages-suite.ts";
import { describePatches } from "./engine-patches-suite.ts";
import { describeRetention } from "./engine-retention-suite.ts";
import { highestStamp, patchEntryOf } from "./relay-entry.ts";

/** Runs the suite on the engine that `open` makes anew for each test. */
export const describeEngine = (name: string, open: OpenEngine): void => {
  describeBuckets(name, open);
  describeTurns(name, open);
  describeNames(name, open);
  describePatches(name, open);
  describePages(name, open);
  describeRetention(name, open);
  describeDocuments(name, open);
  describeCompaction(name, open);
  describeWhole(name, open);
};

const describeBuckets = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: buckets`, () => {
    test("a new bucket is empty, at revision 0, in its first epoch", async () => {
      await using engine = await open();
      const state = await engine.openBucket("b");
      expect(state).toEqual({
        epoch: expect.any(String),
        epochs: [{ epoch: state.epoch, firstRevision: 1 }],
        head: 0,
        floor: 0,
      });
      expect(await readAll(engine)).toEqual({
        from: 0,
        to: 0,
        head: 0,
        upToDate: true,
        entries: [],
        results: [],
        stamp: zeroStamp,
      });
    });

    test("opened again by the same process it goes on in its epoch", async () => {
      await using engine = await open();
      const { epoch, epochs } = await engine.openBucket("b");
      await ruleOn(engine, commitOf("a", 1, []));
      expect(await engine.openBucket("b")).toEqual({ epoch, epochs, head: 1, floor: 0 });
    });

    test("two buckets share nothing", async () => {
      await using engine = await openBucketOf(open);
      const other = await engine.openBucket("other");
      await ruleOn(engine, commitOf("a", 1, [set("k", "x")]));
      expect((await engine.openBucket("other")).head).toBe(0);
      const [answer] = (await engine.rule("other", turnOf(commitOf("a", 1, [set("k", "y")])))).answers;
      expect(answer?.result.ruling).toEqual(accepted);
      expect(other.epoch).not.toBe((await engine.openBucket("b")).epoch);
      expect(await entriesOf(engine)).toEqual([[key("k"), text("x"), 1]]);
    });

    test("a bucket that was not opened is our own bug", async () => {
      await using engine = await open();
      await expect(engine.rule("b", turnOf())).rejects.toThrow("invariant");
      await expect(readAll(engine)).rejects.toThrow("invariant");
    });

    test("after close every call fails, and closing twice is harmless", async () => {
      const engine = await openBucketOf(open);
      await engine.close();
      await engine.close();
      await expect(engine.openBucket("b")).rejects.toMatchObject({ code: "closed" });
      await expect(engine.rule("b", turnOf())).rejects.toMatchObject({ code: "closed" });
      await expect(readAll(engine)).rejects.toMatchObject({ code: "closed" });
    });
  });
};

const describeTurns = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: turns`, () => {
    test("each commit takes the next revision, rejected ones too", async () => {
      await using engine = await openBucketOf(open);
      const seen = { type: "revision", epoch: "gone", revision: 1 } as const;
      const turn = turnOf(
        commitOf("a", 1, [set("k", "x")]),
        commitOf("a", 2, [set("k", "y")], { checks: [check("k", seen)] }),
        commitOf("b", 1, [set("j", "z")]),
      );
      const ruled = await engine.rule("b", turn);
      expect(ruled.answers.map(({ result }) => [result.revision, result.ruling.type])).toEqual([
        [1, "accepted"],
        [2, "rejected"],
        [3, "accepted"],
      ]);
      expect(ruled).toMatchObject({ from: 0, to: 3 });
      expect((await engine.openBucket("b")).head).toBe(3);
    });

    test("tells what it changed once a key, in the latest version, by revision", async () => {
      await using engine = await openBucketOf(open);
      const late = commitOf("b", 1, [set("k", "second")], { atMs: 5 });
      const ruled = await engine.rule(
        "b",
        turnOf(commitOf("a", 1, [set("k", "first"), set("j", "x")]), late),
      );
      expect(ruled.changed.map(patchEntryOf)).toEqual([
        { key: key("j"), value: text("x"), revision: 1 },
        { key: key("k"), value: text("second"), revision: 2 },
      ]);
      expect(highestStamp(ruled.changed)).toBe(late.stamp);
    });

    test("a commit sees what those before it in the turn left", async () => {
      await using engine = await openBucketOf(open);
      const seen = { type: "written", by: { host: "a", n: 1 }, digest: digestOf(number(1n)) } as const;
      const commits = [
        commitOf("a", 1, [sum("k", 1n)]),
        commitOf("a", 2, [sum("k", 2n)], { checks: [check("k", seen)] }),
      ];
      expect((await ruleOn(engine, ...commits)).map(({ ruling }) => ruling)).toEqual([accepted, accepted]);
      expect(await entriesOf(engine)).toEqual([[key("k"), number(3n), 2]]);
    });

    test("both stamps of a key and their holders outlive the turn", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("b", 1, [set("k", number(1n))], { atMs: 50 }));
      await ruleOn(engine, commitOf("a", 1, [sum("k", 5n)], { atMs: 60 }));
      // Late against b's set, though a holds the latest mutation; b's own sum is not.
      const late = [
        commitOf("a", 2, [sum("k", 7n)], { atMs: 40 }),
        commitOf("b", 2, [sum("k", 9n)], { atMs: 40 }),
      ];
      const superseded = [{ mutation: 0, winner: { host: "a", n: 1 } }];
      expect((await ruleOn(engine, ...late)).map(({ ruling }) => ruling)).toEqual([
        { ...accepted, superseded },
        accepted,
      ]);
      // And a set of b's is late against a's sum.
      expect(await ruleOn(engine, commitOf("b", 3, [set("k", number(2n))], { atMs: 55 }))).toMatchObject([
        { ruling: { superseded: [{ mutation: 0 }] } },
      ]);
    });

    test("an empty turn changes nothing", async () => {
      await using engine = await openBucketOf(open);
      expect(await engine.rule("b", turnOf())).toEqual({
        answers: [],
        from: 0,
        to: 0,
        changed: [],
        updates: [],
      });
    });

    const values: readonly Value[] = [
      text("plain"),
      { encoding: "json", data: '"\u0000 and half a pair \ud83d"' },
      { encoding: "rich", data: "\udc00 first" },
      { encoding: "rich", data: "" },
      { encoding: "bytes", data: Uint8Array.of(0, 255) },
      { encoding: "bytes", data: new Uint8Array() },
      number(2n ** 64n - 1n),
    ];
    test.each(values)("a value of $encoding comes back as it was", async (value) => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("k", value, 1.5)]));
      const { entries } = await readAll(engine);
      expect(entries).toEqual([{ key: key("k"), value, expireAt: 1.5, revision: 1 }]);
      // As it is kept, a check on it by digest holds.
      const seen = { type: "written", by: { host: "a", n: 1 }, digest: digestOf(value) } as const;
      expect(await ruleOn(engine, commitOf("a", 2, [], { checks: [check("k", seen)] }))).toMatchObject([
        { ruling: accepted },
      ]);
    });

    test("keys of every byte are kept apart and come back", async () => {
      await using engine = await openBucketOf(open);
      const names = Array.from({ length: 256 }, (_, code) => String.fromCodePoint(code));
      await ruleOn(
        engine,
        commitOf(
          "a",
          1,
          names.map((each) => set(each, each)),
        ),
      );
      expect((await readAll(engine)).entries.map(({ key: packed, value }) => [packed, value])).toEqual(
        names.map((each) => [key(each), text(each)]),
      );
    });
  });
};

const describeWhole = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: as a whole`, () => {
    test("any turns, read in any parts, give a replica what the accepted commits say", async () => {
      const names = ["x", "y", "z"];
      const mutation = fc.oneof(
        fc.record({
          type: fc.constant("set" as const),
          name: fc.constantFrom(...names),
          operand: fc.bigInt(0n, 9n),
        }),
        fc.record({
          type: fc.constant("sum" as const),
          name: fc.constantFrom(...names),
          operand: fc.bigInt(0n, 9n),
        }),
        fc.record({
          type: fc.constant("remove" as const),
          name: fc.constantFrom(...names),
          operand: fc.constant(0n),
        }),
      );
      const commit = fc.record({
        host: fc.constantFrom("a", "b"),
        mutations: fc.array(mutation, { maxLength: 4 }),
        doubled: fc.boolean(),
      });
      const turns = fc.array(
        fc.record({
          commits: fc.array(commit, { maxLength: 4 }),
          entriesMax: fc.integer({ min: 1, max: 3 }),
          reads: fc.nat(2),
        }),
        { maxLength: 8 },
      );
      await fc.assert(
        fc.asyncProperty(turns, async (turns) => {
          await using engine = await openBucketOf(open);
          const oracle = new Map<string, bigint>();
          const replica = new Map<string, PatchEntry>();
          let cursor = 0;

          const read = async (entriesMax: number): Promise<boolean> => {
            const patch = await engine.readPatch("b", "nobody", cursor, { entriesMax, bytesMax: 1_000_000 });
            for (const entry of patch.entries) replica.set(entry.key, entry);
            cursor = patch.to;
            return patch.upToDate;
          };
          let made = 0;
          for (const { commits, entriesMax, reads } of turns) {
            // Stamps grow, so each commit does what it says in order.
            const pushed = commits.flatMap(({ host, mutations, doubled }) => {
              made++;
              const all = mutations.map(({ type, name: on, operand }) =>
                type === "set" ? set(on, number(operand)) : type === "sum" ? sum(on, operand) : remove(on),
              );
              for (const { type, name: on, operand } of mutations) {
                if (type === "remove") oracle.delete(on);
                else oracle.set(on, operand + (type === "sum" ? (oracle.get(on) ?? 0n) : 0n));
              }
              const one = commitOf(host, made, all, { atMs: made });
              return doubled ? [one, one] : [one];
            });
            await engine.rule("b", turnOf(...pushed));
            for (let index = 0; index < reads; index++) await read(entriesMax);
          }
          while (!(await read(2)));
          const shown = [...replica.values()].flatMap(({ key: packed, value }) =>
            value === undefined ? [] : [[packed, value] as const],
          );
          expect(cursor).toBe(made);
          expect(new Map(shown)).toEqual(new Map([...oracle].map(([on, total]) => [key(on), number(total)])));
        }),
        { numRuns: 60 },
      );
    });
  });
};
