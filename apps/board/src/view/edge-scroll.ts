/**
 * Scrolls the board and its lists while a dragged card is held near their edges.
 */

/** In the window, in px. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How near to an edge scrolling begins, and how far it goes in a frame, in px. */
const edgePx = 44;
const stepPx = 9;

/** Scrolls until `signal` is aborted; tells `onScroll` after each step that moved something. */
export const scrollAtEdges = (
  board: HTMLElement,
  pointOf: () => Point,
  signal: AbortSignal,
  onScroll: () => void,
): void => {
  const step = (): void => {
    if (signal.aborted) return;
    const { x, y } = pointOf();
    const list = document.elementFromPoint(x, y)?.closest<HTMLElement>(".list")?.querySelector(".cards");
    const before = [board.scrollLeft, list?.scrollTop];
    const boardRect = board.getBoundingClientRect();
    board.scrollLeft += stepAt(x, boardRect.left, boardRect.right);
    if (list) {
      const { top, bottom } = list.getBoundingClientRect();
      list.scrollTop += stepAt(y, top, bottom);
    }
    if (before[0] !== board.scrollLeft || before[1] !== list?.scrollTop) onScroll();
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
};

const stepAt = (at: number, low: number, high: number): number =>
  at < low + edgePx ? -stepPx : at > high - edgePx ? stepPx : 0;
