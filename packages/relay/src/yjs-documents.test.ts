/**
 * What the relay knows of Yjs, held against plain Yjs: an update is admitted exactly if a document takes up
 * all of it at once, hostile bytes cost no more than their length, and compaction loses nothing.
 */
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { Author, docOf, textOf } from "./document-fixture.ts";
import { yjsDocuments } from "./yjs-documents.ts";

const { admit, compact } = yjsDocuments;

interface Step {
  readonly author: number;
  readonly type: "insert" | "delete" | "map" | "nest" | "format" | "hear" | "subdocument" | "undo";
  readonly at: number;
}
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    author: fc.nat(2),
    type: fc.constantFrom(
      "insert",
      "insert",
      "delete",
      "map",
      "nest",
      "format",
      "hear",
      "hear",
      "subdocument",
    ),
    at: fc.nat(50),
  }),
  { minLength: 1, maxLength: 40 },
);

const change = (doc: Y.Doc, { type, at }: Step): void => {
  const body = doc.getText();
  const place = body.length === 0 ? 0 : at % (body.length + 1);
  switch (type) {
    case "insert":
      return body.insert(place, `w${at}`);
    case "delete":
      return body.delete(Math.min(place, Math.max(0, body.length - 1)), body.length === 0 ? 0 : 1);
    case "map":
      doc.getMap("map").set(`k${at % 3}`, { at, list: [at, null, "x"] });
      return;
    case "nest": {
      const list = doc.getArray<Y.Map<unknown>>("list");
      list.insert(at % (list.length + 1), [new Y.Map([["inner", new Y.Text(`n${at}`)]])]);
      return;
    }
    case "format":
      return body.format(0, Math.min(body.length, 1 + (at % 4)), { bold: at % 2 === 0 });
    case "subdocument":
      doc.getMap("docs").set(`d${at % 2}`, new Y.Doc({ guid: `${at}` }));
      return;
    default:
  }
};

/** All updates of three authors who edit, and now and then hear of what the others did. */
const updatesOfSteps = (all: readonly Step[]): readonly Uint8Array[] => {
  const authors = ["a", "b", "c"].map((name) => new Author(name));
  const updates: Uint8Array[] = [];
  const heard = [0, 0, 0];
  for (const step of all) {
    const author = authors[step.author];
    if (author === undefined) continue;
    if (step.type === "hear") {
      const to = updates.length - (step.at % 3);
      author.hear(...updates.slice(heard[step.author], to));
      heard[step.author] = Math.max(heard[step.author] ?? 0, to);
      continue;
    }
    const update = author.edit((doc) => change(doc, step));
    if (update.length > 2) updates.push(update);
  }
  return updates;
};

const waits = ({ store }: Y.Doc): boolean => store.pendingStructs !== null || store.pendingDs !== null;
const vectorOf = (doc: Y.Doc) => new Map([...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted());
const copyOf = (doc: Y.Doc): Y.Doc => docOf([Y.encodeStateAsUpdate(doc)]);

/** Updates as they may come: out of order, merged with others, some left out, some twice. */
const deliveries = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { maxLength: 40 });

test("an update is admitted exactly if a plain document would leave nothing of it waiting", () => {
  const seen = { admitted: 0, missing: 0 };
  fc.assert(
    fc.property(steps, deliveries, (all, picks) => {
      const updates = updatesOfSteps(all);
      if (updates.length === 0) return;
      let doc = new Y.Doc();
      let stateVector: Uint8Array | undefined;
      const inOrder = updates.map((_, index) => [index]);
      for (const pick of [...picks, ...inOrder]) {
        const update = Y.mergeUpdates(
          pick.map((index) => updates[index % updates.length] ?? new Uint8Array()),
        );
        const admission = admit(stateVector, update);
        const after = copyOf(doc);
        Y.applyUpdate(after, update);
        expect(admission.type).toBe(waits(after) ? "missing" : "admitted");
        if (admission.type === "malformed") return;
        seen[admission.type]++;
        if (admission.type === "missing") continue;
        doc = after;
        ({ stateVector } = admission);
        expect(new Map([...Y.decodeStateVector(stateVector)].toSorted())).toEqual(vectorOf(doc));
      }
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.admitted, seen.missing)).toBeGreaterThan(100);
});

test("compaction leaves the document as it is, and keeps what waits in it", async () => {
  let waiting = 0;
  await fc.assert(
    fc.asyncProperty(steps, deliveries, async (all, picks) => {
      const updates = updatesOfSteps(all);
      if (updates.length === 0) return;
      const some = picks.flat().map((index) => updates[index % updates.length] ?? new Uint8Array());
      const plain = docOf(some);
      waiting += Number(waits(plain));
      const compacted = docOf([(await compact(some)).update]);
      expect(vectorOf(compacted)).toEqual(vectorOf(plain));
      // Of copies: a document that was read cleans up formats on its own as more comes, each in its own order.
      expect(shownIn(copyOf(compacted))).toEqual(shownIn(copyOf(plain)));
      // All the rest comes: whatever waited is there.
      for (const update of updates) for (const doc of [plain, compacted]) Y.applyUpdate(doc, update);
      expect(waits(compacted)).toBe(false);
      expect(shownIn(compacted)).toEqual(shownIn(docOf(updates)));
    }),
    { numRuns: 200 },
  );
  expect(waiting).toBeGreaterThan(5);
});

const shownIn = (doc: Y.Doc) => ({
  text: doc.getText().toDelta(),
  map: doc.getMap("map").toJSON(),
  list: doc.getArray("list").toJSON(),
  docs: [...doc.getMap<Y.Doc>("docs")].map(([name, { guid }]) => [name, guid]).toSorted(),
});

test("bytes that were changed are malformed, or miss something, or can be taken up; nothing is thrown", () => {
  const seen = { admitted: 0, missing: 0, malformed: 0 };
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(steps, fc.nat(), edits, fc.option(fc.nat()), (all, chosen, bytes, cutAt) => {
      const updates = updatesOfSteps(all);
      if (updates.length === 0) return;
      const place = chosen % updates.length;
      const before = docOf(updates.slice(0, place));
      const update = Uint8Array.from(updates[place] ?? []);
      for (const [at, byte] of bytes) update[at % update.length] = byte;
      const hostile = cutAt === null ? update : update.subarray(0, cutAt % update.length);
      const { type } = admit(Y.encodeStateVector(before), hostile);
      seen[type]++;
      expect(canRead(hostile) || type === "malformed").toBe(true);
      if (type !== "admitted") return;
      try {
        Y.applyUpdate(before, hostile);
      } catch {
        // Yjs cannot integrate it for what the document holds, which the relay does not look at.
        return;
      }
      expect(waits(before)).toBe(false);
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(3);
});

const canRead = (update: Uint8Array): boolean => {
  try {
    Y.decodeUpdate(update);
    return true;
  } catch {
    return false;
  }
};

test("bytes of no update are malformed", () => {
  const update = new Author("a").update("hello");
  const twice = Uint8Array.of(2, ...update.subarray(1, -1), ...update.subarray(1));
  for (const bytes of [
    [],
    [1],
    [255, 255, 255, 255, 255, 255, 255, 255, 255],
    [0],
    [1, 0, 1, 0, 0],
    [...twice],
  ]) {
    expect(admit(undefined, Uint8Array.from(bytes))).toEqual({ type: "malformed" });
  }
  expect(admit(undefined, Uint8Array.of(0, 0))).toMatchObject({ type: "admitted" });
});

const letter = (client: number, origin: number): number[] => [1, client, 0, 0x84, origin, 0, 1, 120];

test("structs that wait for each other miss something", () => {
  // Two clients, each of whose one letter names the other's as its origin.
  const circle = Uint8Array.of(2, ...letter(2, 1), ...letter(1, 2), 0);
  expect(admit(undefined, circle)).toEqual({ type: "missing" });
  expect(waits(docOf([circle]))).toBe(true);
});

test("a state vector that cannot be read has nothing in it to build on", () => {
  expect(admit(Uint8Array.of(9), new Author("a").update("x"))).toEqual({ type: "missing" });
});

test("what is admitted is read off an update that lies within a larger buffer", () => {
  const author = new Author("a");
  const [one, two] = [author.update("x"), author.update("y")];
  const buffer = Uint8Array.of(7, 7, ...one, ...two);
  const admission = admit(undefined, buffer.subarray(2, 2 + one.length));
  const stateVector = Y.encodeStateVector(docOf([one]));
  expect(admission).toEqual({ type: "admitted", update: one, stateVector, subdocuments: 0 });
  expect(admit(undefined, buffer.subarray(2, 1 + one.length))).toEqual({ type: "malformed" });
  expect(textOf([one, two])).toBe("xy");
});

test("updates that a document would say in more bytes are joined, and stay as few", async () => {
  const author = new Author("a");
  const nested = author.edit((doc) => doc.getArray("nested").push([new Y.Doc()]));
  const long = author.update("x".repeat(20_000));
  const deletions = Array.from({ length: 300 }, (_, index) =>
    author.edit((doc) => doc.getText().delete(index * 60, 1)),
  );
  const updates = [nested, long, ...deletions];
  const { update, subdocuments } = await compact(updates);
  expect(update.length).toBeLessThan(updates.reduce((bytes, { length }) => bytes + length, 0));
  expect(Y.encodeStateAsUpdate(docOf([update]))).toEqual(Y.encodeStateAsUpdate(docOf(updates)));
  expect(subdocuments).toBe(1);
});

test("many updates are compacted with pauses, in which others go on", async () => {
  const document = new Y.Doc();
  const updates: Uint8Array[] = [];
  document.on("update", (update: Uint8Array) => updates.push(update));
  for (let index = 0; index < 1000; index++) document.getText("t").insert(0, "x");
  let turns = 0;
  const isDone = new AbortController();
  const others = async (): Promise<void> => {
    for (; !isDone.signal.aborted; turns++) await setImmediate();
  };
  const [{ update: compacted }] = await Promise.all([
    compact(updates).finally(() => isDone.abort()),
    others(),
  ]);
  expect(turns).toBeGreaterThan(5);
  expect(docOf([compacted]).getText("t").length).toBe(1000);
});
