/**
 * What a note loses when its document is replaced by another one: lines that stood here and stand there no more. They
 * can be put back as what they are now, new lines at the end.
 */
import type { Node } from "prosemirror-model";
import type { EditorState, Transaction } from "prosemirror-state";

/** The lines of `before` that are not in `after`, in their order; empty ones are no loss. */
export const lostLines = (before: Node, after: Node): readonly Node[] => {
  const left = after.children.map(textOf);
  return before.children.filter((line) => {
    if (line.content.size === 0) return false;
    const at = left.indexOf(textOf(line));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

/** Adds lines to the end of a note; they take the place of a note's only, empty line. */
export const linesToAdd = ({ doc, tr }: EditorState, lines: readonly Node[]): Transaction => {
  const isEmpty = doc.childCount === 1 && doc.firstChild?.content.size === 0;
  return tr.replaceWith(isEmpty ? 0 : doc.content.size, doc.content.size, lines).scrollIntoView();
};

const textOf = (line: Node): string => JSON.stringify(line.toJSON());
