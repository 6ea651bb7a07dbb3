/**
 * A document of a bucket, as an app meets it: loaded, edited, saved, in several tabs, and put aside where the
 * bucket no longer has what it has.
 */
import { openDocument, type ReplacedEvent, type RockpoolDocument } from "@rockpool/documents";
import { KvDocument, type Kv, openKv } from "rockpool";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";

const key = ["notes", 1];
const opened: { kv: Kv; documents: RockpoolDocument[] }[] = [];
let buckets = 0;

afterEach(async () => {
  for (const { kv, documents } of opened.splice(0)) {
    for (const document of documents) await document.destroy().catch(() => {});
    await kv[Symbol.asyncDispose]();
  }
});

const openBucket = async (name = `documents ${++buckets}`): Promise<Kv> => {
  const kv = await openKv(name);
  opened.unshift({ kv, documents: [] });
  return kv;
};

const open = (kv: Kv, its = key): RockpoolDocument => {
  const document = openDocument(kv, its);
  opened.find((one) => one.kv === kv)?.documents.push(document);
  return document;
};

const textOf = ({ doc }: RockpoolDocument): string => doc.getText("t").toString();
const write = (document: RockpoolDocument, text: string): void => document.doc.getText("t").insert(0, text);
/** Fulfilled once it holds; checked whenever the document changes. */
const until = (document: RockpoolDocument, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return;
      document.doc.off("update", look);
      resolve();
    };
    document.doc.on("update", look);
    look();
  });
const replacedIn = (document: RockpoolDocument): Promise<ReplacedEvent> =>
  new Promise((resolve) => document.once("replaced", resolve));

test("an edit is saved by itself, and is there when the document is opened again", async () => {
  const kv = await openBucket();
  const document = open(kv);
  await document.whenLoaded;
  expect([document.loaded, document.saved, textOf(document)]).toEqual([true, true, ""]);
  write(document, "hello");
  expect(document.saved).toBe(false);
  await document.whenSaved();
  expect(document.saved).toBe(true);
  const again = open(kv);
  await again.whenLoaded;
  expect(textOf(again)).toBe("hello");
  expect((await kv.get(key)).value).toBeInstanceOf(KvDocument);
});

test("edits of a moment are one update", async () => {
  const kv = await openBucket();
  const document = open(kv);
  await document.whenLoaded;
  for (const letter of "tide pool") write(document, letter);
  await document.flush();
  const { value } = await kv.get<KvDocument>(key);
  expect(value?.updates).toHaveLength(1);
});

test("an edit made before the document is loaded is joined with what stands", async () => {
  const kv = await openBucket();
  const first = open(kv);
  write(first, "old");
  await first.flush();
  const second = open(kv);
  write(second, "new ");
  await second.whenLoaded;
  await second.flush();
  await until(first, () => first.doc.getText("t").length === 7);
  expect(textOf(first)).toBe(textOf(second));
});

test("two tabs see each other's edits, marked as not their own", async () => {
  const name = `documents ${++buckets}`;
  const [one, two] = [open(await openBucket(name)), open(await openBucket(name))];
  await Promise.all([one.whenLoaded, two.whenLoaded]);
  const undo = new Y.UndoManager(two.doc.getText("t"));
  write(one, "seen");
  await until(two, () => textOf(two) === "seen");
  expect(undo.canUndo()).toBe(false);
  await two.flush();
  const kv = opened[0]?.kv as Kv;
  expect((await kv.get<KvDocument>(key)).value?.updates).toHaveLength(1);
});

test("an edit and other mutations are one commit", async () => {
  const kv = await openBucket();
  const document = open(kv);
  const done = document.transact(
    (doc) => doc.getText("t").insert(0, "done"),
    kv
      .atomic()
      .check({ key: ["card"], versionstamp: null })
      .set(["card"], { state: "done" }),
  );
  await expect(done).resolves.toMatchObject({ ok: true });
  const [note, card] = await kv.getMany([key, ["card"]]);
  expect(note.versionstamp).toBe(card.versionstamp);
  expect([textOf(document), document.saved]).toEqual(["done", true]);
});

test("where a check does not hold, the edit is undone for everyone", async () => {
  const kv = await openBucket();
  await kv.set(["card"], { state: "done" });
  const document = open(kv);
  await document.whenLoaded;
  write(document, "kept");
  const done = document.transact(
    (doc) => doc.getText("t").insert(0, "not "),
    kv
      .atomic()
      .check({ key: ["card"], versionstamp: null })
      .set(["card"], 1),
  );
  await expect(done).resolves.toEqual({ ok: false });
  expect(textOf(document)).toBe("kept");
  await document.flush();
  const again = open(kv);
  await again.whenLoaded;
  expect([textOf(again), (await kv.get(["card"])).value]).toEqual(["kept", { state: "done" }]);
});

test("an edit with other mutations that comes too late is refused, and undone", async () => {
  const kv = await openBucket();
  const document = open(kv);
  await document.whenLoaded;
  write(document, "kept");
  await document.destroy();
  const done = document.transact(
    (doc) => doc.getText("t").insert(0, "not "),
    kv.atomic().set(["card"], "done"),
  );
  await expect(done).rejects.toMatchObject({ code: "closed" });
  expect([textOf(document), (await kv.get(["card"])).value]).toEqual(["kept", null]);
});

test("an edit with other mutations for which nobody waits any more stands with them", async () => {
  const kv = await openBucket();
  const document = open(kv);
  await document.whenLoaded;
  const leaving = new AbortController();
  const operation = kv.atomic().set(["card"], "done");
  const commit = operation.commit.bind(operation);
  operation.commit = (options) => {
    const committed = commit(options);
    leaving.abort(new Error("gone"));
    return committed;
  };
  const { signal } = leaving;
  const done = document.transact((doc) => doc.getText("t").insert(0, "done"), operation, { signal });
  await expect(done).rejects.toThrow("gone");
  await document.flush();
  expect([textOf(document), (await kv.get(["card"])).value]).toEqual(["done", "done"]);
});

test("a document that is deleted gives way to a blank one, and edits on it are told", async () => {
  const kv = await openBucket();
  const document = open(kv);
  await document.whenLoaded;
  write(document, "old");
  await document.flush();
  const previous = document.doc;
  const replaced = replacedIn(document);
  const deleted = kv.delete(key);
  write(document, "lost ");
  const saved = document.flush();
  await deleted;
  await expect(saved).rejects.toMatchObject({ code: "replaced" });
  const event = await replaced;
  expect(event).toMatchObject({ reason: "deleted", previous, doc: document.doc });
  expect([event.previous.getText("t").toString(), textOf(document)]).toEqual(["lost old", ""]);
  expect(event.lost).toBeInstanceOf(Uint8Array);
  write(document, "new");
  await document.flush();
  const again = open(kv);
  await again.whenLoaded;
  expect(textOf(again)).toBe("new");
});

test("a value that is no document is no document", async () => {
  const kv = await openBucket();
  await kv.set(key, "plain");
  const document = open(kv);
  await expect(document.whenLoaded).rejects.toThrow(TypeError);
  write(document, "never");
  await expect(document.flush()).rejects.toThrow(TypeError);
  expect((await kv.get(key)).value).toBe("plain");
});

test("an edit in a bucket that was closed is not called saved", async () => {
  const kv = await openBucket();
  const document = open(kv);
  await document.whenLoaded;
  write(document, "too late");
  const saved = document.whenSaved();
  kv.close();
  await expect(saved).rejects.toMatchObject({ code: "closed" });
  expect([document.saved, document.error]).toEqual([false, expect.objectContaining({ code: "closed" })]);
});

test("destroying saves what waits", async () => {
  const kv = await openBucket();
  const document = open(kv);
  write(document, "last words");
  await document.destroy();
  const again = open(kv);
  await again.whenLoaded;
  expect(textOf(again)).toBe("last words");
});

test("a user who signs out and keeps the bucket keeps an edit of a moment ago", async () => {
  const name = `documents ${++buckets}`;
  const kv = await openKv(name);
  const document = openDocument(kv, key);
  write(document, "first ");
  await document.flush();
  write(document, "last ");
  expect(await kv.sync.signOut({ unsynced: "keep" })).toEqual({ ok: true });
  const again = open(await openBucket(name));
  await again.whenLoaded;
  expect(textOf(again)).toBe("last first ");
});

test("without a relay a document is synced once it is saved", async () => {
  const document = open(await openBucket());
  await document.whenSynced;
  const told: boolean[] = [];
  document.on("synced", (synced) => told.push(synced));
  write(document, "a");
  await document.flush();
  expect(told).toEqual([false, true]);
});
