/**
 * The whole board on screen: views by id, put in order after each change, gliding to where they belong.
 */
import { listTitleMax } from "../board/board-keys.ts";
import { getCard, type Board } from "../board/board-state.ts";
import { enableBoardKeys } from "./board-keyboard.ts";
import { enableCardDrag } from "./card-drag.ts";
import { CardView } from "./card-view.ts";
import { moveCardTo } from "./card-actions.ts";
import { orderChildren } from "./children.ts";
import { Composer } from "./composer.ts";
import type { Desk } from "./desk.ts";
import { createElement } from "./element.ts";
import { addListAtEnd } from "./list-actions.ts";
import { ListView } from "./list-view.ts";
import { appear, glide } from "./motion.ts";

export class BoardView {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #listViews = new Map<string, ListView>();
  readonly #cardViews = new Map<string, CardView>();
  readonly #newList: HTMLElement;
  #outline = "";
  /** Where cards that were just dropped are on screen: the next update lets them glide from there. */
  readonly #droppedAt = new Map<Element, DOMRect>();

  constructor(desk: Desk) {
    this.#desk = desk;
    const composer = new Composer({
      openName: "Add list",
      inputName: "New list title",
      titleMax: listTitleMax,
      onSubmit: (title) => void addListAtEnd(desk, title),
    });
    this.#newList = createElement("div", { class: "new-list" }, composer.element);
    this.element = createElement("div", { class: "board" }, this.#newList);
    enableBoardKeys(desk, this.element, (cardId) => this.#cardViews.get(cardId)?.focus());
    enableCardDrag(this.element, ({ card, cardId, listId, index, rect }) => {
      this.#droppedAt.set(card, rect);
      void moveCardTo(desk, cardId, listId, index);
    });
    desk.store.subscribe((board) => this.update(board));
    this.update(desk.store.board);
  }

  update(board: Board): void {
    const isFirst = this.#listViews.size === 0;
    const focusAfter = this.#focusAfter(board);
    const added: Element[] = [];
    const place = (): void => this.#place(board, added);
    const outline = outlineOf(board);
    // Measuring where everything is costs more than drawing it, and most changes move nothing.
    if (outline === this.#outline) place();
    else glide(this.#elements(), place, this.#droppedAt);
    this.#outline = outline;
    this.#droppedAt.clear();
    if (!isFirst) for (const element of added) appear(element);
    focusAfter?.();
  }

  #elements(): readonly Element[] {
    return [...this.#cardViews.values(), ...this.#listViews.values()].map(({ element }) => element);
  }

  #place(board: Board, added: Element[]): void {
    const lists = board.lists.map((list) => {
      const view = this.#listViews.get(list.id) ?? new ListView(this.#desk, list);
      if (!this.#listViews.has(list.id)) added.push(view.element);
      this.#listViews.set(list.id, view);
      view.update(list);
      return view;
    });
    orderChildren(this.element, [...lists.map(({ element }) => element), this.#newList]);
    for (const [index, list] of board.lists.entries()) {
      const cards = list.cards.map((card) => {
        const view = this.#cardViews.get(card.id) ?? new CardView(this.#desk, card);
        if (!this.#cardViews.has(card.id)) added.push(view.element);
        this.#cardViews.set(card.id, view);
        view.update(card);
        return view.element;
      });
      const parent = lists[index]?.cards;
      if (parent !== undefined) orderChildren(parent, cards);
    }
    this.#forget(board);
  }

  #forget(board: Board): void {
    for (const [id, view] of this.#cardViews) {
      if (getCard(board, id) !== undefined) continue;
      this.#cardViews.delete(id);
      view.element.remove();
      view.leave();
    }
    const listIds = new Set(board.lists.map(({ id }) => id));
    for (const [id, view] of this.#listViews) {
      if (listIds.has(id)) continue;
      this.#listViews.delete(id);
      view.element.remove();
    }
  }

  /** Where the focus goes when the card or list that has it is about to leave: to its neighbour. */
  #focusAfter(board: Board): (() => void) | undefined {
    const focused = document.activeElement;
    for (const [id, view] of this.#cardViews) {
      if (!view.element.contains(focused) || getCard(board, id) !== undefined) continue;
      const siblings = [...(view.element.parentElement?.children ?? [])];
      const at = siblings.indexOf(view.element);
      const neighbours = [...siblings.slice(at + 1), ...siblings.slice(0, at).toReversed()];
      const next = [...this.#cardViews.values()].find(({ element }) => element === neighbours[0]);
      const list = this.#listViews.get(view.card.listId);
      return () => (next ?? list)?.focus();
    }
    const leavesList = [...this.#listViews].some(
      ([id, { element }]) => element.contains(focused) && !board.lists.some((list) => list.id === id),
    );
    return leavesList ? () => this.#newList.querySelector("button")?.focus() : undefined;
  }
}

/** What stands where, as one text. */
const outlineOf = ({ lists }: Board): string =>
  JSON.stringify(lists.map(({ id, cards }) => [id, ...cards.map((card) => card.id)]));
