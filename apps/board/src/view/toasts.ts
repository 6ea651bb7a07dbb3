/**
 * Short notices at the bottom of the window, with at most one thing to do about them. A notice leaves by itself,
 * but not while the pointer or the focus is on it; one that must be answered stays.
 */
import { createElement, createIconButton, createTextButton } from "./element.ts";
import { createIcon } from "./icons.ts";
import { appear } from "./motion.ts";

export interface ToastAction {
  readonly name: string;
  run(): void;
}

export interface ToastOptions {
  readonly action?: ToastAction;
  readonly tone?: "calm" | "warning";
  /** How long it stays, in ms; Infinity until it is closed. Default 7 s. */
  readonly stayMs?: number;
}

/** Shows a notice; what it returns closes it. */
export type ShowToast = (text: string, options?: ToastOptions) => () => void;

const toastsMax = 4;

/** The region that holds the notices, to be put into the page once, and what shows one there. */
export const createToasts = (): { readonly element: HTMLElement; readonly showToast: ShowToast } => {
  const attributes = { "aria-label": "Notices", "aria-live": "polite" };
  const element = createElement("section", { class: "toasts", attributes });
  const showToast: ShowToast = (text, { action, tone = "calm", stayMs = 7000 } = {}) => {
    const toast = createElement("div", { class: "toast", attributes: { "data-tone": tone } });
    const close = closerOf(toast);
    toast.append(createElement("p", { text }));
    if (action !== undefined) {
      const act = (): void => {
        close();
        action.run();
      };
      toast.append(createTextButton(action.name, "toast-action", act));
    }
    toast.append(createIconButton("Close notice", createIcon("close"), close));
    element.append(toast);
    appear(toast);
    if (Number.isFinite(stayMs)) {
      toast.classList.add("is-passing");
      closeAfter(toast, stayMs, close);
    }
    // One that must be answered does not make room for news.
    while (element.children.length > toastsMax && element.firstElementChild !== toast) {
      (element.querySelector(".is-passing") ?? element.firstElementChild)?.remove();
    }
    return close;
  };
  return { element, showToast };
};

/** What closes a notice, also by Escape, and gives the focus back to where it came from. */
const closerOf = (toast: HTMLElement): (() => void) => {
  let focusedBefore: EventTarget | null = null;
  const close = (): void => {
    const hadFocus = toast.contains(document.activeElement);
    toast.remove();
    if (hadFocus && focusedBefore instanceof HTMLElement) focusedBefore.focus();
  };
  toast.addEventListener("focusin", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && toast.contains(relatedTarget))) focusedBefore = relatedTarget;
  });
  toast.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    // Not also the dialog that it may stand in.
    event.preventDefault();
    close();
  });
  return close;
};

/** Closes after `stayMs` in which neither pointer nor focus was on the notice. */
const closeAfter = (toast: HTMLElement, stayMs: number, close: () => void): void => {
  let timer = setTimeout(close, stayMs);
  const hold = (): void => clearTimeout(timer);
  const resume = (): void => {
    clearTimeout(timer);
    timer = setTimeout(close, stayMs);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusout", resume);
};
