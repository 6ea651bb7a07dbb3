/**
 * What is on screen while a card is dragged: a copy that follows the pointer and a bar that shows where it would go.
 * The board itself is not touched until the drop, so whatever else arrives meanwhile is drawn as usual.
 */
import { scrollAtEdges, type Point } from "./edge-scroll.ts";
import { createElement } from "./element.ts";

export interface CardDrop {
  readonly card: Element;
  readonly cardId: string;
  readonly listId: string;
  /** Among the other cards of that list. */
  readonly index: number;
  /** Where the copy was let go. */
  readonly rect: DOMRect;
}

interface DropPlace {
  readonly listId: string;
  readonly index: number;
}

/** What `.cards` keeps free on either side, in px (styles/list.css). */
const listPaddingPx = 10;

/** What is on screen during one drag. */
export class CardDrag {
  readonly #board: HTMLElement;
  readonly #card: HTMLElement;
  readonly #grip: Point;
  readonly #ghost: HTMLElement;
  readonly #bar: HTMLElement = createElement("div", { class: "drop-bar" });
  readonly #closing = new AbortController();
  #place: DropPlace | undefined;
  #point: Point;

  constructor(board: HTMLElement, card: HTMLElement, start: Point) {
    const rect = card.getBoundingClientRect();
    this.#board = board;
    this.#card = card;
    this.#point = start;
    this.#grip = { x: start.x - rect.x, y: start.y - rect.y };
    this.#ghost = createElement("div", { class: "drag-ghost", attributes: { "aria-hidden": "true" } });
    const copy = card.cloneNode(true) as HTMLElement;
    for (const element of [copy, ...copy.querySelectorAll("[id]")]) element.removeAttribute("id");
    this.#ghost.append(copy);
    this.#ghost.inert = true;
    this.#ghost.style.width = `${rect.width}px`;
    card.classList.add("is-lifted");
    document.body.append(this.#ghost, this.#bar);
    scrollAtEdges(
      board,
      () => this.#point,
      this.#closing.signal,
      () => this.#aim(),
    );
  }

  moveTo(point: Point): void {
    this.#point = { x: point.x, y: point.y };
    this.#ghost.style.translate = `${point.x - this.#grip.x}px ${point.y - this.#grip.y}px`;
    this.#aim();
  }

  /** Where the card would go now; undefined when that is where it is. */
  drop(): CardDrop | undefined {
    const { cardId } = this.#card.dataset;
    if (cardId === undefined || this.#place === undefined) return undefined;
    return { card: this.#card, cardId, ...this.#place, rect: this.#ghost.getBoundingClientRect() };
  }

  close(): void {
    this.#closing.abort();
    this.#ghost.remove();
    this.#bar.remove();
    this.#card.classList.remove("is-lifted");
  }

  #aim(): void {
    const list = listAt(this.#board, this.#point.x);
    if (list === undefined) return;
    const cards = [...list.children].filter((card) => card !== this.#card);
    const rects = cards.map((card) => card.getBoundingClientRect());
    const index = rects.filter((rect) => rect.top + rect.height / 2 < this.#point.y).length;
    const isAtHome = list === this.#card.parentElement && index === [...list.children].indexOf(this.#card);
    const listId = list.dataset["listId"];
    this.#place = isAtHome || listId === undefined ? undefined : { listId, index };
    this.#bar.hidden = isAtHome;
    const area = list.getBoundingClientRect();
    const top = rects[index - 1]?.bottom ?? area.top - 4;
    const bottom = rects[index]?.top ?? top + 8;
    this.#bar.style.width = `${area.width - 2 * listPaddingPx}px`;
    this.#bar.style.translate = `${area.left + listPaddingPx}px ${(top + bottom) / 2}px`;
  }
}

/** The list whose column is at `x`, or nearest to it. */
const listAt = (board: HTMLElement, x: number): HTMLElement | undefined => {
  const distanceOf = (element: Element): number => {
    const { left, right } = element.getBoundingClientRect();
    return Math.max(left - x, x - right, 0);
  };
  return [...board.querySelectorAll<HTMLElement>("[data-list-id]")].toSorted(
    (a, b) => distanceOf(a) - distanceOf(b),
  )[0];
};
