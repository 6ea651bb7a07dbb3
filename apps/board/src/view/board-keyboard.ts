/**
 * The keys of the board, besides Tab: arrows go from card to card, Alt and an arrow move the card that has the
 * focus, N opens its note, Delete deletes it, Enter (a click on its title) edits it. Text boxes keep all of their keys.
 */
import { getCard, type Board } from "../board/board-state.ts";
import { nudgeCard, removeCard, type Direction } from "./card-actions.ts";
import type { Desk } from "./desk.ts";
import { openCardNote } from "./note-opening.ts";

const directionByKey: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

export const enableBoardKeys = (desk: Desk, board: HTMLElement, focusCard: (id: string) => void): void => {
  board.addEventListener("keydown", (event) => {
    const { target, key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (!(target instanceof HTMLElement) || isTextBox(target) || ctrlKey || metaKey || shiftKey) return;
    const cardId = target.closest<HTMLElement>("[data-card-id]")?.dataset["cardId"];
    if (cardId === undefined) return;
    const direction = directionByKey[key];
    if (direction !== undefined) {
      // Alt and left would leave the page.
      event.preventDefault();
      if (altKey) void nudgeCard(desk, cardId, direction);
      else focusCard(neighbourOf(desk.store.board, cardId, direction) ?? cardId);
    } else if (key === "Delete" && !altKey) {
      void removeCard(desk, cardId);
    } else if (key.toLowerCase() === "n" && !altKey) {
      event.preventDefault();
      void openCardNote(desk, cardId);
    }
  });
};

/** The card beside another: above or below it in its list, or at its height in the nearest list that has cards. */
export const neighbourOf = (board: Board, cardId: string, direction: Direction): string | undefined => {
  const card = getCard(board, cardId);
  const listIndex = board.lists.findIndex(({ id }) => id === card?.listId);
  const cards = board.lists[listIndex]?.cards ?? [];
  const index = cards.findIndex(({ id }) => id === cardId);
  if (direction === "up") return cards[index - 1]?.id;
  if (direction === "down") return cards[index + 1]?.id;
  const lists =
    direction === "left"
      ? board.lists.slice(0, Math.max(listIndex, 0)).toReversed()
      : board.lists.slice(listIndex + 1);
  const beside = lists.find((list) => list.cards.length > 0)?.cards ?? [];
  return beside[Math.min(index, beside.length - 1)]?.id;
};

const isTextBox = (element: HTMLElement): boolean => element.matches("textarea, input");
