/**
 * Merges as they are ruled: into what stands there, after what was deleted, over what is no document.
 */
import { digestOf } from "@rockpool/model";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { check, commitOf, key, number, remove, set, sum, testNowMs, text } from "./commit-fixture.ts";
import { Author, docOf, merge } from "./document-fixture.ts";
import { createBucket } from "./resolve-fixture.ts";
import { markerOf, markerUpdate, minuteOf } from "./y-websocket/incarnation-marker.ts";

const accepted = { type: "accepted", superseded: [] };
const rejected = (reason: unknown) => ({ type: "rejected", reason });
const lost = (host: string, n: number) => ({
  type: "accepted",
  superseded: [{ mutation: 0, winner: { host, n } }],
});

test("documents made apart are one, whatever their writers saw: nothing", () => {
  const bucket = createBucket();
  const [ann, bob] = [new Author("a"), new Author("b")];
  const late = { atMs: -1000 };
  expect(bucket.rule(ann.commit([merge("k", ann.update("x"))])).ruling).toEqual(accepted);
  const second = bucket.rule(bob.commit([merge("k", bob.update("y"))], late));
  expect(second.ruling).toEqual(accepted);
  expect(bucket.entry("k")).toMatchObject({
    revision: 2,
    writer: { host: "b", n: 1 },
    stampHolder: "replica-a",
    document: { incarnation: 0, rows: 2 },
  });
});

test("a merge names the incarnation that it was made under, or is superseded", () => {
  const bucket = createBucket();
  const ann = new Author("a");
  const of = (incarnation: number | null) =>
    ann.commit([merge("k", new Author("z").update("z"), incarnation)]);
  bucket.rule(ann.commit([merge("k", ann.update("x"))]));
  expect(bucket.rule(of(0)).ruling).toEqual(accepted);
  expect(bucket.rule(of(1)).ruling).toEqual(lost("a", 2));
  bucket.rule(commitOf("c", 1, [remove("k")], { atMs: 1 }));
  expect(bucket.rule(of(0)).ruling).toEqual(lost("c", 1));
  // That of the tombstone is the one of the document that it makes way for.
  expect(bucket.rule(of(4)).ruling).toEqual(accepted);
  expect(bucket.entry("k")).toMatchObject({ document: { incarnation: 4, rows: 1 } });
  expect(bucket.rule(of(0)).ruling).toEqual(lost("a", 5));
});

test("where nothing ever stood, the incarnation is 0", () => {
  const update = new Author("z").update("z");
  expect(createBucket().rule(commitOf("a", 1, [merge("k", update, 0)])).ruling).toEqual(accepted);
  expect(createBucket().rule(commitOf("a", 1, [merge("k", update, 3)])).ruling).toEqual({
    type: "accepted",
    superseded: [{ mutation: 0 }],
  });
});

const older = (host: string) => commitOf(host, 2, [merge("k", new Author(host).update("x"))], { atMs: 5 });

test("what was deleted later is not made again by an older merge, unless it is of the same replica", () => {
  const bucket = createBucket();
  bucket.rule(commitOf("c", 1, [remove("k")], { atMs: 10 }));
  expect(bucket.rule(older("a")).ruling).toEqual(lost("c", 1));
  expect(bucket.rule(older("c")).ruling).toEqual(accepted);
  expect(bucket.entry("k")).toMatchObject({ setHolder: "replica-c", document: { incarnation: 1 } });
});

test("a late merge that builds on another late one is superseded with it, not missing", () => {
  const bucket = createBucket();
  const ann = new Author("a");
  bucket.rule(commitOf("c", 1, [remove("k")], { atMs: 10 }));
  expect(bucket.rule(ann.typing("k", "x")).ruling).toEqual(lost("c", 1));
  expect(bucket.rule(ann.typing("k", "y")).ruling).toEqual(lost("c", 1));
});

test("a set or a delete older than the latest merge is superseded, a later one ends the document", () => {
  const bucket = createBucket();
  const ann = new Author("a");
  bucket.rule(ann.commit([merge("k", ann.update("x"))], { atMs: 10 }));
  for (const mutation of [set("k", "text"), remove("k")]) {
    expect(bucket.rule(commitOf("b", 1, [mutation], { atMs: 5 })).ruling).toEqual(lost("a", 1));
  }
  expect(bucket.rule(commitOf("b", 2, [set("k", "text")], { atMs: 20 })).ruling).toEqual(accepted);
  expect(bucket.entry("k")).toMatchObject({ value: text("text") });
  expect(bucket.entry("k")).not.toHaveProperty("document");
});

test("over a value that is no document, and of bytes that are none, a merge rejects its commit", () => {
  const bucket = createBucket();
  const ann = new Author("a");
  bucket.rule(commitOf("c", 1, [set("k", "text")]));
  const type = rejected({ type: "type", mutation: 1 });
  const onText = ann.commit([set("j", "x"), merge("k", ann.update("x"))]);
  expect(bucket.rule(onText).ruling).toEqual(type);
  expect(bucket.rule(ann.commit([set("j", "x"), merge("n", Uint8Array.of(1, 2))])).ruling).toEqual(type);
  expect(bucket.entry("j")).toBeUndefined();
  // Nor is a sum over a document, or a document that is set.
  bucket.rule(ann.commit([merge("doc", new Author("z").update("x"))]));
  expect(bucket.rule(ann.commit([sum("doc", 1n)])).ruling).toEqual(rejected({ type: "type", mutation: 0 }));
  const value = { encoding: "document", data: new Uint8Array(), incarnation: 0 } as const;
  const setDocument = commitOf("d", 1, [{ ...set("e", "x"), value } as never]);
  expect(bucket.rule(setDocument).ruling).toEqual(rejected({ type: "type", mutation: 0 }));
});

test("an entry whose time has come gives way to a document, which does not end", () => {
  const bucket = createBucket();
  bucket.rule(commitOf("c", 1, [set("k", number(1n), 5)]));
  const made = bucket.rule(commitOf("c", 2, [merge("k", new Author("z").update("x"))], { atMs: 1 }));
  expect(made.ruling).toEqual(accepted);
  expect(bucket.entry("k")).toMatchObject({ document: { incarnation: 1 } });
  expect(bucket.entry("k")).not.toHaveProperty("expireAt");
});

test("a checked commit is ruled by its checks, its merges of another incarnation are superseded all the same", () => {
  const bucket = createBucket();
  const ann = new Author("a");
  bucket.rule(ann.commit([merge("k", ann.update("x"))], { atMs: 10 }));
  const digest = digestOf({ encoding: "document", data: new Uint8Array(), incarnation: null });
  const written = { type: "written", by: { host: "a", n: 1 }, digest } as const;
  const next = (incarnation: number, premise: Parameters<typeof check>[1]) =>
    ann.commit([merge("k", ann.update("y"), incarnation)], { checks: [check("k", premise)], atMs: -10 });
  expect(bucket.rule(next(0, written)).ruling).toEqual(accepted);
  expect(bucket.rule(next(0, written)).ruling).toEqual(rejected({ type: "check", checks: [0] }));
  ann.begin([]);
  const revision = { type: "revision", epoch: "e1", revision: 2 } as const;
  expect(bucket.rule(next(9, revision)).ruling).toEqual(lost("a", 2));
  expect(bucket.rule(next(0, { type: "absent" })).ruling).toEqual(rejected({ type: "check", checks: [0] }));
});

test("a merge is taken without the marks of stock clients, which is all that is kept of it", () => {
  const bucket = createBucket();
  const marker = markerOf({ bucket: "b", key: key("k"), epoch: "", revision: 0 });
  const ann = new Author("a");
  const plain = ann.update("x");
  ann.hear(markerUpdate(marker, minuteOf(testNowMs)));
  const copied = bucket.rule(ann.commit([merge("k", Y.encodeStateAsUpdate(ann.doc))]));
  const later = bucket.rule(ann.commit([merge("k", markerUpdate(marker, minuteOf(testNowMs) + 1))]));
  const kept = [copied, later].flatMap(({ updatesByKey }) => [...updatesByKey.values()].flat());
  expect(kept.map(({ update }) => update)).toEqual([plain, Y.encodeStateAsUpdate(new Y.Doc())]);
  expect(bucket.entry("k")).toMatchObject({
    document: {
      rows: 2,
      bytes: plain.length + 2,
      stateVector: Y.encodeStateVector(docOf([plain])),
    },
  });
});

test("limits: of an update, of a document, of its clients", () => {
  const bucket = createBucket({ documentBytesMax: 100 });
  const ann = new Author("a");
  const large = ann.commit([merge("k", ann.update("x".repeat(2 ** 20)))]);
  expect(bucket.rule(large).ruling).toMatchObject({
    reason: { type: "limit", message: expect.stringMatching(/^an update of \d+ bytes, at most 1048576/) },
  });
  ann.begin([]);
  expect(bucket.rule(ann.commit([merge("k", ann.update("x".repeat(60)))])).ruling).toEqual(accepted);
  expect(bucket.rule(ann.commit([merge("k", ann.update("x".repeat(60)))])).ruling).toMatchObject({
    reason: { type: "limit", message: expect.stringMatching(/^a document of \d+ bytes, at most 100: begin/) },
  });
  expect(bucket.entry("k")).toMatchObject({ revision: 2 });
  // One struct of each of 50,000 clients.
  const clients = Array.from({ length: 50_000 }, (_, index) => {
    const id = index + 100_000;
    return [1, (id & 0x7f) | 0x80, ((id >> 7) & 0x7f) | 0x80, id >> 14, 0, 0, 1];
  });
  const count = [(50_000 & 0x7f) | 0x80, ((50_000 >> 7) & 0x7f) | 0x80, 50_000 >> 14];
  const crowded = Uint8Array.from([...count, ...clients.flat(), 0]);
  expect(createBucket().rule(commitOf("c", 1, [merge("k", crowded)])).ruling).toMatchObject({
    reason: { type: "limit", message: expect.stringContaining("state vector") },
  });
});

test("limits: of the subdocuments of a document, however many updates bring them", () => {
  const bucket = createBucket();
  const ann = new Author("a");
  const nest = (count: number) =>
    ann.commit([
      merge(
        "k",
        ann.edit((doc) =>
          doc.getArray<Y.Doc>("nested").push(Array.from({ length: count }, () => new Y.Doc())),
        ),
      ),
    ]);
  expect(bucket.rule(nest(600)).ruling).toEqual(accepted);
  expect(bucket.rule(nest(400)).ruling).toEqual(accepted);
  expect(bucket.rule(nest(1)).ruling).toMatchObject({
    reason: {
      type: "limit",
      message: expect.stringMatching(/^a document of 1001 subdocuments, at most 1000: begin/),
    },
  });
  expect(bucket.rule(new Author("b").typing("k", "x")).ruling).toEqual(accepted);
  expect(bucket.entry("k")).toMatchObject({ document: { rows: 3, subdocuments: 1000 } });
});

test("a commit that deletes a document and makes another has one of its own incarnation, and only the update behind the delete", () => {
  const bucket = createBucket();
  const [ann, bob] = [new Author("a"), new Author("b")];
  bucket.rule(ann.typing("k", "x"));
  const { ruling, updatesByKey, effects } = bucket.rule(
    ann.commit([merge("k", ann.update("y"), 0), remove("k"), merge("k", bob.update("z"))]),
  );
  expect(ruling).toEqual(accepted);
  expect([...updatesByKey.values()].flat()).toMatchObject([{ revision: 2, place: 0 }]);
  expect(effects).toMatchObject([{ document: { incarnation: 2, rows: 1 } }]);
});
