/**
 * Dragging cards with mouse, pen or finger, by pointer events: a finger must rest a moment first, so that it can
 * still scroll. Escape gives up.
 */
import { CardDrag, type CardDrop } from "./dragged-card.ts";
import type { Point } from "./edge-scroll.ts";

/** How far a pressed mouse moves, in px, before it drags. */
const mouseSlackPx = 5;
/** How long a finger rests, in ms, before it drags, and how far it may stray meanwhile, in px. */
const touchRestMs = 280;
const touchSlackPx = 8;

export const enableCardDrag = (board: HTMLElement, onDrop: (drop: CardDrop) => Promise<void>): void => {
  board.addEventListener("pointerdown", (event) => {
    const { target, button, pointerId, pointerType } = event;
    if (button !== 0 || !(target instanceof Element) || !event.isPrimary) return;
    const card = target.closest<HTMLElement>("[data-card-id]");
    if (card === null || target.closest(".title-form, .icon-button") !== null) return;
    watchPress({ board, card, pointerId, isTouch: pointerType === "touch", start: event, onDrop });
  });
};

interface Press {
  readonly board: HTMLElement;
  readonly card: HTMLElement;
  readonly pointerId: number;
  readonly isTouch: boolean;
  readonly start: Point;
  readonly onDrop: (drop: CardDrop) => Promise<void>;
}

/** Follows one pressed pointer until it is up: a click, a scroll or a drag. */
const watchPress = (press: Press): void => {
  const { board, card, pointerId, isTouch, start } = press;
  const ending = new AbortController();
  const { signal } = ending;
  let drag: CardDrag | undefined;
  const begin = (point: Point): void => {
    drag = new CardDrag(board, card, start);
    drag.moveTo(point);
  };
  const end = (): void => {
    clearTimeout(timer);
    drag?.close();
    ending.abort();
  };
  const timer = isTouch ? setTimeout(() => begin(start), touchRestMs) : undefined;
  const onMove = (event: PointerEvent): void => {
    if (event.pointerId !== pointerId) return;
    const strayPx = Math.hypot(event.x - start.x, event.y - start.y);
    if (drag !== undefined) drag.moveTo(event);
    else if (!isTouch && strayPx > mouseSlackPx) begin(event);
    else if (isTouch && strayPx > touchSlackPx) end();
  };
  const onUp = (event: PointerEvent): void => {
    if (event.pointerId !== pointerId) return;
    const drop = drag?.drop();
    if (drag !== undefined) swallowClick();
    if (drop !== undefined) void press.onDrop(drop);
    end();
  };
  addEventListener("pointermove", onMove, { signal });
  addEventListener("pointerup", onUp, { signal });
  addEventListener("pointercancel", end, { signal });
  addEventListener("blur", end, { signal });
  addEventListener("keydown", (event) => drag !== undefined && event.key === "Escape" && end(), { signal });
  // While a card is dragged a finger neither scrolls nor opens a menu.
  const keepStill = (event: Event): void => {
    if (drag !== undefined) event.preventDefault();
  };
  addEventListener("touchmove", keepStill, { signal, passive: false });
  addEventListener("contextmenu", keepStill, { signal });
};

/** The click that ends a drag is none. */
const swallowClick = (): void => {
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
};

const swallow = (event: Event): void => {
  event.stopPropagation();
  event.preventDefault();
};
