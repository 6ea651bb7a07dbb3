/**
 * Restoring a document: whatever was edited since, by whomever, and whatever Yjs has dropped of what was
 * deleted, it is what it was; and so are all who have that edit.
 */
import { expect, test } from "vitest";
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";
import { contentOf, editAtRandom, type Random } from "./edit-arbitrary.ts";
import { restoringUpdate } from "./restore-edit.ts";

/** Draws that depend on the seed alone (mulberry32). */
const seeded = (seed: number): Random => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const createDoc = (client: number): Y.Doc => {
  const doc = new Y.Doc();
  doc.clientID = client;
  return doc;
};

/** Three people edit, and hear each other now and then. */
const editTogether = (docs: readonly Y.Doc[], random: Random, edits: number): void => {
  for (let count = 0; count < edits; count++) {
    editAtRandom(docs[Math.floor(random() * docs.length)] as Y.Doc, random);
    if (random() < 0.4) {
      const from = docs[Math.floor(random() * docs.length)] as Y.Doc;
      const to = docs[Math.floor(random() * docs.length)] as Y.Doc;
      applyUpdates(to, [Y.encodeStateAsUpdate(from, Y.encodeStateVector(to))], "others");
    }
  }
  meet(docs);
};

const meet = (docs: readonly Y.Doc[]): void => {
  const all = Y.mergeUpdates(docs.map((doc) => Y.encodeStateAsUpdate(doc)));
  for (const doc of docs) applyUpdates(doc, [all], "others");
};

test("any document is again what it was, for everyone", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const docs = [1, 2, 3].map(createDoc);
    const [first] = docs as [Y.Doc];
    editTogether(docs, random, 4 + Math.floor(random() * 25));
    const state = Y.encodeStateAsUpdate(first);
    const then = contentOf(first);
    editTogether(docs, random, 1 + Math.floor(random() * 40));
    const update = restoringUpdate(first, state);
    for (const doc of docs) {
      applyUpdates(doc, [update], "others");
      expect(contentOf(doc), `seed ${seed}`).toEqual(then);
    }
  }
});
