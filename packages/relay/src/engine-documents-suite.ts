/**
 * For tests: the part of the suite of engines that is about documents: merges ruled, read in parts and in
 * pages, deleted and made again. The updates are real ones of Yjs.
 */
import { createScope, packKey, wholeBucket, type PatchEntry, type Ruling } from "@rockpool/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitOf, key, remove, set, turnOf } from "./commit-fixture.ts";
import { Author, merge, ReplicaView, textOf, typeOn } from "./document-fixture.ts";
import { accepted, openBucketOf, readAll, ruleOn, sweepAt, type OpenEngine } from "./engine-fixture.ts";
import type { Engine } from "./engine.ts";

const size = { entriesMax: 1000, bytesMax: 1_000_000 };
const retention = 90 * 24 * 60 * 60 * 1000;

const documentOf = async (engine: Engine, name: string) => {
  const { entry, updates } = await engine.readEntry("b", key(name));
  return { ...entry, text: textOf(updates.map(({ update }) => update)), rows: updates.length };
};

const pageOf = (engine: Engine) => engine.readPage("b", { scope: wholeBucket, after: packKey([]), ...size });

const shown = (entries: readonly PatchEntry[]) =>
  entries.filter(({ value }) => value !== undefined).map((entry) => [entry.key, entry.revision]);

/** Documents. */
export const describeDocuments = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: documents`, () => {
    test("merges of a commit and of a turn see each other, and are told in order, apart from their document", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      const [one, two, three] = [ann.update("h"), ann.update("i"), ann.update("!")];
      const turn = turnOf(ann.commit([merge("k", one)]), ann.commit([merge("k", two), merge("k", three)]));
      const ruled = await engine.rule("b", turn);
      expect(ruled.answers.map(({ result }) => result.ruling)).toEqual([accepted, accepted]);
      expect(ruled.changed).toMatchObject([
        { key: key("k"), revision: 2, document: { incarnation: 0, rows: 3 } },
      ]);
      expect(ruled.changed[0]).not.toHaveProperty("value");
      expect(ruled.updates).toEqual([
        { key: key("k"), revision: 1, place: 0, update: one },
        { key: key("k"), revision: 2, place: 0, update: two },
        { key: key("k"), revision: 2, place: 1, update: three },
      ]);
      expect(await documentOf(engine, "k")).toMatchObject({ text: "hi!", rows: 3, revision: 2 });
    });

    test("a merge that builds on a rejected one is rejected, in the turn and after it, and nothing is left of either", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      const seen = { type: "revision", epoch: "gone", revision: 1 } as const;
      const refused = ann.commit([merge("k", ann.update("h"))], {
        checks: [{ key: key("k"), premise: seen }],
      });
      const [next, later] = [ann.typing("k", "i"), ann.typing("k", "!")];
      const rulings = (await ruleOn(engine, refused, next)).map(({ ruling }) => ruling);
      expect(rulings).toEqual([
        { type: "rejected", reason: { type: "check", checks: [0] } },
        { type: "rejected", reason: { type: "missing", mutation: 0 } },
      ]);
      expect(await ruleOn(engine, later)).toMatchObject([
        { ruling: { type: "rejected", reason: { type: "missing" } } },
      ]);
      expect(await engine.readEntry("b", key("k"))).toEqual({ entry: undefined, updates: [], head: 3 });
      expect((await readAll(engine)).entries).toEqual([]);
    });

    test("a set or a delete later in the turn takes the document with it, and another one begins anew", async () => {
      await using engine = await openBucketOf(open);
      const [ann, bob] = [new Author("a"), new Author("b")];
      await ruleOn(engine, ann.typing("k", "gone"));
      const turn = turnOf(
        ann.typing("k", "!", 0),
        commitOf("c", 1, [remove("k")], { atMs: 1 }),
        bob.commit([merge("k", bob.update("new"))], { atMs: 2 }),
        ann.commit([merge("k", ann.update("?"), 0)], { atMs: 3 }),
      );
      const ruled = await engine.rule("b", turn);
      expect(ruled.answers.map(({ result }) => result.ruling)).toEqual([
        accepted,
        accepted,
        accepted,
        { type: "accepted", superseded: [{ mutation: 0, winner: { host: "b", n: 1 } }] },
      ]);
      expect(ruled.updates).toMatchObject([{ revision: 4 }]);
      expect(await documentOf(engine, "k")).toMatchObject({
        text: "new",
        rows: 1,
        document: { incarnation: 3 },
      });
      // Within one commit too, behind a merge of the same turn.
      const again = commitOf("d", 1, [remove("k"), merge("k", new Author("y").update("again"))], { atMs: 3 });
      const within = await engine.rule("b", turnOf(bob.typing("k", "!", 3), again));
      expect(within.updates).toMatchObject([{ revision: 7, place: 0 }]);
      expect(await documentOf(engine, "k")).toMatchObject({ text: "again", document: { incarnation: 7 } });
      await ruleOn(engine, commitOf("c", 2, [set("k", "text")], { atMs: 4 }));
      expect(await engine.readEntry("b", key("k"))).toMatchObject({ entry: { revision: 8 }, updates: [] });
      await ruleOn(engine, commitOf("c", 3, [remove("k")], { atMs: 5 }));
      await ruleOn(engine, bob.commit([merge("k", new Author("z").update("third"))], { atMs: 6 }));
      expect(await documentOf(engine, "k")).toMatchObject({ text: "third", document: { incarnation: 9 } });
    });

    test("patches carry the updates of their span, to go behind what stands; pages carry all", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      await typeOn(engine, ann, "k", "abc");
      const patch = await readAll(engine, "nobody", 1);
      expect(patch.entries).toMatchObject([
        { key: key("k"), revision: 3, appends: true, value: { encoding: "document", incarnation: 0 } },
      ]);
      const view = new ReplicaView();
      view.take(await readAll(engine, "nobody", 2));
      expect(view.updateCount("k")).toBe(1);
      const { entries } = await pageOf(engine);
      expect(entries).toMatchObject([{ key: key("k"), revision: 3, value: { incarnation: 0 } }]);
      expect(entries[0]).not.toHaveProperty("appends");
      expect(new ReplicaView().takeEntries(entries).text("k")).toBe("abc");
      expect(patch.stamp).toBe((await documentOf(engine, "k")).stamp);
    });

    test("a catch-up that is broken off and goes on when more was merged misses no update", async () => {
      await using engine = await openBucketOf(open);
      const [ann, bob] = [new Author("a"), new Author("b")];
      await typeOn(engine, ann, "k", "abcdef");
      await typeOn(engine, bob, "j", "uvw");
      const view = new ReplicaView();
      view.take(await engine.readPatch("b", "nobody", 0, { ...size, entriesMax: 4 }));
      expect(view).toMatchObject({ cursor: 4 });
      expect(view.text("k")).toBe("abcd");
      await typeOn(engine, ann, "k", "g");
      view.take(await engine.readPatch("b", "nobody", view.cursor, { ...size, entriesMax: 3 }));
      view.take(await readAll(engine, "nobody", view.cursor));
      expect([view.text("k"), view.text("j")]).toEqual(["abcdefg", "uvw"]);
    });

    test("parts by bytes end between updates, and never split the revision of one commit", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      const whole = ann.commit(Array.from({ length: 5 }, () => merge("k", ann.update("x".repeat(50)))));
      await ruleOn(engine, whole);
      await typeOn(engine, ann, "k", "yz");
      const part = await engine.readPatch("b", "nobody", 0, { entriesMax: 1000, bytesMax: 60 });
      expect(part).toMatchObject({ to: 1, upToDate: false });
      const view = new ReplicaView();
      view.take(part);
      expect(view.text("k")).toBe("x".repeat(250));
    });

    test("a document deleted and made again between two parts takes the place of the one before", async () => {
      await using engine = await openBucketOf(open);
      const [ann, bob] = [new Author("a"), new Author("b")];
      await typeOn(engine, ann, "k", "abcd");
      const view = new ReplicaView();
      view.take(await engine.readPatch("b", "nobody", 0, { ...size, entriesMax: 2 }));
      await ruleOn(engine, commitOf("c", 1, [remove("k")], { atMs: 1 }));
      await ruleOn(engine, bob.commit([merge("k", bob.update("new"))], { atMs: 2 }));
      view.take(await readAll(engine, "nobody", view.cursor));
      expect(view.text("k")).toBe("new");
      await ruleOn(engine, commitOf("c", 2, [remove("k")], { atMs: 3 }));
      view.take(await readAll(engine, "nobody", view.cursor));
      expect(view.text("k")).toBeUndefined();
    });

    test("patches behind pages leave out the updates that the pages hold", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      await typeOn(engine, ann, "k", "abc");
      const { entries, head } = await pageOf(engine);
      await typeOn(engine, ann, "k", "d");
      const view = new ReplicaView().takeEntries(entries);
      const patch = await engine.readPatch("b", "nobody", 0, { ...size, entriesAfter: head });
      view.take(patch);
      expect([view.updateCount("k"), view.text("k")]).toEqual([4, "abcd"]);
    });

    test("patches of a scope pass by the updates outside it in bounded parts", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      await typeOn(engine, ann, "out", "x".repeat(30));
      await typeOn(engine, new Author("b"), "in", "y");
      const query = { entriesMax: 2, bytesMax: 1_000_000, scope: createScope([key("in")]) };
      expect(await engine.readPatch("b", "nobody", 0, query)).toMatchObject({ to: 20, entries: [] });
      expect((await engine.readPatch("b", "nobody", 20, query)).entries).toMatchObject([{ key: key("in") }]);
    });

    test("a tombstone of a document is forgotten like any other, and no update is left", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      await typeOn(engine, ann, "k", "ab");
      await ruleOn(engine, commitOf("c", 1, [remove("k")], { atMs: 1 }));
      expect(await engine.sweep("b", sweepAt(retention + 2))).toMatchObject({ floor: 3, updates: [] });
      expect(await engine.readEntry("b", key("k"))).toEqual({ entry: undefined, updates: [], head: 3 });
    });
  });

  test(`engine ${name}: any merges, deletes and compactions, read in any parts, are what plain Yjs says`, async () => {
    const step = fc.record({
      type: fc.constantFrom("type", "type", "type", "delete", "compact", "read", "page"),
      author: fc.nat(2),
      name: fc.constantFrom("j", "k"),
      entriesMax: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await using engine = await openBucketOf(open);
        const authors = ["a", "b", "c"].map((host) => ({ j: new Author(host), k: new Author(host) }));
        let view = new ReplicaView();
        let atMs = 0;
        const rulings: Ruling[] = [];
        const read = async (entriesMax: number): Promise<boolean> => {
          const patch = await engine.readPatch("b", "nobody", view.cursor, { ...size, entriesMax });
          view.take(patch);
          return patch.upToDate;
        };
        for (const { type, author, name: on, entriesMax } of steps) {
          atMs++;
          const which = on === "j" ? "j" : "k";
          const writer = authors[author]?.[which];
          if (writer === undefined) continue;
          if (type === "type") {
            // Each writes on what the relay has, like a tab that is up to date.
            const { entry, updates } = await engine.readEntry("b", key(on));
            writer.begin(updates.map(({ update }) => update));
            const incarnation = entry?.document?.incarnation ?? null;
            const commit = commitOf(`${"abc"[author]}`, atMs, [merge(on, writer.update("x"), incarnation)], {
              atMs,
            });
            rulings.push(...(await ruleOn(engine, commit)).map(({ ruling }) => ruling));
          } else if (type === "delete") {
            await ruleOn(engine, commitOf(`${"abc"[author]}`, atMs, [remove(on)], { atMs }));
          } else if (type === "compact") await engine.compact("b");
          else if (type === "read") await read(entriesMax);
          else view = new ReplicaView().takePage(await pageOf(engine));
        }
        while (!(await read(2)));
        for (const on of ["j", "k"]) {
          const { entry, updates } = await engine.readEntry("b", key(on));
          const expected = entry?.document && textOf(updates.map(({ update }) => update));
          expect(view.text(on)).toBe(expected);
        }
        expect(rulings).toEqual(rulings.map(() => accepted));
        expect(view.revisions()).toEqual(shown((await pageOf(engine)).entries));
      }),
      { numRuns: 60 },
    );
  });
};
