/**
 * The text of a note without a screen: its lines and commands, what two people's edits of one line come to, what is
 * lost with a document and how it is put back.
 */
import type { Node } from "prosemirror-model";
import { EditorState, TextSelection, type Command } from "prosemirror-state";
import { expect, test } from "vitest";
import { prosemirrorToYXmlFragment, updateYFragment, yXmlFragmentToProseMirrorRootNode } from "y-prosemirror";
import { applyUpdate, Doc, encodeStateAsUpdate } from "yjs";
import {
  isKind,
  leaveEmptyLine,
  makePlainAtStart,
  splitLine,
  toggleCheck,
  toggleKind,
} from "./line-commands.ts";
import { linesToAdd, lostLines } from "./lost-lines.ts";
import { fragmentOf, isChecked, kindOf, noteSchema, type LineKind } from "./note-schema.ts";
import { rescuedLines } from "./rescued-words.ts";

/** A line as `kind: text`, with an x behind the kind where it is ticked. */
const lineOf = (words: string): Node => {
  const [, kind = "text", tick, text = ""] = /^(\w+?)(x?): ?(.*)$/.exec(words) ?? [];
  const content = text === "" ? [] : [noteSchema.text(text)];
  return noteSchema.node("paragraph", { kind, checked: tick === "x" }, content);
};

const noteOf = (...lines: readonly string[]): Node => noteSchema.node("doc", null, lines.map(lineOf));

const wordsOf = (note: Node): readonly string[] =>
  note.children.map((line) => `${kindOf(line)}${isChecked(line) ? "x" : ""}: ${line.textContent}`);

/** The note after a command with the caret, or the selection, at these positions. */
const after = (command: Command, note: Node, from: number, to = from): readonly string[] | false => {
  let state = EditorState.create({ doc: note, selection: TextSelection.create(note, from, to) });
  const isRun = command(state, (transaction) => {
    state = state.apply(transaction);
  });
  return isRun ? wordsOf(state.doc) : false;
};

test("selected lines become of a kind, and plain when all of them are of it", () => {
  const note = noteOf("text: one", "bullet: two", "text: three");
  expect(after(toggleKind("bullet"), note, 2, 8)).toEqual(["bullet: one", "bullet: two", "text: three"]);
  expect(after(toggleKind("bullet"), note, 7)).toEqual(["text: one", "text: two", "text: three"]);
  expect(after(toggleKind("text"), noteOf("checkx: done"), 2)).toEqual(["text: done"]);
});

test("a kind is that of all selected lines", () => {
  const note = noteOf("check: one", "check: two", "number: three");
  const over = (to: number): boolean =>
    isKind(EditorState.create({ doc: note, selection: TextSelection.create(note, 2, to) }), "check");
  expect([over(8), over(13)]).toEqual([true, false]);
});

test("a new line goes on with its list, unticked; after a heading it is plain", () => {
  expect(after(splitLine, noteOf("checkx: done"), 5)).toEqual(["checkx: done", "check: "]);
  expect(after(splitLine, noteOf("number: one"), 4)).toEqual(["number: one", "number: "]);
  expect(after(splitLine, noteOf("heading: Top"), 4)).toEqual(["heading: Top", "text: "]);
  expect(after(splitLine, noteOf("heading: Top"), 2)).toEqual(["heading: T", "heading: op"]);
});

test("an empty line of a list becomes plain by Enter, any line by Backspace at its start", () => {
  expect(after(leaveEmptyLine, noteOf("bullet: "), 1)).toEqual(["text: "]);
  expect(after(leaveEmptyLine, noteOf("text: "), 1)).toBe(false);
  expect(after(leaveEmptyLine, noteOf("bullet: one"), 4)).toBe(false);
  expect(after(makePlainAtStart, noteOf("heading: one"), 1)).toEqual(["text: one"]);
  expect(after(makePlainAtStart, noteOf("heading: one"), 2)).toBe(false);
  expect(after(makePlainAtStart, noteOf("text: one"), 1)).toBe(false);
});

test("only a line of a checklist is ticked", () => {
  expect(after(toggleCheck, noteOf("check: one"), 2)).toEqual(["checkx: one"]);
  expect(after(toggleCheck, noteOf("checkx: one"), 2)).toEqual(["check: one"]);
  expect(after(toggleCheck, noteOf("bullet: one"), 2)).toBe(false);
});

test("a kind that a newer board made up is shown as text, and kept", () => {
  const note = noteSchema.node("doc", null, [
    noteSchema.node("paragraph", { kind: "table", checked: false }),
  ]);
  expect(wordsOf(note)).toEqual(["text: "]);
  const document = documentOf(note);
  expect(noteIn(document).firstChild?.attrs["kind"]).toBe("table");
});

test.each(["heading", "bullet", "check"] as const)(
  "what one person types into a line stays when another makes it a %s meanwhile",
  (kind: LineKind) => {
    const first = documentOf(noteOf("text: low tide", "text: end"));
    const second = new Doc();
    applyUpdate(second, encodeStateAsUpdate(first));
    edit(first, noteOf("text: low tide at nine", "text: end"));
    edit(second, noteOf(`${kind}: low tide`, "text: end"));
    applyUpdate(first, encodeStateAsUpdate(second));
    applyUpdate(second, encodeStateAsUpdate(first));
    for (const document of [first, second]) {
      expect(wordsOf(noteIn(document))).toEqual([`${kind}: low tide at nine`, "text: end"]);
    }
  },
);

test("lines that are in the old note and not in the new one are lost, each as often as it is missing", () => {
  const before = noteOf("text: one", "text: two", "text: two", "text: ", "bullet: three");
  const lost = lostLines(before, noteOf("text: two", "text: three"));
  expect(lost.map(({ textContent }) => textContent)).toEqual(["one", "two", "three"]);
  expect(lostLines(before, before)).toEqual([]);
});

test("lost lines are put at the end, or in place of the empty line of an empty note", () => {
  expect(withMine(noteOf("text: theirs"))).toEqual(["text: theirs", "bullet: mine"]);
  expect(withMine(noteOf("text: "))).toEqual(["bullet: mine"]);
});

test("the words of edits are found without the document that they belong to", () => {
  const shared = documentOf(noteOf("text: Low tide"));
  const mine = new Doc();
  applyUpdate(mine, encodeStateAsUpdate(shared));
  const updates: Uint8Array[] = [];
  mine.on("update", (update: Uint8Array) => updates.push(update));
  for (const end of ["L", "Li", "Lim", "Limpe", "Limpets", "Limpet"]) {
    edit(mine, noteOf("text: Low tide at nine 🐚", `bullet: ${end}`));
  }
  expect(rescuedLines(updates).map(({ textContent }) => textContent)).toEqual([" at nine 🐚", "Limpet"]);
  expect(rescuedLines([])).toEqual([]);
});

const withMine = (note: Node): readonly string[] =>
  wordsOf(linesToAdd(EditorState.create({ doc: note }), [lineOf("bullet: mine")]).doc);

const documentOf = (note: Node): Doc => {
  const document = new Doc();
  prosemirrorToYXmlFragment(note, fragmentOf(document));
  return document;
};

const noteIn = (document: Doc): Node => yXmlFragmentToProseMirrorRootNode(fragmentOf(document), noteSchema);

/** Makes a document say what a note says, as the editor does after each change. */
const edit = (document: Doc, note: Node): void =>
  updateYFragment(document, fragmentOf(document), note, { mapping: new Map(), isOMark: new Map() });
