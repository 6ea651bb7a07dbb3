/**
 * One card on screen: its face (title, cheers, tools) or, while it is edited, a form in its place. Made once for a
 * card and updated in place, so that focus, caret and animations outlive every change from elsewhere.
 */
import type { Card } from "../board/board-state.ts";
import { cardTitleMax } from "../board/board-keys.ts";
import { cheer, nudgeCard, offerAsNew, removeCard, saveCard, type Direction } from "./card-actions.ts";
import type { Desk } from "./desk.ts";
import {
  createElement,
  createHiddenText,
  createIconButton,
  setAttribute,
  setButtonName,
  setText,
} from "./element.ts";
import { createIcon } from "./icons.ts";
import { createLabelPicker, labelName } from "./label-picker.ts";
import { swell } from "./motion.ts";
import { openCardNote } from "./note-opening.ts";
import { createTitleForm, type TitleForm } from "./title-form.ts";

export class CardView {
  readonly element: HTMLLIElement;
  readonly #desk: Desk;
  readonly #titleButton: HTMLButtonElement;
  readonly #labelText: HTMLSpanElement = createHiddenText();
  readonly #pendingText: HTMLSpanElement = createHiddenText();
  readonly #cheersCount: HTMLSpanElement = createElement("span", { class: "cheers-count" });
  readonly #noteButton: HTMLButtonElement;
  readonly #face: HTMLDivElement;
  #form: TitleForm | undefined;
  #card: Card;

  constructor(desk: Desk, card: Card) {
    this.#desk = desk;
    this.#card = card;
    this.#titleButton = createElement("button", {
      class: "card-title",
      attributes: {
        type: "button",
        id: `card-${card.id}`,
        "aria-keyshortcuts": "Enter N Alt+ArrowUp Alt+ArrowDown",
      },
    });
    this.#titleButton.addEventListener("click", () => this.edit());
    this.#noteButton = createIconButton(
      "Add note",
      createIcon("note"),
      () => void openCardNote(desk, this.#card.id),
    );
    this.#noteButton.classList.add("note-button");
    this.#noteButton.setAttribute("aria-describedby", this.#titleButton.id);
    this.#face = createElement(
      "div",
      { class: "card-face" },
      this.#titleButton,
      this.#labelText,
      this.#pendingText,
      createElement(
        "div",
        { class: "card-foot" },
        this.#createCheers(),
        this.#noteButton,
        this.#createTools(),
      ),
    );
    this.element = createElement(
      "li",
      { class: "card", attributes: { "data-card-id": card.id } },
      this.#face,
    );
    this.update(card);
  }

  get card(): Card {
    return this.#card;
  }

  /** Shows the card as it is now. */
  update(card: Card): void {
    if (card.cheers > this.#card.cheers) swell(this.#cheersCount);
    this.#card = card;
    const { title, label } = card.value;
    setText(this.#titleButton, title);
    setText(this.#labelText, label === null ? "" : `Label: ${labelName(label)}.`);
    setText(this.#pendingText, card.pending ? "Not yet synced." : "");
    setText(this.#cheersCount, String(card.cheers));
    setAttribute(this.#cheersCount, "data-none", card.cheers === 0n ? "" : undefined);
    setButtonName(this.#noteButton, card.hasNote ? "Open note" : "Add note");
    setAttribute(this.#noteButton, "data-none", card.hasNote ? undefined : "");
    setAttribute(this.element, "data-label", label ?? undefined);
    setAttribute(this.element, "data-pending", card.pending ? "true" : undefined);
    setAttribute(this.element, "title", card.pending ? "Not yet synced" : undefined);
  }

  focus(): void {
    (this.#form?.input ?? this.#titleButton).focus();
  }

  /** Opens the form. What it is saved over is the card as its author sees it now. */
  edit(): void {
    if (this.#form !== undefined) return;
    const { entry, id, value } = this.#card;
    const picker = createLabelPicker(value.label);
    const form = createTitleForm({
      name: "Card title",
      submitName: "Save",
      titleMax: cardTitleMax,
      title: value.title,
      extra: picker.element,
      onSubmit: (title) => {
        form.close();
        const label = picker.get();
        const isSame = title === value.title && label === value.label;
        if (!isSame) void saveCard(this.#desk, entry, id, { title, label });
      },
      onClose: () => this.#closeForm(form),
    });
    this.#form = form;
    this.#face.hidden = true;
    this.element.append(form.element);
    form.input.focus();
    form.input.select();
  }

  /** The card is gone. What was being typed into it is offered back. */
  leave(): void {
    if (this.#form?.isDirty()) {
      offerAsNew(
        this.#desk,
        this.#form.input.value.trim(),
        "The card you were editing was deleted elsewhere.",
      );
    }
  }

  #closeForm(form: TitleForm): void {
    const hadFocus = form.element.contains(document.activeElement);
    this.#form = undefined;
    this.#face.hidden = false;
    form.element.remove();
    if (hadFocus) this.#titleButton.focus();
  }

  #createCheers(): HTMLElement {
    const button = createIconButton(
      "Cheer",
      createIcon("starfish"),
      () => void cheer(this.#desk, this.#card.id),
    );
    button.setAttribute("aria-describedby", this.#titleButton.id);
    return createElement("div", { class: "cheers" }, button, this.#cheersCount, createHiddenText(" cheers"));
  }

  #createTools(): HTMLElement {
    const createMove = (direction: Direction): HTMLButtonElement =>
      createIconButton(
        `Move card ${direction}`,
        createIcon(direction),
        () => void nudgeCard(this.#desk, this.#card.id, direction),
      );
    const remove = createIconButton(
      "Delete card",
      createIcon("delete"),
      () => void removeCard(this.#desk, this.#card.id),
    );
    const buttons = [...(["left", "up", "down", "right"] as const).map(createMove), remove];
    for (const button of buttons) button.setAttribute("aria-describedby", this.#titleButton.id);
    return createElement("div", { class: "tools" }, ...buttons);
  }
}
