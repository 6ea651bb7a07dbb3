/**
 * For tests: the part of the suite of engines that is about compaction: many updates become one, and nobody
 * sees a difference, whatever is merged, deleted or read meanwhile.
 */
import { packKey, wholeBucket } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { commitOf, key, remove, set, turnOf } from "./commit-fixture.ts";
import { Author, docOf, merge, ReplicaView, textOf } from "./document-fixture.ts";
import { openBucketOf, readAll, ruleOn, type OpenEngine } from "./engine-fixture.ts";
import type { Engine } from "./engine.ts";

const size = { entriesMax: 10_000, bytesMax: 10_000_000 };

/** So many letters, a commit each, in one turn; enough to be compacted. */
const typeMany = async (engine: Engine, author: Author, name: string, count = 300): Promise<void> => {
  const commits = Array.from({ length: count }, (_, index) => author.typing(name, String(index % 10)));
  const { answers } = await engine.rule("b", turnOf(...commits));
  expect(answers.every(({ result }) => result.ruling.type === "accepted")).toBe(true);
};

const compactAll = async (engine: Engine): Promise<number> => {
  let compacted = 0;
  for (;;) {
    const { isCompacted, isDone, fault } = await engine.compact("b");
    if (fault !== undefined) throw fault;
    compacted += Number(isCompacted);
    if (isDone) return compacted;
  }
};

const updatesIn = async (engine: Engine, name: string): Promise<readonly Uint8Array[]> =>
  (await engine.readEntry("b", key(name))).updates.map(({ update }) => update);

/** Compaction. */
export const describeCompaction = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: compaction`, () => {
    test("leaves documents of few updates alone", async () => {
      await using engine = await openBucketOf(open);
      await typeMany(engine, new Author("a"), "k", 200);
      await ruleOn(engine, commitOf("c", 1, [set("j", "x")]));
      expect(await engine.compact("b")).toEqual({ isCompacted: false, isDone: true });
      expect(await updatesIn(engine, "k")).toHaveLength(200);
    });

    test("makes one update of many, the same document in fewer bytes, at no revision of its own", async () => {
      await using engine = await openBucketOf(open);
      const [ann, bob] = [new Author("a"), new Author("b")];
      await typeMany(engine, ann, "k");
      await typeMany(engine, bob, "j");
      const before = await engine.readEntry("b", key("k"));
      expect(await compactAll(engine)).toBe(2);
      const { entry, updates, head } = await engine.readEntry("b", key("k"));
      expect(head).toBe(600);
      const bytes = updates[0]?.update.length ?? 0;
      expect(updates).toMatchObject([{ revision: 300, place: 0, isBase: true }]);
      expect(entry).toEqual({
        ...before.entry,
        document: { ...before.entry?.document, bytes, rows: 1, baseBytes: bytes },
      });
      expect(bytes).toBeLessThan((before.entry?.document?.bytes ?? 0) / 10);
      expect(textOf(await updatesIn(engine, "k"))).toBe(textOf(before.updates.map(({ update }) => update)));
      // What comes next builds on it.
      await ruleOn(engine, ann.typing("k", "!"));
      expect(textOf(await updatesIn(engine, "k"))).toBe(`${"0123456789".repeat(30)}!`);
    });

    test("counts the subdocuments anew: those that were replaced are gone", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      const nest = (count: number) =>
        Array.from({ length: count }, () =>
          ann.commit([
            merge(
              "k",
              ann.edit((doc) => doc.getMap().set("nested", new Y.Doc())),
            ),
          ]),
        );
      const countIn = async () => (await engine.readEntry("b", key("k"))).entry?.document?.subdocuments;
      await ruleOn(engine, ...nest(600));
      expect(await countIn()).toBe(600);
      const compaction = engine.compact("b");
      await ruleOn(engine, ...nest(3));
      expect(await compaction).toMatchObject({ isCompacted: true });
      expect(await countIn()).toBe(4);
    });

    test("between two parts of a catch-up costs no update, wherever the first part ended", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      await typeMany(engine, ann, "k");
      const views: ReplicaView[] = [];
      for (const entriesMax of [1, 120, 299, 300]) {
        const view = new ReplicaView();
        view.take(await engine.readPatch("b", "nobody", 0, { ...size, entriesMax }));
        expect(view.text("k")).toHaveLength(entriesMax);
        views.push(view);
      }
      const page = await engine.readPage("b", { scope: wholeBucket, after: packKey([]), ...size });
      await ruleOn(engine, ann.typing("k", "!"));
      expect(await compactAll(engine)).toBe(1);
      await ruleOn(engine, ann.typing("k", "?"));
      const text = `${"0123456789".repeat(30)}!?`;
      for (const view of [...views, new ReplicaView()]) {
        view.take(await readAll(engine, "nobody", view.cursor));
        expect([view.text("k"), view.cursor]).toEqual([text, 302]);
        // The base takes the place of what stood there: the replica holds it, and what came behind it.
        expect(view.updateCount("k")).toBe(2);
      }
      const filled = new ReplicaView().takeEntries(page.entries);
      filled.take(await engine.readPatch("b", "nobody", 0, { ...size, entriesAfter: page.head }));
      expect(filled.text("k")).toBe(text);
      // Who has the base is sent what came behind it alone.
      const { entries } = await readAll(engine, "nobody", 301);
      expect(entries).toMatchObject([{ revision: 302, appends: true }]);
    });

    test("keeps what is merged while it works", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      await typeMany(engine, ann, "k");
      const compaction = engine.compact("b");
      await ruleOn(engine, ann.typing("k", "!"));
      expect(await compaction).toMatchObject({ isCompacted: true });
      expect(await updatesIn(engine, "k")).toHaveLength(2);
      expect(textOf(await updatesIn(engine, "k"))).toBe(ann.doc.getText().toString());
    });

    test.each([
      ["deleted", [remove("k")], undefined],
      ["replaced", [set("k", "text")], undefined],
      ["deleted and made again", [remove("k"), merge("k", new Author("z").update("new"))], "new"],
    ] as const)("does nothing to a document that is %s while it works", async (_, mutations, expected) => {
      await using engine = await openBucketOf(open);
      await typeMany(engine, new Author("a"), "k");
      const compaction = engine.compact("b");
      await ruleOn(engine, commitOf("c", 1, mutations, { atMs: 1 }));
      expect(await compaction).toEqual({ isCompacted: false, isDone: false });
      const updates = await updatesIn(engine, "k");
      expect(updates.length === 0 ? undefined : textOf(updates)).toBe(expected);
      expect(await compactAll(engine)).toBe(0);
    });

    test("happens again when as much has piled up on the base, and forgets what was deleted in it", async () => {
      await using engine = await openBucketOf(open);
      const ann = new Author("a");
      const bases: number[] = [];
      for (let round = 0; round < 3; round++) {
        await typeMany(engine, ann, "k");
        expect(await compactAll(engine)).toBe(1);
        bases.push((await updatesIn(engine, "k"))[0]?.length ?? 0);
      }
      const erased = ann.edit((doc) => doc.getText().delete(0, doc.getText().length));
      await ruleOn(engine, ann.commit([merge("k", erased)]));
      await typeMany(engine, ann, "k", 400);
      expect(await compactAll(engine)).toBe(1);
      const updates = await updatesIn(engine, "k");
      expect(textOf(updates)).toBe("0123456789".repeat(40));
      expect(updates[0]?.length).toBeLessThan(bases[2] ?? 0);
      expect(Y.encodeStateVector(docOf(updates))).toEqual(Y.encodeStateVector(ann.doc));
    });
  });
};
