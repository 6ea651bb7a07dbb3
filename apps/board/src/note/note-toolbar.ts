/**
 * The buttons above a note: styles of words and of lines, and undo and redo of one's own typing. One stop for Tab;
 * arrow keys go from button to button.
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/toolbar/
 */
import { toggleMark } from "prosemirror-commands";
import type { Command, EditorState } from "prosemirror-state";
import { redoCommand, undoCommand } from "y-prosemirror";
import { createElement, createIconButton, setAttribute } from "../view/element.ts";
import { createIcon, type IconName } from "../view/icons.ts";
import { isKind, toggleKind } from "./line-commands.ts";
import { noteSchema, type LineKind } from "./note-schema.ts";

export interface NoteToolbar {
  readonly element: HTMLElement;
  /** Shows which styles the selection has, and whether there is anything to undo or redo. */
  update(state: EditorState): void;
}

interface Tool {
  readonly name: string;
  readonly icon: IconName;
  readonly command: Command;
  /** Whether the selection has the style already; undefined for what is no style. */
  readonly isOn?: (state: EditorState) => boolean;
}

/** `run` runs a command on the note that is open at that moment. */
export const createNoteToolbar = (run: (command: Command) => void): NoteToolbar => {
  const buttons = tools.map((tool) => {
    const button = createIconButton(tool.name, createIcon(tool.icon), () => {
      if (button.getAttribute("aria-disabled") !== "true") run(tool.command);
    });
    // The selection stays where it is, and so does the keyboard of a phone.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    return { tool, button };
  });
  const attributes = { role: "toolbar", "aria-label": "Style of the note" };
  const element = createElement(
    "div",
    { class: "note-toolbar", attributes },
    ...buttons.map(({ button }) => button),
  );
  enableArrows(
    element,
    buttons.map(({ button }) => button),
  );
  const update = (state: EditorState): void => {
    for (const { tool, button } of buttons) {
      if (tool.isOn !== undefined) setAttribute(button, "aria-pressed", String(tool.isOn(state)));
      setAttribute(button, "aria-disabled", tool.command(state) ? undefined : "true");
    }
  };
  return { element, update };
};

const markTool = (name: string, icon: IconName, markName: string): Tool => {
  const mark = noteSchema.marks[markName];
  if (mark === undefined) throw new Error(`The note's schema has no mark "${markName}".`);
  const isOn = ({ selection, storedMarks, doc }: EditorState): boolean =>
    selection.empty
      ? mark.isInSet(storedMarks ?? selection.$from.marks()) !== undefined
      : doc.rangeHasMark(selection.from, selection.to, mark);
  return { name, icon, command: toggleMark(mark), isOn };
};

const lineTool = (name: string, icon: IconName, kind: LineKind): Tool => ({
  name,
  icon,
  command: toggleKind(kind),
  isOn: (state) => isKind(state, kind),
});

const tools: readonly Tool[] = [
  markTool("Bold", "bold", "strong"),
  markTool("Italic", "italic", "em"),
  lineTool("Heading", "heading", "heading"),
  lineTool("Subheading", "subheading", "subheading"),
  lineTool("Bulleted list", "bullets", "bullet"),
  lineTool("Numbered list", "numbers", "number"),
  lineTool("Checklist", "checklist", "check"),
  { name: "Undo my typing", icon: "undo", command: undoCommand },
  { name: "Redo my typing", icon: "redo", command: redoCommand },
];

const enableArrows = (toolbar: HTMLElement, buttons: readonly HTMLButtonElement[]): void => {
  const select = (index: number): void => {
    for (const [at, button] of buttons.entries()) button.tabIndex = at === index ? 0 : -1;
  };
  select(0);
  toolbar.addEventListener("focusin", ({ target }) => {
    const index = buttons.findIndex((button) => button === target);
    if (index >= 0) select(index);
  });
  toolbar.addEventListener("keydown", (event) => {
    const index = buttons.findIndex((button) => button === event.target);
    const last = buttons.length - 1;
    const next = new Map([
      ["ArrowRight", index === last ? 0 : index + 1],
      ["ArrowLeft", index === 0 ? last : index - 1],
      ["Home", 0],
      ["End", last],
    ]).get(event.key);
    if (index < 0 || next === undefined) return;
    event.preventDefault();
    buttons[next]?.focus();
  });
};
