/**
 * What a person can do with a card, as one call each: the write, the words spoken, the offer to undo it.
 * A card is looked up anew by its id: the board may have changed since it was drawn.
 */
import type { KvEntry } from "rockpool";
import type { CardValue } from "../board/board-keys.ts";
import { getCard, getList, type Card, type List } from "../board/board-state.ts";
import { addCard, cheerCard, deleteCard, editCard, moveCard } from "../board/board-writes.ts";
import type { Desk } from "./desk.ts";

export type Direction = "left" | "right" | "up" | "down";

/** Adds a card to the end of a list; fulfilled with its id. */
export const addCardTo = async (desk: Desk, listId: string, title: string): Promise<string | undefined> => {
  const list = getList(desk.store.board, listId) ?? desk.store.board.lists[0];
  if (list === undefined) return undefined;
  const id = await desk.attempt(addCard(desk.kv, list, title));
  if (id !== undefined) desk.announce(`Added “${title}” to ${list.value.title}.`);
  return id;
};

/** Moves a card one place up or down, or to the same height in the list beside it. */
export const nudgeCard = async (desk: Desk, cardId: string, direction: Direction): Promise<void> => {
  const card = getCard(desk.store.board, cardId);
  const target = card === undefined ? undefined : targetOf(desk.store.board.lists, card, direction);
  if (target === undefined) desk.announce(`There is nothing further ${direction}.`);
  else await moveCardTo(desk, cardId, target.list.id, target.index);
};

/** Moves a card to `index` among the other cards of a list. */
export const moveCardTo = async (
  desk: Desk,
  cardId: string,
  listId: string,
  index: number,
): Promise<void> => {
  const { board } = desk.store;
  const [card, list] = [getCard(board, cardId), getList(board, listId)];
  if (card === undefined || list === undefined) return;
  const count = list.cards.filter(({ id }) => id !== cardId).length + 1;
  const done = await desk.attempt(moveCard(desk.kv, card, list, index).then(() => true));
  if (done !== true) return;
  desk.announce(
    `Moved “${card.value.title}” to ${list.value.title}, ${Math.min(index + 1, count)} of ${count}.`,
  );
};

/**
 * Saves a card's title and label over `entry`, the entry that its author saw. When another tab or device was
 * quicker, nothing is written, and a notice offers to write it all the same.
 */
export const saveCard = async (
  desk: Desk,
  entry: KvEntry<unknown>,
  id: string,
  value: CardValue,
): Promise<void> => {
  const saved = await desk.attempt(editCard(desk.kv, entry, value));
  if (saved === true) desk.announce(`Saved “${value.title}”.`);
  if (saved !== false) return;
  const current = getCard(desk.store.board, id);
  if (current === undefined) {
    offerAsNew(desk, value.title, "The card was deleted while you were writing.");
    return;
  }
  desk.showToast(`Meanwhile this card became “${current.value.title}”. Yours was not saved.`, {
    tone: "warning",
    stayMs: Infinity,
    action: { name: "Use mine", run: () => void saveCard(desk, current.entry, id, value) },
  });
};

/** Offers to make a card of words whose card is gone. */
export const offerAsNew = (desk: Desk, title: string, reason: string): void => {
  const [first] = desk.store.board.lists;
  if (first === undefined) return;
  desk.showToast(`${reason} Yours was “${title}”.`, {
    tone: "warning",
    stayMs: Infinity,
    action: { name: "Keep as a new card", run: () => void addCardTo(desk, first.id, title) },
  });
};

export const cheer = async (desk: Desk, cardId: string): Promise<void> => {
  await desk.attempt(cheerCard(desk.kv, cardId));
};

export const removeCard = async (desk: Desk, cardId: string): Promise<void> => {
  const card = getCard(desk.store.board, cardId);
  if (card === undefined) return;
  const undo = await desk.attempt(deleteCard(desk.kv, desk.store.entries, cardId));
  if (undo === undefined) return;
  desk.showToast(`Deleted “${card.value.title}”.`, {
    action: { name: "Undo", run: () => void desk.attempt(undo()) },
  });
};

const targetOf = (
  lists: readonly List[],
  card: Card,
  direction: Direction,
): { readonly list: List; readonly index: number } | undefined => {
  const listIndex = lists.findIndex(({ id }) => id === card.listId);
  const list = lists[listIndex];
  if (list === undefined) return undefined;
  const index = list.cards.findIndex(({ id }) => id === card.id);
  if (direction === "up") return index > 0 ? { list, index: index - 1 } : undefined;
  if (direction === "down") return index < list.cards.length - 1 ? { list, index: index + 1 } : undefined;
  const beside = lists[listIndex + (direction === "left" ? -1 : 1)];
  return beside === undefined ? undefined : { list: beside, index: Math.min(index, beside.cards.length) };
};
