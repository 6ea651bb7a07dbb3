/**
 * A page that is hidden may be looked at no more: what waits is saved at once, behind a worker and on disk too.
 */
import { openDocument } from "@rockpool/documents";
import { type KvDocument, openKv } from "rockpool";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";

afterEach(() => {
  // What the test put over it is gone: the page's own is back.
  Reflect.deleteProperty(document, "visibilityState");
});

const hide = (): void => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
};

test("what was typed just before the page is hidden goes out before anything that is asked for later", async () => {
  const bucket = `leaving-${crypto.randomUUID()}`;
  await using kv = await openKv(bucket);
  await using note = openDocument(kv, ["note"]);
  await note.whenLoaded;
  note.doc.getText("t").insert(0, "last words");
  hide();
  const { value } = await kv.get<KvDocument>(["note"]);
  const [update] = value?.updates ?? [];
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update as Uint8Array);
  expect(doc.getText("t").toString()).toBe("last words");
  await note.whenSaved();
  expect((await kv.get<KvDocument>(["note"])).value?.updates).toHaveLength(1);
});

test("two tabs of a page type into one document, and it is there when it is opened anew", async () => {
  const bucket = `tabs-${crypto.randomUUID()}`;
  const one = await openKv(bucket);
  const two = await openKv(bucket);
  const notes = [openDocument(one, ["note"]), openDocument(two, ["note"])] as const;
  await Promise.all(notes.map(({ whenLoaded }) => whenLoaded));
  for (const letter of "tide") for (const { doc } of notes) doc.getText("t").insert(0, letter);
  await Promise.all(notes.map((note) => note.destroy()));
  await Promise.all([one, two].map((kv) => kv[Symbol.asyncDispose]()));
  await using again = await openKv(bucket);
  await using note = openDocument(again, ["note"]);
  await note.whenLoaded;
  const text = note.doc.getText("t").toString();
  expect([...text].toSorted().join("")).toBe("ddeeiitt");
});
