/**
 * A button that opens a form for a new title. The form stays open after each title for the next one, until Escape,
 * "Cancel" or leaving it empty.
 */
import { createElement, createTextButton } from "./element.ts";
import { createIcon } from "./icons.ts";
import { createTitleForm } from "./title-form.ts";

export interface ComposerOptions {
  /** What the button that opens the form says. */
  readonly openName: string;
  /** What the text box is called. */
  readonly inputName: string;
  readonly titleMax: number;
  onSubmit(title: string): void;
}

export class Composer {
  readonly element: HTMLElement;
  readonly #options: ComposerOptions;
  readonly #openButton: HTMLButtonElement;

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#openButton = createTextButton(options.openName, "open-composer", () => this.#open());
    this.#openButton.prepend(createIcon("add"));
    this.element = createElement("div", { class: "composer" }, this.#openButton);
  }

  #open(): void {
    const { inputName, titleMax, onSubmit } = this.#options;
    const form = createTitleForm({
      name: inputName,
      submitName: "Add",
      titleMax,
      onSubmit: (title) => {
        form.input.value = "";
        onSubmit(title);
      },
      onClose: () => {
        const hadFocus = form.element.contains(document.activeElement);
        form.element.replaceWith(this.#openButton);
        if (hadFocus) this.#openButton.focus();
      },
    });
    this.#openButton.replaceWith(form.element);
    form.input.focus();
  }
}
