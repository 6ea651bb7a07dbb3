/**
 * The simulator's own reading of what merges come to, and that it tells a document that lacks something
 * from one that does not.
 */
import { appendUpdate, createDocument, type DocumentValue, type Value } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { Chance } from "./chance.ts";
import { isWithin, textOfDocument } from "./document-state.ts";
import { keyOf } from "./draw-commit.ts";
import { editDocument } from "./edit-document.ts";
import { type Merge, mergedHere, ruleMerge, type Stood } from "./oracle-documents.ts";

const text: Value = { encoding: "json", data: '"a text"' };
const nothing: Stood = { value: undefined, revision: 0, bytes: 0 };
const deleted: Stood = { value: undefined, revision: 7, bytes: 0 };

/** So many updates of one client, each on top of those before. */
const edits = (count: number, clientID = 1, seed = 1): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  const chance = new Chance(seed);
  return Array.from({ length: count }, (_, label) => editDocument(doc, chance, label + 1));
};

const documentOf = (updates: readonly Uint8Array[], incarnation: number | null = 0): DocumentValue => {
  const [first = new Uint8Array(), ...others] = updates;
  return others.reduce(appendUpdate, createDocument(first, incarnation));
};

const merge = (update: Uint8Array, incarnation: number | null = null): Merge => ({
  type: "merge",
  key: keyOf("doc a"),
  update,
  incarnation,
});

const rule = (stood: Stood, one: Merge, isLate = false, bytesMax = 1000): string => {
  const ruled = ruleMerge(stood, one, { isLate, bytesMax });
  if (ruled.type === "merged") return `merged into ${ruled.value.incarnation}`;
  return ruled.type === "rejected" ? ruled.reason : ruled.type;
};

describe("a merge at the relay", () => {
  const [first, second] = edits(2) as [Uint8Array, Uint8Array];
  const standing: Stood = { value: documentOf([first], 5), revision: 9, bytes: first.length };
  const other: Stood = { value: text, revision: 3, bytes: 0 };

  test.each([
    ["makes a document where there is nothing", nothing, merge(first), "merged into 0"],
    ["makes a document where one was deleted", deleted, merge(first), "merged into 7"],
    ["of no incarnation goes into what stands there", standing, merge(second), "merged into 5"],
    ["of the same incarnation goes into what stands there", standing, merge(second, 5), "merged into 5"],
    ["of another incarnation is superseded", standing, merge(second, 4), "superseded"],
    ["of an incarnation that was deleted is superseded", deleted, merge(second, 5), "superseded"],
    ["of an incarnation that nobody knows is superseded", nothing, merge(second, 5), "superseded"],
    ["that names the deletion makes a document", deleted, merge(first, 7), "merged into 7"],
    ["is refused over another value", other, merge(first), "type"],
    ["is refused over another value, whatever it names", other, merge(first, 1), "type"],
    ["is refused when it is no update", standing, merge(Uint8Array.of(255, 1)), "type"],
    ["is refused when it builds on what is not there", nothing, merge(second), "missing"],
    ["is refused when what it builds on was deleted", deleted, merge(second), "missing"],
    [
      "of another incarnation is superseded, also when it builds on what is not there",
      deleted,
      merge(second, 5),
      "superseded",
    ],
    ["goes in twice", standing, merge(first), "merged into 5"],
  ])("%s", (_, stood, one, expected) => {
    expect(rule(stood, one)).toBe(expected);
  });

  test("that is earlier than a deletion makes no document of its own", () => {
    expect(rule(deleted, merge(first), true)).toBe("superseded");
  });

  test("is never too late for a document", () => {
    expect(rule(standing, merge(second), true)).toBe("merged into 5");
  });

  test("is refused when the document would have too many bytes", () => {
    const bytes = first.length + second.length;
    expect(rule(standing, merge(second), false, bytes - 1)).toBe("limit");
    expect(rule(standing, merge(second), false, bytes)).toBe("merged into 5");
    expect(rule({ ...standing, bytes: 1 }, merge(second), false, bytes - 1)).toBe("merged into 5");
  });

  test("that was refused leaves no trace for the next one", () => {
    const begun: Stood = { value: documentOf([first]), revision: 1, bytes: first.length };
    const [, , , foreign] = edits(4, 2) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(rule(begun, merge(foreign))).toBe("missing");
    expect(rule(begun, merge(second))).toBe("merged into 0");
  });
});

describe("a merge that waits for the relay", () => {
  const [first, second] = edits(2) as [Uint8Array, Uint8Array];

  test.each([
    ["makes a document where there is nothing", undefined, merge(first), null],
    ["goes into what is confirmed", documentOf([first], 5), merge(second, 5), 5],
    ["goes into what is confirmed since", documentOf([first], 5), merge(second), 5],
    ["goes into what waits like it", documentOf([first], null), merge(second, 5), null],
    ["is not shown where its document is gone", undefined, merge(second, 5), undefined],
    ["is not shown in another document", documentOf([first], 6), merge(second, 5), undefined],
    ["is not shown over another value", text, merge(first), undefined],
  ])("%s", (_, current, one, incarnation) => {
    expect(mergedHere(current, one)?.incarnation).toBe(incarnation);
  });
});

describe("what a document holds", () => {
  const updates = [...edits(8, 1), ...edits(8, 2, 2)];
  const whole = textOfDocument(documentOf(updates));

  test("does not depend on the order of its updates, nor on how many there are", () => {
    expect(textOfDocument(documentOf(updates.toReversed()))).toBe(whole);
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    expect(textOfDocument(documentOf([Y.encodeStateAsUpdate(doc)]))).toBe(whole);
    expect(textOfDocument(documentOf([Y.mergeUpdates(updates)]))).toBe(whole);
  });

  test.each(updates.map((_, index) => index))("is another without update %i", (index) => {
    expect(textOfDocument(documentOf(updates.toSpliced(index, 1)))).not.toBe(whole);
  });

  test("is looked for in what is shown, deletions included", () => {
    const docs = [updates, updates.slice(1)].map((some) => {
      const doc = new Y.Doc();
      for (const update of some) Y.applyUpdate(doc, update);
      return doc;
    }) as [Y.Doc, Y.Doc];
    expect([isWithin(docs[0], docs[0]), isWithin(docs[1], docs[0]), isWithin(docs[0], docs[1])]).toEqual([
      true,
      true,
      false,
    ]);
    const after = new Y.Doc();
    Y.applyUpdate(after, Y.encodeStateAsUpdate(docs[0]));
    after.getText("text").delete(0, 1);
    expect([isWithin(after, docs[0]), isWithin(docs[0], after)]).toEqual([false, true]);
  });
});
