/**
 * What a document in hand becomes when all that stands is told: it stays where nothing of it is gone, and
 * gives way to a fresh one where something is.
 */
import { markerMinutesMin, markersFrom } from "@rockpool/model";
import * as encoding from "lib0/encoding";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { containsDoc, containsEdit, type InHand, receiveWhole, type Standing } from "./whole-document.ts";

/** A document, and each edit of it as an update. */
const editor = (client: number, before: readonly Uint8Array[] = []) => {
  const doc = new Y.Doc();
  doc.clientID = client;
  for (const update of before) Y.applyUpdate(doc, update);
  const edit = (change: (doc: Y.Doc) => void): Uint8Array => {
    const updates: Uint8Array[] = [];
    const listen = (update: Uint8Array): unknown => updates.push(update);
    doc.on("update", listen);
    doc.transact(() => change(doc));
    doc.off("update", listen);
    return Y.mergeUpdates(updates);
  };
  return { doc, edit };
};
const write =
  (text: string, at = 0) =>
  (doc: Y.Doc): void =>
    doc.getText("t").insert(at, text);
const erase =
  (at: number, length: number) =>
  (doc: Y.Doc): void =>
    doc.getText("t").delete(at, length);
const textOf = (doc: Y.Doc): string => doc.getText("t").toString();

const receive = (inHand: Partial<InHand> & Pick<InHand, "doc">, standing: Partial<Standing>) =>
  receiveWhole(
    { incarnation: 4, own: [], ...inHand },
    { stands: "document", incarnation: 4, updates: [], ...standing },
    () => new Y.Doc(),
    "feed",
  );

test("a document of which all stands only grows", () => {
  const a = editor(1);
  const b = editor(2);
  const updates = [a.edit(write("one")), b.edit(write("two"))];
  expect(receive({ doc: a.doc }, { updates })).toEqual({ type: "grown" });
});

test("a blank document takes what stands, whatever its incarnation", () => {
  const updates = [editor(1).edit(write("one"))];
  expect(receive({ doc: new Y.Doc(), incarnation: 3 }, { updates })).toEqual({ type: "grown" });
});

test("own edits that no commit has yet need not stand", () => {
  const { doc, edit } = editor(1);
  const updates = [edit(write("one"))];
  const own = [edit(write("two")), edit(erase(0, 1))];
  expect(receive({ doc, own }, { updates })).toEqual({ type: "grown" });
});

/** A collected struct, as the relay puts it into a stock client's document. */
const mark = (client: number): Uint8Array =>
  encoding.encode((encoder) => {
    for (const number of [1, 1, client, 0, 0, markerMinutesMin, 0]) encoding.writeVarUint(encoder, number);
  });

test("the mark of a stock client stands nowhere, and is not missed", () => {
  const { doc, edit } = editor(1);
  const updates = [edit(write("one"))];
  Y.applyUpdate(doc, mark(markersFrom));
  expect(Y.getState(doc.store, markersFrom)).toBe(markerMinutesMin);
  expect(receive({ doc }, { updates })).toEqual({ type: "grown" });
  Y.applyUpdate(doc, mark(markersFrom - 1));
  expect(receive({ doc }, { updates })).toMatchObject({ type: "replaced" });
});

test("an insertion that does not stand gives a fresh document", () => {
  const a = editor(1);
  const b = editor(2);
  const updates = [a.edit(write("kept"))];
  Y.applyUpdate(a.doc, b.edit(write("refused ")));
  const arrival = receive({ doc: a.doc }, { updates });
  expect(arrival).toMatchObject({ type: "replaced", reason: "rejected", isLost: false });
  expect(arrival.type === "replaced" && textOf(arrival.doc)).toBe("kept");
});

test("a deletion that does not stand gives a fresh document", () => {
  const { doc, edit } = editor(1);
  const updates = [edit(write("kept"))];
  edit(erase(1, 2));
  const arrival = receive({ doc }, { updates });
  expect(arrival).toMatchObject({ type: "replaced", reason: "rejected" });
  expect(arrival.type === "replaced" && textOf(arrival.doc)).toBe("kept");
});

test("own edits that stand on what is left are carried over", () => {
  const mine = editor(1);
  const other = editor(2);
  const updates = [other.edit(write("kept"))];
  Y.applyUpdate(mine.doc, updates[0] as Uint8Array);
  // Another tab's edit, of which nothing of mine needs to know.
  Y.applyUpdate(mine.doc, other.edit(write(" refused", 4)));
  const own = [mine.edit(write("my "))];
  const arrival = receive({ doc: mine.doc, own }, { updates });
  expect(arrival).toMatchObject({ type: "replaced", reason: "rejected", isLost: false });
  expect(arrival.type === "replaced" && textOf(arrival.doc)).toBe("my kept");
});

test("own edits that build on what is gone are lost, and told so", () => {
  const { doc, edit } = editor(1);
  edit(write("refused"));
  const own = [edit(write("on it "))];
  const arrival = receive({ doc, own }, { updates: [] });
  expect(arrival).toMatchObject({ type: "replaced", reason: "rejected", isLost: true });
  expect(arrival.type === "replaced" && textOf(arrival.doc)).toBe("");
});

test.each<[string, Partial<Standing>, string]>([
  ["deleted", { stands: "nothing", incarnation: null }, "deleted"],
  ["made anew", { incarnation: 9 }, "overwritten"],
  ["made anew by a commit on its way", { incarnation: null }, "overwritten"],
  ["replaced by another value", { stands: "other", incarnation: null }, "overwritten"],
])("nothing of a document that was %s is carried over", (_, standing, reason) => {
  const { doc, edit } = editor(1);
  edit(write("old"));
  // It would find a place in any document.
  const own = [edit((there) => there.getMap("m").set("a", 1))];
  const updates = standing.stands === undefined ? [editor(2).edit(write("new"))] : [];
  const arrival = receive({ doc, own }, { updates, ...standing });
  expect(arrival).toMatchObject({ type: "replaced", reason, isLost: true });
  expect(arrival.type === "replaced" && arrival.doc.getMap("m").size).toBe(0);
});

test("another document is another one, though it has all that was in hand", () => {
  const { doc, edit } = editor(1);
  const updates = [edit(write("same"))];
  expect(receive({ doc }, { updates, incarnation: 9 })).toMatchObject({ reason: "overwritten" });
});

test("a document that only commits on their way made is the same one when the relay has numbered it", () => {
  const { doc, edit } = editor(1);
  const updates = [edit(write("new"))];
  expect(receive({ doc, incarnation: null }, { updates, incarnation: 0 })).toEqual({ type: "grown" });
});

test("a document that is handed to a relay is the same one while it waits, and one made anew is not", () => {
  const { doc, edit } = editor(1);
  const updates = [edit(write("own"))];
  const own = [edit(write("more "))];
  expect(receive({ doc, own }, { updates, incarnation: null })).toEqual({ type: "grown" });
  const anew = [editor(2).edit(write("anew"))];
  expect(receive({ doc, own }, { updates: anew, incarnation: null })).toMatchObject({
    reason: "overwritten",
    isLost: true,
  });
});

test("edits made before it was loaded are joined with what stands", () => {
  const { doc, edit } = editor(1);
  const own = [edit(write("early "))];
  const updates = [editor(2).edit(write("late"))];
  expect(receive({ doc, incarnation: undefined, own }, { updates })).toEqual({ type: "grown" });
});

test("what a fresh document is made of bears the feed's origin", () => {
  const { doc, edit } = editor(1);
  edit(write("gone"));
  const origins: unknown[] = [];
  const createDoc = (): Y.Doc => {
    const fresh = new Y.Doc();
    fresh.on("update", (_: Uint8Array, origin: unknown) => origins.push(origin));
    return fresh;
  };
  const updates = [editor(2).edit(write("other"))];
  receiveWhole(
    { doc, incarnation: 4, own: [] },
    { stands: "document", incarnation: 4, updates },
    createDoc,
    "feed",
  );
  expect(origins).toEqual(["feed"]);
});

test("a document contains another by its insertions and by its deletions", () => {
  const a = editor(1);
  const first = a.edit(write("abc"));
  const b = editor(2, [first]);
  expect(containsDoc(a.doc, b.doc)).toBe(true);
  a.edit(erase(1, 1));
  expect([containsDoc(a.doc, b.doc), containsDoc(b.doc, a.doc)]).toEqual([true, false]);
  a.edit(erase(0, 2));
  b.edit(erase(1, 1));
  expect([containsDoc(a.doc, b.doc), containsDoc(b.doc, a.doc)]).toEqual([true, false]);
});

test("an edit is in a document that has its insertions and its deletions, and not where it builds on what is not", () => {
  const { edit } = editor(1);
  const [one, two, gone] = [edit(write("one")), edit(write("two")), edit(erase(0, 1))];
  expect(containsEdit([one, two, gone], [two, gone])).toBe(true);
  expect(containsEdit([one, two], [two, gone])).toBe(false);
  expect(containsEdit([one], [two])).toBe(false);
  expect(containsEdit([], [two])).toBe(false);
});
