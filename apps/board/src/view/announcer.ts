/**
 * Speaks to screen readers, politely: one visually hidden live region for the whole board.
 */
import { createElement } from "./element.ts";

export type Announce = (text: string) => void;

/** The region, to be put into the page once, and the voice that speaks through it. */
export const createAnnouncer = (): { readonly element: HTMLElement; readonly announce: Announce } => {
  const element = createElement("div", { class: "visually-hidden", attributes: { "aria-live": "polite" } });
  let isEven = false;
  const announce = (text: string): void => {
    // The same words twice would be no change and stay unspoken; a no-break space makes them one.
    isEven = !isEven;
    element.textContent = isEven ? text : `${text}\u00A0`;
  };
  return { element, announce };
};
