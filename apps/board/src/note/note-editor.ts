/**
 * The editor of a note: ProseMirror on the card's Yjs document, bound by y-prosemirror. Both are well kept and work with
 * Yjs 13; Tiptap, which is built on them, would add to what is loaded and take none of the work. Undo takes back what
 * was typed here and nothing of the others. Tab leaves the text, so that nobody is trapped in it.
 * @see https://github.com/yjs/y-prosemirror
 */
import { baseKeymap, chainCommands, toggleMark } from "prosemirror-commands";
import { InputRule, inputRules, undoInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { EditorState, type Command, type Plugin } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import type { Awareness } from "y-protocols/awareness";
import {
  initProseMirrorDoc,
  redoCommand,
  undoCommand,
  yCursorPlugin,
  ySyncPlugin,
  yUndoPlugin,
  yUndoPluginKey,
  type UndoPluginState,
} from "y-prosemirror";
import type { Doc } from "yjs";
import { createCaret, createSelectionAttributes } from "./carets.ts";
import { leaveEmptyLine, makePlainAtStart, splitLine, toggleCheck } from "./line-commands.ts";
import { LineView } from "./line-view.ts";
import { fragmentOf, kindOf, noteSchema, type LineKind } from "./note-schema.ts";

/** What the editor edits: a document that may be replaced by another one later (see note-session.ts). */
export interface SharedText {
  readonly doc: Doc;
  readonly awareness: Awareness;
}

/** Makes an editor in `host`; `onUpdate` is called after each change of the text or the selection. */
export const createNoteEditor = (
  host: HTMLElement,
  { doc, awareness }: SharedText,
  onUpdate: (view: EditorView) => void,
): EditorView => {
  const fragment = fragmentOf(doc);
  const { doc: text, mapping } = initProseMirrorDoc(fragment, noteSchema);
  const plugins: readonly Plugin[] = [
    ySyncPlugin(fragment, { mapping }),
    yCursorPlugin(awareness, {
      awarenessStateFilter: (_, clientId) => clientId !== awareness.clientID,
      cursorBuilder: createCaret,
      selectionBuilder: createSelectionAttributes,
    }),
    yUndoPlugin(),
    inputRules({ rules: lineRules }),
    keymap(noteKeys),
    keymap(baseKeymap),
  ];
  const view: EditorView = new EditorView(host, {
    state: EditorState.create({ doc: text, plugins }),
    nodeViews: { paragraph: (line, view, position) => new LineView(line, view, position) },
    attributes: { role: "textbox", "aria-multiline": "true", "aria-label": "Note" },
    clipboardTextSerializer: ({ content }) => content.textBetween(0, content.size, "\n", "\n"),
    // ProseMirror would keep Escape for itself, and it closes the note.
    handleDOMEvents: { keydown: (_, { key }) => key === "Escape" },
    dispatchTransaction: (transaction) => {
      // y-prosemirror says with a delay that the others' carets moved, also to a view that is gone by then.
      if (view.isDestroyed) return;
      view.updateState(view.state.apply(transaction));
      onUpdate(view);
    },
  });
  const { undoManager } = yUndoPluginKey.getState(view.state) as UndoPluginState;
  // What there is to undo or redo changes after the text did.
  for (const event of ["stack-item-added", "stack-item-popped"] as const) {
    undoManager.on(event, () => onUpdate(view));
  }
  return view;
};

const insertBreak: Command = (state, dispatch) => {
  const hardBreak = noteSchema.nodes["hard_break"]?.create();
  if (hardBreak !== undefined) dispatch?.(state.tr.replaceSelectionWith(hardBreak).scrollIntoView());
  return hardBreak !== undefined;
};

const toggleMarkNamed = (name: string): Command => {
  const mark = noteSchema.marks[name];
  if (mark === undefined) throw new Error(`The note's schema has no mark "${name}".`);
  return toggleMark(mark);
};

const noteKeys: Readonly<Record<string, Command>> = {
  "Mod-z": undoCommand,
  "Mod-y": redoCommand,
  "Shift-Mod-z": redoCommand,
  "Mod-b": toggleMarkNamed("strong"),
  "Mod-i": toggleMarkNamed("em"),
  "Mod-`": toggleMarkNamed("code"),
  "Mod-Enter": toggleCheck,
  "Shift-Enter": insertBreak,
  Enter: chainCommands(leaveEmptyLine, splitLine),
  Backspace: chainCommands(undoInputRule, makePlainAtStart),
};

/** What is typed at the beginning of a plain line makes it a heading or part of a list. */
const lineRule = (pattern: RegExp, kind: LineKind): InputRule =>
  new InputRule(pattern, (state, _match, start, end) => {
    const { $from } = state.selection;
    if (kindOf($from.parent) !== "text") return null;
    return state.tr.delete(start, end).setNodeAttribute($from.before(), "kind", kind);
  });

const lineRules: readonly InputRule[] = [
  lineRule(/^# $/, "heading"),
  lineRule(/^## $/, "subheading"),
  lineRule(/^[-*] $/, "bullet"),
  lineRule(/^1[.)] $/, "number"),
  lineRule(/^\[ ?\] $/, "check"),
];
