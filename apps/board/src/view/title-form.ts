/**
 * A text box with its buttons, in place of what it names: for the title of a new or an existing card or list.
 * Enter submits, Escape closes. It never closes on losing the focus with something typed in it.
 */
import { createElement, createTextButton } from "./element.ts";

export interface TitleFormOptions {
  /** What the text box is called. */
  readonly name: string;
  /** What the button that submits is called. */
  readonly submitName: string;
  readonly titleMax: number;
  readonly title?: string;
  /** Shown between the text box and the buttons. */
  readonly extra?: HTMLElement;
  /** Gets the title, trimmed and never empty. */
  onSubmit(title: string): void;
  /** The form is to be taken away. Called once. */
  onClose(): void;
}

export interface TitleForm {
  readonly element: HTMLFormElement;
  readonly input: HTMLTextAreaElement;
  /** Whether something was typed or chosen that is not submitted. */
  isDirty(): boolean;
  /** Closes the form; closing twice is harmless. */
  close(): void;
}

export const createTitleForm = (options: TitleFormOptions): TitleForm => {
  const { name, submitName, titleMax, title = "", extra } = options;
  const attributes = { "aria-label": name, rows: "1", maxlength: String(titleMax), enterkeyhint: "done" };
  const input = createElement("textarea", { class: "title-input", attributes });
  input.value = title;
  const buttons = createElement(
    "div",
    { class: "form-buttons" },
    createElement("button", { class: "primary-button", text: submitName, attributes: { type: "submit" } }),
    createTextButton("Cancel", "quiet-button", () => form.close()),
  );
  const children = extra === undefined ? [input, buttons] : [input, extra, buttons];
  const element = createElement("form", { class: "title-form" }, ...children);
  let isTouched = false;
  element.addEventListener("input", () => {
    isTouched = true;
  });
  let isOpen = true;
  const form: TitleForm = {
    element,
    input,
    isDirty: () => isTouched && input.value.trim() !== "",
    close: () => {
      // Taking the form away takes its focus, which would close it again.
      if (isOpen) {
        isOpen = false;
        options.onClose();
      }
    },
  };
  listenToKeys(form, options);
  listenToFocus(form);
  return form;
};

const listenToKeys = ({ element, input, close }: TitleForm, { onSubmit }: TitleFormOptions): void => {
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const title = input.value.replaceAll(/\s+/g, " ").trim();
    if (title === "") input.focus();
    else onSubmit(title);
  });
  element.addEventListener("keydown", (event) => {
    // Enter that ends the composition of a character is not meant for the form.
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      element.requestSubmit();
    }
  });
};

const listenToFocus = ({ element, input, isDirty, close }: TitleForm): void => {
  // A click beside the text leaves the caret where it is: only leaving the whole form takes the focus.
  element.addEventListener("mousedown", (event) => {
    if (event.target !== input) event.preventDefault();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    const isInside = relatedTarget instanceof Node && element.contains(relatedTarget);
    // Another window in front is no leaving: the person comes back to the form.
    if (!isInside && document.hasFocus() && !isDirty()) close();
  });
};
