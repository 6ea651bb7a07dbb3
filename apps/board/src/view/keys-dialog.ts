/**
 * The board's keys, listed in a dialog, and the button that opens it.
 */
import { createElement, createIconButton, createTextButton } from "./element.ts";
import { createIcon } from "./icons.ts";

const keys: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [["Tab"], "to the next control"],
  [["↑", "↓", "←", "→"], "from card to card"],
  [["Alt", "↑ ↓ ← →"], "move the card"],
  [["Enter"], "edit the card or the list’s title"],
  [["N"], "open the card’s note"],
  [["Delete"], "delete the card (it can be undone)"],
  [["Esc"], "close, or give up"],
];

export const createKeysDialog = (): {
  readonly dialog: HTMLDialogElement;
  readonly button: HTMLButtonElement;
} => {
  const rows = keys.map(([names, meaning]) =>
    createElement(
      "div",
      {},
      createElement("dt", {}, ...names.map((name) => createElement("kbd", { text: name }))),
      createElement("dd", { text: meaning }),
    ),
  );
  const dialog = createElement(
    "dialog",
    { attributes: { "aria-labelledby": "keys-title" } },
    createElement("h2", { text: "Keys", attributes: { id: "keys-title" } }),
    createElement("dl", {}, ...rows),
    createTextButton("Close", "primary-button", () => dialog.close()),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const button = createIconButton("Keys", createIcon("keyboard"), () => dialog.showModal());
  button.classList.add("keys-button");
  return { dialog, button };
};
