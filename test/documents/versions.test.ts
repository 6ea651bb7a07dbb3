/**
 * Named versions: saved, listed, shown and restored, whatever was edited since, and synced as entries are.
 */
import { openDocument, type RockpoolDocument } from "@rockpool/documents";
import { contentOf, editAtRandom } from "@rockpool/documents/edit-arbitrary";
import { type Kv, openKv } from "rockpool";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../fake-environment.ts";

let kv: Kv;
let documents = 0;

beforeAll(async () => {
  kv = await openKv("versions");
});
afterAll(() => kv[Symbol.asyncDispose]());

const open = async (): Promise<RockpoolDocument> => {
  const document = openDocument(kv, ["note", ++documents]);
  await document.whenLoaded;
  return document;
};

test("versions are listed by time, and each is shown as it was", async () => {
  await using document = await open();
  const text = document.doc.getText("t");
  text.insert(0, "first");
  const first = await document.versions.save("draft");
  text.insert(5, " and second");
  await document.versions.save("final");
  const listed = await document.versions.list();
  expect(listed.map(({ name }) => name)).toEqual(["draft", "final"]);
  expect(listed[0]).toEqual(first);
  const shown = await document.versions.show(first.id);
  expect(shown.getText("t").toString()).toBe("first");
  expect(text.toString()).toBe("first and second");
});

test("a version of a document is not the document's, and outlives it until it is deleted", async () => {
  await using document = await open();
  document.doc.getText("t").insert(0, "gone");
  const { id } = await document.versions.save("kept");
  await kv.delete(document.key);
  expect(await kv.count({ prefix: document.key })).toBe(2);
  await document.versions.restore(id);
  expect(document.doc.getText("t").toString()).toBe("gone");
  await document.versions.delete(id);
  expect(await kv.count({ prefix: document.key })).toBe(0);
  await expect(document.versions.show(id)).rejects.toMatchObject({ code: "not-found" });
  await expect(document.versions.delete(id)).rejects.toMatchObject({ code: "not-found" });
});

test("a restored version is an edit: it is saved, others see it, and an undo manager takes it back", async () => {
  await using document = await open();
  const text = document.doc.getText("t");
  text.insert(0, "before");
  const { id } = await document.versions.save("before");
  text.delete(0, 6);
  text.insert(0, "after");
  const { UndoManager } = await import("yjs");
  const undo = new UndoManager(text);
  await document.versions.restore(id);
  expect([text.toString(), document.saved]).toEqual(["before", true]);
  await using other = openDocument(kv, document.key);
  await other.whenLoaded;
  expect(other.doc.getText("t").toString()).toBe("before");
  undo.undo();
  expect(text.toString()).toBe("after");
});

test("any document, of every shared type, is restored as it was", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    await using document = await open();
    for (let count = 0; count < 15; count++) editAtRandom(document.doc, random);
    const then = contentOf(document.doc);
    const { id } = await document.versions.save("then");
    for (let count = 0; count < 15; count++) editAtRandom(document.doc, random);
    await document.versions.restore(id);
    expect(contentOf(document.doc), `seed ${seed}`).toEqual(then);
    await using again = openDocument(kv, document.key);
    await again.whenLoaded;
    expect(contentOf(again.doc), `seed ${seed}, loaded again`).toEqual(then);
    expect(contentOf(await document.versions.show(id)), `seed ${seed}, shown`).toEqual(then);
  }
});

test("a version larger than a value is kept in pieces, all or nothing", async () => {
  await using document = await open();
  const random = seededRandom(1);
  const text = document.doc.getText("t");
  // What cannot be compressed well.
  for (let part = 0; part < 2; part++) {
    const pieces = Array.from({ length: 40 }, () =>
      String.fromCharCode(...Array.from({ length: 8000 }, () => 0x1000 + Math.floor(random() * 0x7fff))),
    );
    text.insert(0, pieces.join(""));
    await document.flush();
  }
  const { id, bytes } = await document.versions.save("large");
  expect(bytes).toBeGreaterThan(1024 * 1024);
  expect(await kv.count({ prefix: document.key })).toBeGreaterThan(2);
  expect((await document.versions.show(id)).getText("t").toString()).toBe(text.toString());
});
