/**
 * What can be done with the lines of a note, as ProseMirror commands: they change what is selected, or say that there
 * is nothing to change. Each changes as little as it can, for others may be at work on the same lines.
 * @see https://prosemirror.net/docs/guide/#commands
 */
import { splitBlockAs } from "prosemirror-commands";
import type { Node } from "prosemirror-model";
import type { Command, EditorState } from "prosemirror-state";
import { isChecked, kindOf, type LineKind } from "./note-schema.ts";

/** Makes the selected lines of a kind, or text when all of them are of that kind already. */
export const toggleKind =
  (kind: LineKind): Command =>
  (state, dispatch) => {
    const wanted = isKind(state, kind) ? "text" : kind;
    const { tr } = state;
    for (const { line, position } of selectedLines(state)) {
      if (line.attrs["kind"] !== wanted) tr.setNodeAttribute(position, "kind", wanted);
      if (isChecked(line)) tr.setNodeAttribute(position, "checked", false);
    }
    dispatch?.(tr.scrollIntoView());
    return true;
  };

/** Whether all selected lines are of a kind. */
export const isKind = (state: EditorState, kind: LineKind): boolean =>
  selectedLines(state).every(({ line }) => kindOf(line) === kind);

/** Ticks the line with the caret, or takes the tick away; for a line of a checklist alone. */
export const toggleCheck: Command = (state, dispatch) => {
  const lines = selectedLines(state).filter(({ line }) => kindOf(line) === "check");
  const { tr } = state;
  const wanted = !lines.every(({ line }) => isChecked(line));
  for (const { position } of lines) tr.setNodeAttribute(position, "checked", wanted);
  if (lines.length > 0) dispatch?.(tr);
  return lines.length > 0;
};

/** Begins a new line: of the same list, but plain and unticked after a heading. */
export const splitLine: Command = splitBlockAs((line, atEnd) => {
  const kind = kindOf(line);
  const isHeading = kind === "heading" || kind === "subheading";
  return { type: line.type, attrs: { kind: isHeading && atEnd ? "text" : kind, checked: false } };
});

/** Makes an empty line of a list plain, instead of adding one more. */
export const leaveEmptyLine: Command = (state, dispatch, view) =>
  state.selection.empty && state.selection.$from.parent.content.size === 0
    ? makePlain(state, dispatch, view)
    : false;

/** At the beginning of a line that is not plain: makes it plain, instead of joining it to the one before. */
export const makePlainAtStart: Command = (state, dispatch, view) =>
  state.selection.empty && state.selection.$from.parentOffset === 0
    ? makePlain(state, dispatch, view)
    : false;

const makePlain: Command = (state, dispatch, view) =>
  isKind(state, "text") ? false : toggleKind(kindOf(state.selection.$from.parent))(state, dispatch, view);

interface PlacedLine {
  readonly line: Node;
  readonly position: number;
}

const selectedLines = ({ doc, selection }: EditorState): readonly PlacedLine[] => {
  const lines: PlacedLine[] = [];
  for (const { $from, $to } of selection.ranges) {
    doc.nodesBetween($from.pos, $to.pos, (line, position) => {
      if (line.isTextblock) lines.push({ line, position });
      return !line.isTextblock;
    });
  }
  return lines;
};
