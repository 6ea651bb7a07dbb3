/**
 * What a document holds, as text: two documents are told alike when their state vectors, their deleted
 * ranges and their contents are the same, in whatever order and in however many updates they came.
 * Built by Yjs, from the updates alone.
 */
import { type DocumentValue, updatesOf } from "@rockpool/model";
import * as Y from "yjs";
import { contentOf } from "./edit-document.ts";

/** Texts that are remembered, and updates that are known, at most. */
const rememberedMax = 20_000;

/** By the updates, in whatever order: most documents are looked at by many, again and again. */
const textByUpdates = new Map<string, string>();
const placeByUpdate = new Map<string, number>();

/** Of a document that merges made. */
export const textOfDocument = ({ data }: Pick<DocumentValue, "data">): string => {
  const updates = updatesOf(data);
  const name = nameOf(updates);
  const known = textByUpdates.get(name);
  if (known !== undefined) return known;
  const text = `document ${textOfDoc(docOf(updates))}`;
  textByUpdates.set(name, text);
  return text;
};

/** A document of these updates, those left out that are none. */
export const docOf = (updates: Iterable<Uint8Array>): Y.Doc => {
  // A name of its own would be drawn at random, which takes longer than all else here.
  const doc = new Y.Doc({ guid: "" });
  doc.transact(() => {
    for (const update of updates) if (isUpdate(update)) Y.applyUpdate(doc, update);
  });
  return doc;
};

/** False for bytes of which Yjs makes nothing. */
export const isUpdate = (bytes: Uint8Array): boolean => {
  try {
    Y.decodeUpdate(bytes);
    return true;
  } catch {
    // It says so in many ways, and has no other question to ask.
    return false;
  }
};

/** True when an update was given to it that builds on one that was not. */
export const isIncomplete = ({ store }: Y.Doc): boolean =>
  store.pendingStructs !== null || store.pendingDs !== null;

/** True when all that `inner` knows of, and all it knows to be deleted, `outer` does too. */
export const isWithin = (inner: Y.Doc, outer: Y.Doc): boolean => {
  const [known, deleted] = [Y.decodeStateVector(Y.encodeStateVector(outer)), deletedIn(outer)];
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(inner))) {
    if (clock > (known.get(client) ?? 0)) return false;
  }
  return Y.equalDeleteSets(Y.mergeDeleteSets([deleted, deletedIn(inner)]), deleted);
};

const textOfDoc = (doc: Y.Doc): string => {
  // Before the contents are asked for: that makes roots of what no update has named.
  const { pendingStructs } = doc.store;
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
  return JSON.stringify([
    ordered(contentOf(doc)),
    sorted(clocks),
    sorted(deletedIn(doc).clients).map(([client, ranges]) => [
      client,
      ranges.map(({ clock, len }) => [clock, len]),
    ]),
    ...(isIncomplete(doc) ? ["lacks", sorted(pendingStructs?.missing ?? new Map())] : []),
  ]);
};

/** Yjs gives the members of maps in the order that they came in. */
const ordered = (content: unknown): unknown => {
  if (typeof content !== "object" || content === null) return content;
  if (Array.isArray(content)) return content.map(ordered);
  const members = Object.entries(content).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, value]) => [name, ordered(value)]));
};

const sorted = <Item>(byClient: ReadonlyMap<number, Item>): (readonly [number, Item])[] =>
  [...byClient].toSorted(([a], [b]) => a - b);

const deletedIn = (doc: Y.Doc): ReturnType<typeof Y.createDeleteSet> =>
  Y.mergeDeleteSets([Y.createDeleteSetFromStructStore(doc.store)]);

const nameOf = (updates: readonly Uint8Array[]): string => {
  if (placeByUpdate.size > rememberedMax || textByUpdates.size > rememberedMax) {
    placeByUpdate.clear();
    textByUpdates.clear();
  }
  const places = updates.map((update) => {
    const bytes = Buffer.from(update.buffer, update.byteOffset, update.length).toString("latin1");
    const known = placeByUpdate.get(bytes);
    if (known !== undefined) return known;
    const place = placeByUpdate.size;
    placeByUpdate.set(bytes, place);
    return place;
  });
  return [...new Set(places)].toSorted((a, b) => a - b).join();
};
