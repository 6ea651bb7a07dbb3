/**
 * The carets and selections of the others in a note, with their names. Colours are set through the style object: the
 * board's content security policy forbids style attributes, which y-prosemirror would write.
 */
import type { DecorationAttrs } from "prosemirror-view";
import { createElement } from "../view/element.ts";
import { personOf } from "../person.ts";

/** A caret. Not read aloud amid the text: the list of people says who is here. */
export const createCaret = (user: unknown): HTMLElement => {
  const { name, color } = personOf(user);
  const caret = createElement(
    "span",
    { class: "caret", attributes: { "aria-hidden": "true" } },
    // Word joiners give the caret a place in the line without room for a break.
    "\u2060",
    createElement("span", { class: "caret-name", text: name }),
    "\u2060",
  );
  caret.style.setProperty("--person", color);
  return caret;
};

export const createSelectionAttributes = (user: unknown): DecorationAttrs => ({
  class: "others-selection",
  style: `--person: ${personOf(user).color}`,
});
