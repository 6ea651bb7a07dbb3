/**
 * One list on screen: its title, its cards in a `ul` of that name, and the way to add one. Made once for a list and
 * updated in place.
 */
import { cardTitleMax, listTitleMax } from "../board/board-keys.ts";
import type { List } from "../board/board-state.ts";
import { addCardTo } from "./card-actions.ts";
import { Composer } from "./composer.ts";
import type { Desk } from "./desk.ts";
import { createElement, createHiddenText, createIconButton, setAttribute, setText } from "./element.ts";
import { createIcon } from "./icons.ts";
import { removeList, saveListTitle, shiftList } from "./list-actions.ts";
import { createTitleForm } from "./title-form.ts";

export class ListView {
  readonly element: HTMLElement;
  /** Where the cards go. */
  readonly cards: HTMLUListElement;
  readonly #desk: Desk;
  readonly #titleButton: HTMLButtonElement;
  readonly #count: HTMLSpanElement = createElement("span", { class: "list-count" });
  readonly #unit: HTMLSpanElement = createHiddenText();
  readonly #pendingText: HTMLSpanElement = createHiddenText();
  readonly #head: HTMLElement;
  #list: List;

  constructor(desk: Desk, list: List) {
    this.#desk = desk;
    this.#list = list;
    const titleId = `list-${list.id}`;
    this.#titleButton = createElement("button", {
      class: "list-title",
      attributes: { type: "button", title: "Rename list" },
    });
    this.#titleButton.addEventListener("click", () => this.#edit());
    const heading = createElement("h2", { attributes: { id: titleId } }, this.#titleButton);
    const count = createElement("span", {}, this.#count, this.#unit, this.#pendingText);
    this.#head = createElement("header", { class: "list-head" }, heading, count, this.#createTools());
    this.cards = createElement("ul", {
      class: "cards",
      attributes: { role: "list", "aria-labelledby": titleId, "data-list-id": list.id },
    });
    const composer = new Composer({
      openName: "Add card",
      inputName: "New card title",
      titleMax: cardTitleMax,
      onSubmit: (title) => void addCardTo(desk, this.#list.id, title),
    });
    const attributes = { "aria-labelledby": titleId };
    this.element = createElement(
      "section",
      { class: "list", attributes },
      this.#head,
      this.cards,
      composer.element,
    );
    this.update(list);
  }

  update(list: List): void {
    this.#list = list;
    setText(this.#titleButton, list.value.title);
    setText(this.#count, String(list.cards.length));
    setText(this.#unit, list.cards.length === 1 ? " card" : " cards");
    setText(this.#pendingText, list.pending ? " (not yet synced)" : "");
    setAttribute(this.element, "data-pending", list.pending ? "true" : undefined);
  }

  focus(): void {
    this.#titleButton.focus();
  }

  #edit(): void {
    const { entry, id, value } = this.#list;
    const form = createTitleForm({
      name: "List title",
      submitName: "Save",
      titleMax: listTitleMax,
      title: value.title,
      onSubmit: (title) => {
        form.close();
        if (title !== value.title) void saveListTitle(this.#desk, entry, id, { ...value, title });
      },
      onClose: () => {
        const hadFocus = form.element.contains(document.activeElement);
        form.element.replaceWith(this.#head);
        if (hadFocus) this.#titleButton.focus();
      },
    });
    this.#head.replaceWith(form.element);
    form.input.focus();
    form.input.select();
  }

  #createTools(): HTMLElement {
    const createShift = (direction: "left" | "right"): HTMLButtonElement =>
      createIconButton(
        `Move list ${direction}`,
        createIcon(direction),
        () => void shiftList(this.#desk, this.#list.id, direction),
      );
    const remove = createIconButton(
      "Delete list",
      createIcon("delete"),
      () => void removeList(this.#desk, this.#list.id),
    );
    return createElement("div", { class: "tools" }, createShift("left"), createShift("right"), remove);
  }
}
