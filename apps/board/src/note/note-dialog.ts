/**
 * The frame around a note: a modal dialog with the card's title, the people who are here, the styles, the text, and
 * below it what has become of it. Escape, the button and a press beside the dialog close it; nothing is lost by that.
 */
import { createElement, createIconButton, setAttribute, setText } from "../view/element.ts";
import { createIcon } from "../view/icons.ts";

export interface NoteFrame {
  readonly dialog: HTMLDialogElement;
  /** Where the editor goes. */
  readonly host: HTMLElement;
  setTitle(title: string): void;
  /** Says in words how far the text got; `state` is for styles and tests. */
  setState(state: string, words: string): void;
}

/** `speakers` are what notices and words for screen readers appear in: a modal dialog makes all outside it mute. */
export const createNoteFrame = (
  people: HTMLElement,
  toolbar: HTMLElement,
  speakers: readonly HTMLElement[],
): NoteFrame => {
  const title = createElement("h2", { attributes: { id: "note-title" } });
  const host = createElement("div", { class: "note-text" });
  const state = createElement("p", { class: "note-state" });
  const dialog: HTMLDialogElement = createElement(
    "dialog",
    { class: "note", attributes: { "aria-labelledby": "note-title" } },
    createElement(
      "div",
      { class: "note-frame" },
      createElement(
        "header",
        {},
        title,
        createIconButton("Close note", createIcon("close"), () => dialog.close()),
      ),
      people,
      toolbar,
      host,
      state,
    ),
  );
  // A press: a click also ends beside the dialog when somebody selects text and lets go there.
  dialog.addEventListener("pointerdown", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    document.body.append(...speakers);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.append(...speakers);
  return {
    dialog,
    host,
    setTitle: (text) => setText(title, text),
    setState: (name, words) => {
      setAttribute(state, "data-state", name);
      setText(state, words);
    },
  };
};
