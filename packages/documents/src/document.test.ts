/**
 * A document whose bucket is in the test's hand: what comes of edits on their way when it gives way to another.
 */
import { createVersionstamp, KvError, updateLog } from "@rockpool/model";
import type { CommitFailure, CommitResult, Kv } from "rockpool";
import type { DocumentAccess, DocumentItem, WholeDocument } from "rockpool/documents";
import { expect, test, vi } from "vitest";
import * as Y from "yjs";
import { RockpoolDocument } from "./document.ts";

const updateOf = (text: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

const whole = (position: number, updates: readonly Uint8Array[]): WholeDocument => ({
  type: "document",
  whole: true,
  stands: "document",
  incarnation: 0,
  confirmed: updateLog(updates),
  pending: new Uint8Array(),
  versionstamp: createVersionstamp(position),
  revision: 1,
  isSettled: true,
  isSynced: true,
});

/** A document with its feed, and its first commit: when it was asked for, and its answer. */
const openByHand = () => {
  let feed: ReadableStreamDefaultController<DocumentItem> | undefined;
  let feeds = 0;
  const committed = Promise.withResolvers<CommitResult | CommitFailure>();
  const asked = Promise.withResolvers<void>();
  const operation = {
    merge: () => operation,
    commit: () => {
      asked.resolve();
      return committed.promise;
    },
  };
  const kv = { atomic: () => operation } as unknown as Kv;
  const access = {
    openFeed: () => {
      feeds++;
      return new ReadableStream<DocumentItem>({ start: (controller) => void (feed = controller) });
    },
    beforeSignOut: () => {},
    clock: { setTimer: () => () => {}, random: () => 0, now: () => 0 },
  } as unknown as DocumentAccess;
  const its = { kv, key: ["notes", 1], access, createDoc: () => new Y.Doc(), compactAfter: 200 };
  const document = new RockpoolDocument(its);
  return {
    document,
    committed,
    asked,
    tell: (item: DocumentItem) => feed?.enqueue(item),
    feeds: () => feeds,
  };
};

test("an edit whose check does not hold is undone in the document that took the place of its own", async () => {
  const kept = updateOf("kept ");
  const { document, committed, asked, tell } = openByHand();
  tell(whole(1, [kept, updateOf("refused ")]));
  await document.whenLoaded;

  const done = document.transact((doc) => doc.getMap("m").set("state", "done"));
  await asked.promise;
  const replaced = new Promise((resolve) => document.once("replaced", resolve));
  tell(whole(2, [kept]));
  expect(await replaced).toMatchObject({ reason: "rejected", lost: null });
  expect(document.doc.getMap("m").toJSON()).toEqual({ state: "done" });

  committed.resolve({ ok: false });
  expect(await done).toEqual({ ok: false });
  expect(document.doc.getText("t").toString()).toBe("kept ");
  expect(document.doc.getMap("m").toJSON()).toEqual({});
});

test("a document is synced when its own last commit has come back, not when it was made", async () => {
  const { document, committed, asked, tell } = openByHand();
  tell(whole(1, []));
  await document.whenSynced;
  const told: boolean[] = [];
  document.on("synced", (synced) => told.push(synced));
  document.doc.getText("t").insert(0, "mine");
  const saved = document.flush();
  await asked.promise;
  committed.resolve({ ok: true, versionstamp: createVersionstamp(2) });
  await saved;
  expect([document.saved, told]).toEqual([true, [false]]);
  const synced = new Promise((resolve) => document.once("synced", resolve));
  tell(whole(2, [Y.encodeStateAsUpdate(document.doc)]));
  expect(await synced).toBe(true);
});

test("what an app's listeners throw is uncaught, and the document goes on", async () => {
  const later: (() => void)[] = [];
  vi.spyOn(globalThis, "queueMicrotask").mockImplementation((callback) => void later.push(callback));
  try {
    const { document, committed, asked, tell } = openByHand();
    const broken = new Error("broken");
    const fail = (): never => {
      throw broken;
    };
    document.doc.getText("t").observe(fail);
    document.on("loaded", fail);
    tell(whole(1, [updateOf("theirs")]));
    await document.whenLoaded;
    for (const callback of later.splice(0)) expect(callback).toThrow(broken);
    document.on("error", fail);
    document.doc.getMap("m").set("k", "mine");
    const saved = document.flush();
    await asked.promise;
    committed.reject(new KvError("quota", "no room"));
    await expect(saved).rejects.toMatchObject({ code: "quota" });
    expect(later).toHaveLength(1);
    const again = document.flush();
    await expect(again).rejects.toMatchObject({ code: "quota" });
  } finally {
    vi.restoreAllMocks();
  }
});

test("nobody is present at a document that was destroyed", async () => {
  const { document, tell } = openByHand();
  tell(whole(1, []));
  await document.whenLoaded;
  await document.destroy();
  expect(() => document.awareness).toThrow("destroyed");
});

test("an edit that is deleted elsewhere before this tab hears that it was made is not kept", async () => {
  const { document, committed, asked, tell, feeds } = openByHand();
  tell(whole(1, []));
  await document.whenLoaded;
  document.doc.getText("t").insert(0, "mine");
  const saved = document.flush();
  await asked.promise;
  tell({ ...whole(3, []), stands: "nothing", incarnation: null });
  await new Promise((resolve) => setTimeout(resolve, 0));
  committed.resolve({ ok: true, versionstamp: createVersionstamp(2) });
  await saved;
  expect(feeds()).toBe(2);
  const replaced = new Promise((resolve) => document.once("replaced", resolve));
  tell({ ...whole(3, []), stands: "nothing", incarnation: null });
  expect(await replaced).toMatchObject({ reason: "deleted", lost: null });
  expect(document.doc.getText("t").toString()).toBe("");
});
