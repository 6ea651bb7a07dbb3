/**
 * What a person can do with a card, as one call each: the write, the words spoken, the offer to undo it.
 * A card is looked up by its id when its turn comes: the board may have changed since it was drawn.
 */
import type { KvEntry } from "rockpool";
import type { CardValue } from "../board/board-keys.ts";
import { getCard, getList, type Card, type List } from "../board/board-state.ts";
import {
  addCard,
  cheerCard,
  deleteEntries,
  editCard,
  entriesOfCard,
  moveCard,
  restoreEntries,
} from "../board/board-writes.ts";
import type { Desk } from "./desk.ts";

export type Direction = "left" | "right" | "up" | "down";

/** Adds a card to the end of a list. */
export const addCardTo = (desk: Desk, listId: string, title: string): Promise<void> =>
  desk.inTurn(async () => {
    const list = getList(desk.store.board, listId) ?? desk.store.board.lists[0];
    if (list === undefined) return;
    await desk.shown(addCard(desk.kv, list, crypto.randomUUID(), title));
    desk.announce(`Added “${title}” to ${list.value.title}.`);
  });

/** Makes a card with a note of words whose own card is gone, at the end of the first list. */
export const keepNoteAsNewCard = (desk: Desk, title: string, note: Uint8Array): Promise<void> =>
  desk.inTurn(async () => {
    const [list] = desk.store.board.lists;
    if (list === undefined) return;
    await desk.shown(addCard(desk.kv, list, crypto.randomUUID(), title, note));
    desk.announce(`Added “${title}” with its note to ${list.value.title}.`);
  });

/** Moves a card one place up or down, or to the same height in the list beside it. */
export const nudgeCard = (desk: Desk, cardId: string, direction: Direction): Promise<void> =>
  desk.inTurn(async () => {
    const card = getCard(desk.store.board, cardId);
    const target = card === undefined ? undefined : targetOf(desk.store.board.lists, card, direction);
    if (card === undefined || target === undefined) desk.announce(`There is nothing further ${direction}.`);
    else await move(desk, card, target.list, target.index);
  });

/** Moves a card to `index` among the other cards of a list. */
export const moveCardTo = (desk: Desk, cardId: string, listId: string, index: number): Promise<void> =>
  desk.inTurn(async () => {
    const [card, list] = [getCard(desk.store.board, cardId), getList(desk.store.board, listId)];
    if (card !== undefined && list !== undefined) await move(desk, card, list, index);
  });

/**
 * Saves a card's title and label over `entry`, the entry that its author saw. When another tab or device was
 * quicker, nothing is written, and a notice offers to write it all the same.
 */
export const saveCard = (desk: Desk, entry: KvEntry<unknown>, id: string, value: CardValue): Promise<void> =>
  desk.inTurn(async () => {
    if (await desk.shown(editCard(desk.kv, entry, value))) {
      desk.announce(`Saved “${value.title}”.`);
      return;
    }
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
  });

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

/** Takes no turn: cheers add up in whatever order. */
export const cheer = (desk: Desk, cardId: string): Promise<unknown> =>
  desk.attempt(() => cheerCard(desk.kv, cardId));

export const removeCard = (desk: Desk, cardId: string): Promise<void> =>
  desk.inTurn(async () => {
    const card = getCard(desk.store.board, cardId);
    if (card === undefined) return;
    const taken = entriesOfCard(desk.store.entries, cardId);
    await desk.shown(deleteEntries(desk.kv, taken));
    desk.showToast(`Deleted “${card.value.title}”.`, {
      action: {
        name: "Undo",
        run: () => void desk.inTurn(() => desk.shown(restoreEntries(desk.kv, taken))),
      },
    });
  });

const move = async (desk: Desk, card: Card, list: List, index: number): Promise<void> => {
  const count = list.cards.filter(({ id }) => id !== card.id).length + 1;
  await desk.shown(moveCard(desk.kv, card, list, index));
  const place = `${Math.min(index + 1, count)} of ${count}`;
  desk.announce(`Moved “${card.value.title}” to ${list.value.title}, ${place}.`);
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
