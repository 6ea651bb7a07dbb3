/**
 * A document whose bucket is in the test's hand: what comes of edits on their way when it gives way to another.
 */
import { createVersionstamp, updateLog } from "@rockpool/model";
import type { CommitFailure, Kv } from "rockpool";
import type { DocumentAccess, DocumentItem } from "rockpool/documents";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { RockpoolDocument } from "./document.ts";

const updateOf = (text: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

const whole = (position: number, updates: readonly Uint8Array[]): DocumentItem => ({
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

test("an edit whose check does not hold is undone in the document that took the place of its own", async () => {
  const kept = updateOf("kept ");
  let feed: ReadableStreamDefaultController<DocumentItem> | undefined;
  const committed = Promise.withResolvers<CommitFailure>();
  const asked = Promise.withResolvers<void>();
  const operation = {
    merge: () => operation,
    commit: () => {
      asked.resolve();
      return committed.promise;
    },
  };
  const kv = { atomic: () => operation, sync: { status: { state: "on" } } } as unknown as Kv;
  const access = {
    openFeed: () => new ReadableStream<DocumentItem>({ start: (controller) => void (feed = controller) }),
    clock: { setTimer: () => () => {}, random: () => 0, now: () => 0 },
  } as unknown as DocumentAccess;
  const its = { kv, key: ["notes", 1], access, createDoc: () => new Y.Doc(), compactAfter: 200 };
  const document = new RockpoolDocument(its);
  feed?.enqueue(whole(1, [kept, updateOf("refused ")]));
  await document.whenLoaded;

  const done = document.transact((doc) => doc.getMap("m").set("state", "done"));
  await asked.promise;
  const replaced = new Promise((resolve) => document.once("replaced", resolve));
  feed?.enqueue(whole(2, [kept]));
  expect(await replaced).toMatchObject({ reason: "rejected", lost: null });
  expect(document.doc.getMap("m").toJSON()).toEqual({ state: "done" });

  committed.resolve({ ok: false });
  expect(await done).toEqual({ ok: false });
  expect(document.doc.getText("t").toString()).toBe("kept ");
  expect(document.doc.getMap("m").toJSON()).toEqual({});
});
