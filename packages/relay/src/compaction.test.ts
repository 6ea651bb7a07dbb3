/**
 * When a document is compacted, and that one which cannot be is left as it is and holds up no other.
 */
import { expect, test } from "vitest";
import { turnOf } from "./commit-fixture.ts";
import { createBase, isCompactionDue, isUnchanged } from "./compaction.ts";
import { Author } from "./document-fixture.ts";
import type { Compacted } from "./document-rules.ts";
import type { DocumentState } from "./document-state.ts";
import { openMemoryEngine } from "./memory-engine.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";
import { yjsDocuments } from "./yjs-documents.ts";

const document = (rows: number, bytes: number, baseBytes: number): DocumentState => ({
  stateVector: new Uint8Array(),
  incarnation: 0,
  rows,
  bytes,
  baseBytes,
  subdocuments: 0,
});

test.each([
  [200, 9000, 0, false],
  [201, 9000, 0, true],
  [201, 9000, 4500, false],
  [201, 9000, 4499, true],
  [4000, 9000, 8000, false],
  [4001, 9000, 8000, true],
])("%i updates of %i bytes on a base of %i: due is %s", (rows, bytes, baseBytes, isDue) => {
  expect(isCompactionDue(document(rows, bytes, baseBytes))).toBe(isDue);
});

test("a base takes the place of what was read only where all of that is still there, in that document", async () => {
  await using engine = await openMemoryEngine();
  await engine.openBucket("b");
  const ann = new Author("a");
  const { changed, updates } = await engine.rule("b", turnOf(ann.typing("k", "x"), ann.typing("k", "y")));
  const [entry] = changed;
  const [one, two] = updates;
  if (entry?.document === undefined || one === undefined || two === undefined) throw new Error("no document");
  const task = { entry, updates };
  const base = await createBase(task, yjsDocuments);
  expect(base).toMatchObject({ revision: 2, place: 0, isBase: true });
  const other = { ...entry, document: { ...entry.document, incarnation: 7 } };
  expect(isUnchanged(task, entry, updates)).toBe(true);
  expect(isUnchanged(task, entry, [...updates, { revision: 3, place: 0 }])).toBe(true);
  expect(isUnchanged(task, other, updates)).toBe(false);
  expect(isUnchanged(task, undefined, [])).toBe(false);
  expect(isUnchanged(task, entry, [one])).toBe(false);
  expect(isUnchanged(task, entry, [base])).toBe(false);
  expect(isUnchanged(task, entry, [one, { revision: 2, place: 1 }])).toBe(false);
  // What could not be read would be gone.
  await expect(createBase({ entry, updates: [two] }, yjsDocuments)).rejects.toThrow(
    expect.objectContaining({ code: "damaged" }),
  );
});

const typed = (author: Author, on: string, count: number) =>
  Array.from({ length: count }, () => author.typing(on, "x"));

test.each(["memory", "sqlite"])(
  "in the engine %s, a document that cannot be compacted is told once, left as it is, and holds up no other",
  async (name) => {
    const bad = new Author("bad");
    const documents = {
      ...yjsDocuments,
      compact: async (updates: readonly Uint8Array[]): Promise<Compacted> => {
        if (updates.length === 250) throw new Error("unreadable");
        return yjsDocuments.compact(updates);
      },
    };
    await using engine = await (name === "memory"
      ? openMemoryEngine({ documents })
      : openSqliteEngine(":memory:", { documents }));
    await engine.openBucket("b");
    const good = new Author("good");
    await engine.rule("b", turnOf(...typed(bad, "bad", 250), ...typed(good, "good", 251)));
    const steps = [await engine.compact("b"), await engine.compact("b"), await engine.compact("b")];
    expect(steps).toMatchObject([
      { isCompacted: false, isDone: false, fault: { message: "unreadable" } },
      { isCompacted: true, isDone: false },
      { isCompacted: false, isDone: true },
    ]);
  },
);
