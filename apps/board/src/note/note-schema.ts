/**
 * What a note consists of: lines, each of a kind. A heading or a list is the kind of its lines and no element around
 * them, since a change of an attribute leaves a line's text where it is: had the line to become another element, Yjs
 * would delete its text and write it anew, and what somebody else typed into it meanwhile would be gone.
 */
import { Schema, type Node, type NodeSpec } from "prosemirror-model";
import { marks } from "prosemirror-schema-basic";
import type { Doc, XmlFragment } from "yjs";

export const lineKinds = ["text", "heading", "subheading", "bullet", "number", "check"] as const;

export type LineKind = (typeof lineKinds)[number];

/** The kind of a line; one that a newer board made up is text here, and stays what it is. */
export const kindOf = (line: Node): LineKind =>
  lineKinds.find((kind) => kind === line.attrs["kind"]) ?? "text";

export const isChecked = (line: Node): boolean => line.attrs["checked"] === true;

/** The element that shows a line; the board's own headings are of a higher level. */
export const tagOf = (kind: LineKind): "p" | "h3" | "h4" =>
  kind === "heading" ? "h3" : kind === "subheading" ? "h4" : "p";

/** Where in a card's document its note is. */
export const fragmentOf = (document: Doc): XmlFragment => document.getXmlFragment("prosemirror");

/** y-prosemirror's undo spares a paragraph in which others have written, and knows it by this name. */
const line: NodeSpec = {
  attrs: { kind: { default: "text", validate: "string" }, checked: { default: false, validate: "boolean" } },
  content: "inline*",
  group: "block",
  toDOM: (node) => [
    tagOf(kindOf(node)),
    { "data-kind": kindOf(node), "data-checked": String(isChecked(node)) },
    0,
  ],
  parseDOM: [
    {
      tag: "p[data-kind]",
      getAttrs: ({ dataset }) => ({
        kind: dataset["kind"] ?? "text",
        checked: dataset["checked"] === "true",
      }),
    },
    { tag: "h1, h2, h3", attrs: { kind: "heading" } },
    { tag: "h4, h5, h6", attrs: { kind: "subheading" } },
    { tag: "ol > li", attrs: { kind: "number" } },
    { tag: "li", attrs: { kind: "bullet" } },
    { tag: "p" },
  ],
};

export const noteSchema: Schema = new Schema({
  nodes: {
    doc: { content: "paragraph+" },
    paragraph: line,
    text: { group: "inline" },
    hard_break: {
      inline: true,
      group: "inline",
      selectable: false,
      parseDOM: [{ tag: "br" }],
      toDOM: () => ["br"],
    },
  },
  marks: { strong: marks.strong, em: marks.em, code: marks.code },
});
