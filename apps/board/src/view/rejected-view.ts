/**
 * The panel of edits that the relay refused: for each, mine beside theirs and a button for either. It opens by
 * itself when there is something new in it, without taking the focus, and closes with its last question.
 */
import type { RejectedGroup } from "rockpool";
import { keepMine, keepTheirs, questionOf, type RejectedQuestion } from "../board/rejected-edits.ts";
import type { Desk } from "./desk.ts";
import { createElement, createIconButton, createTextButton, setAttribute, setText } from "./element.ts";
import { createIcon } from "./icons.ts";

export class RejectedView {
  /** The panel itself. */
  readonly element: HTMLElement;
  /** Opens and closes the panel; shows how many questions there are. */
  readonly toggle: HTMLButtonElement;
  readonly #desk: Desk;
  readonly #badge: HTMLSpanElement = createElement("span", { class: "badge" });
  readonly #questions: HTMLUListElement = createElement("ul", { attributes: { role: "list" } });
  #shownIds: readonly string[] = [];
  #shownText = "";

  constructor(desk: Desk) {
    this.#desk = desk;
    const attributes = { type: "button", "aria-controls": "rejected", "aria-expanded": "false" };
    this.toggle = createElement(
      "button",
      { class: "rejected-toggle", attributes },
      createIcon("rejected"),
      "Rejected",
    );
    this.toggle.append(this.#badge);
    this.toggle.hidden = true;
    this.toggle.addEventListener("click", () => this.#setOpen(this.element.hasAttribute("hidden")));
    this.element = createElement(
      "section",
      { class: "rejected", attributes: { id: "rejected", "aria-label": "Rejected edits" } },
      createElement(
        "header",
        {},
        createElement("h2", { text: "Rejected edits" }),
        createIconButton("Close rejected edits", createIcon("close"), () => this.#close()),
      ),
      createElement("p", { text: "Somebody was quicker. Nothing of yours is lost: choose what stands." }),
      this.#questions,
    );
    this.element.hidden = true;
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
    // Also when another tab decides, or when "theirs" changes while the question is open.
    const refresh = (): void => void this.refresh();
    desk.kv.sync.addEventListener("rejected", refresh);
    desk.kv.sync.addEventListener("status", ({ detail }) => {
      if (detail.rejected !== this.#shownIds.length) refresh();
    });
    desk.store.subscribe(() => {
      if (this.#shownIds.length > 0) refresh();
    });
    refresh();
  }

  /** Reads the rejected groups, puts away those without a question, and shows the rest. */
  async refresh(): Promise<void> {
    const groups = (await this.#desk.attempt(() => this.#desk.kv.sync.rejected())) ?? [];
    const asked: [RejectedGroup, RejectedQuestion][] = [];
    for (const group of groups) {
      const question = questionOf(group, this.#desk.store.entries);
      if (question !== undefined) asked.push([group, question]);
      else await this.#decide(() => keepTheirs(this.#desk.kv, group));
    }
    this.#show(asked);
  }

  #show(asked: readonly (readonly [RejectedGroup, RejectedQuestion])[]): void {
    const text = JSON.stringify(asked.map(([, question]) => question));
    if (text === this.#shownText) return;
    const hasNew = asked.some(([{ id }]) => !this.#shownIds.includes(id));
    this.#shownText = text;
    this.#shownIds = asked.map(([{ id }]) => id);
    const hadFocus = this.#questions.contains(document.activeElement);
    this.#questions.replaceChildren(
      ...asked.map(([group, question]) => this.#createQuestion(group, question)),
    );
    setText(this.#badge, String(asked.length));
    this.toggle.hidden = asked.length === 0;
    if (hasNew) this.#desk.announce("An edit was rejected. See the panel Rejected edits.");
    if (asked.length === 0) this.#close();
    else if (hasNew) this.#setOpen(true);
    if (!hadFocus) return;
    (this.#questions.querySelector("button") ?? document.querySelector<HTMLElement>("main"))?.focus();
  }

  #createQuestion(group: RejectedGroup, { reason, edits }: RejectedQuestion): HTMLLIElement {
    const table = edits.map(({ what, mine, theirs }) =>
      createElement(
        "div",
        { class: "sides" },
        createElement("h3", { text: what }),
        createElement(
          "div",
          { class: "side" },
          createElement("h4", { text: "Mine" }),
          createElement("p", { text: mine }),
        ),
        createElement(
          "div",
          { class: "side" },
          createElement("h4", { text: "Theirs" }),
          createElement("p", { text: theirs }),
        ),
      ),
    );
    const { kv } = this.#desk;
    const decide = (action: () => Promise<void>): void =>
      void this.#decide(action).then(() => this.refresh());
    const buttons = createElement(
      "div",
      { class: "form-buttons" },
      createTextButton("Keep mine", "primary-button", () => decide(() => keepMine(kv, group))),
      createTextButton("Keep theirs", "quiet-button", () => decide(() => keepTheirs(kv, group))),
    );
    return createElement("li", {}, createElement("p", { class: "reason", text: reason }), ...table, buttons);
  }

  /** Runs a decision; that another tab took it first is no failure. */
  async #decide(action: () => Promise<void>): Promise<void> {
    await this.#desk.attempt(() =>
      action().catch((error: unknown) => {
        if (!(error instanceof Error && "code" in error && error.code === "not-found")) throw error;
      }),
    );
  }

  #close(): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.#setOpen(false);
    if (hadFocus && !this.toggle.hidden) this.toggle.focus();
  }

  #setOpen(isOpen: boolean): void {
    this.element.hidden = !isOpen;
    setAttribute(this.toggle, "aria-expanded", String(isOpen));
  }
}
