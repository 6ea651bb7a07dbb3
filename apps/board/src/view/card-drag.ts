/**
 * Dragging cards with mouse, pen or finger, by pointer events: a finger must rest a moment first, so that it can
 * still scroll. Escape gives up.
 */
import { CardDrag, type CardDrop } from "./dragged-card.ts";

/** How far a pressed mouse moves, in px, before it drags. */
const mouseSlackPx = 5;
/** How long a finger rests, in ms, before it drags, and how far it may stray meanwhile, in px. */
const touchRestMs = 280;
const touchSlackPx = 8;

export const enableCardDrag = (board: HTMLElement, onDrop: (drop: CardDrop) => void): void => {
  let press: Press | undefined;
  board.addEventListener("pointerdown", (event) => {
    const { target, button } = event;
    if (button !== 0 || !(target instanceof Element) || !event.isPrimary) return;
    const card = target.closest<HTMLElement>("[data-card-id]");
    if (card === null || target.closest(".title-form, .icon-button") !== null) return;
    press?.close();
    press = new Press(board, card, event, onDrop);
  });
  // While a card is dragged a finger neither scrolls nor opens a menu. Here and not for each press, because a browser
  // asks before the first touch whether anybody may want to stop the scrolling.
  const keepStill = (event: Event): void => {
    if (press?.isDragging === true) event.preventDefault();
  };
  board.addEventListener("touchmove", keepStill, { passive: false });
  board.addEventListener("contextmenu", keepStill);
};

/** One pressed pointer until it is up: a click, a scroll or a drag. */
class Press {
  readonly #board: HTMLElement;
  readonly #card: HTMLElement;
  readonly #start: PointerEvent;
  readonly #onDrop: (drop: CardDrop) => void;
  readonly #closing = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #drag: CardDrag | undefined;

  constructor(board: HTMLElement, card: HTMLElement, start: PointerEvent, onDrop: (drop: CardDrop) => void) {
    this.#board = board;
    this.#card = card;
    this.#start = start;
    this.#onDrop = onDrop;
    if (this.#isTouch) this.#timer = setTimeout(() => this.#begin(start), touchRestMs);
    const { signal } = this.#closing;
    addEventListener("pointermove", (event) => this.#move(event), { signal });
    addEventListener("pointerup", (event) => this.#release(event), { signal });
    addEventListener("pointercancel", () => this.close(), { signal });
    addEventListener("blur", () => this.close(), { signal });
    addEventListener("keydown", ({ key }) => this.isDragging && key === "Escape" && this.close(), { signal });
  }

  get isDragging(): boolean {
    return this.#drag !== undefined;
  }

  /** Gives up. Closing twice is harmless. */
  close(): void {
    clearTimeout(this.#timer);
    this.#drag?.close();
    this.#drag = undefined;
    this.#closing.abort();
  }

  get #isTouch(): boolean {
    return this.#start.pointerType === "touch";
  }

  #begin(at: PointerEvent): void {
    this.#drag = new CardDrag(this.#board, this.#card, this.#start);
    this.#drag.moveTo(at);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#start.pointerId) return;
    const strayPx = Math.hypot(event.x - this.#start.x, event.y - this.#start.y);
    if (this.#drag !== undefined) this.#drag.moveTo(event);
    else if (!this.#isTouch && strayPx > mouseSlackPx) this.#begin(event);
    else if (this.#isTouch && strayPx > touchSlackPx) this.close();
  }

  #release(event: PointerEvent): void {
    if (event.pointerId !== this.#start.pointerId) return;
    const drop = this.#drag?.drop();
    if (this.isDragging) swallowClick();
    this.close();
    if (drop !== undefined) this.#onDrop(drop);
  }
}

/** The click that ends a drag is none. */
const swallowClick = (): void => {
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
};

const swallow = (event: Event): void => {
  event.stopPropagation();
  event.preventDefault();
};
