/**
 * Every write the board makes, one commit each. Whose conflict may be settled by time is written blindly (a move,
 * a deletion); words that somebody chose are checked (a card's or a list's title): of two renames made at once
 * the later one is rejected and its author asked, instead of one being lost without a word. Cheers add up.
 */
import type { AtomicOperation, Key, Kv, KvEntry } from "rockpool";
import {
  cardKey,
  cheersKey,
  listKey,
  placeKey,
  type CardValue,
  type ListValue,
  type Place,
} from "./board-keys.ts";
import { getList, keyName, type Board, type Card, type Entries, type List } from "./board-state.ts";
import { placeAt } from "./order.ts";

/** Puts back what a deletion took. */
export type Undo = () => Promise<unknown>;

export const addCard = async (kv: Kv, list: List, title: string): Promise<string> => {
  const id = crypto.randomUUID();
  const value: CardValue = { title, label: null };
  const operation = kv.atomic().set(cardKey(id), value);
  await writePlaces(operation, list, id, list.cards.length).commit();
  return id;
};

/** Moves a card to `index` among the other cards of `list`, blindly: of two moves the later one stands. */
export const moveCard = (kv: Kv, card: Card, list: List, index: number): Promise<unknown> =>
  writePlaces(kv.atomic(), list, card.id, index).commit();

/** Changes a card's title or label. False when its entry is no longer as `entry`, and nothing was written. */
export const editCard = async (kv: Kv, entry: KvEntry<unknown>, value: CardValue): Promise<boolean> =>
  (await kv.atomic().check(entry).set(entry.key, value).commit()).ok;

export const cheerCard = (kv: Kv, cardId: string): Promise<unknown> =>
  kv.atomic().sum(cheersKey(cardId), 1n).commit();

export const deleteCard = async (kv: Kv, entries: Entries, cardId: string): Promise<Undo> =>
  deleteKeys(kv, entries, keysOfCard(cardId));

export const addList = async (kv: Kv, board: Board, title: string): Promise<string> => {
  const id = crypto.randomUUID();
  const operation = kv.atomic();
  for (const { id: listId, order } of placeAt(board.lists, id, board.lists.length)) {
    if (listId === id) operation.set(listKey(id), { title, order } satisfies ListValue);
    else writeListOrder(operation, board, listId, order);
  }
  await operation.commit();
  return id;
};

/** Changes a list's title. False when its entry is no longer as `entry`, and nothing was written. */
export const renameList = async (kv: Kv, entry: KvEntry<unknown>, value: ListValue): Promise<boolean> =>
  (await kv.atomic().check(entry).set(entry.key, value).commit()).ok;

/** Moves a list to `index` among the others. Title and order are one value, hence checked like a rename. */
export const moveList = async (kv: Kv, board: Board, list: List, index: number): Promise<boolean> => {
  const others = board.lists.filter(({ id }) => id !== list.id);
  const operation = kv.atomic();
  for (const { id, order } of placeAt(others, list.id, index)) writeListOrder(operation, board, id, order);
  return (await operation.commit()).ok;
};

/** Deletes a list with the cards that stand in it. */
export const deleteList = (kv: Kv, entries: Entries, list: List): Promise<Undo> =>
  deleteKeys(kv, entries, [listKey(list.id), ...list.cards.flatMap((card) => keysOfCard(card.id))]);

const keysOfCard = (cardId: string): readonly Key[] => [cardKey(cardId), placeKey(cardId), cheersKey(cardId)];

const deleteKeys = async (kv: Kv, entries: Entries, keys: readonly Key[]): Promise<Undo> => {
  const taken = keys.flatMap((key) => entries.get(keyName(key)) ?? []);
  const operation = kv.atomic();
  for (const { key } of taken) operation.delete(key);
  await operation.commit();
  return () => {
    const restore = kv.atomic();
    for (const { key, value } of taken) restore.set(key, value);
    return restore.commit();
  };
};

const writePlaces = (
  operation: AtomicOperation,
  list: List,
  cardId: string,
  index: number,
): AtomicOperation => {
  const others = list.cards.filter(({ id }) => id !== cardId);
  for (const { id, order } of placeAt(others, cardId, index)) {
    const place: Place = { listId: list.id, order };
    operation.set(placeKey(id), place);
  }
  return operation;
};

const writeListOrder = (operation: AtomicOperation, board: Board, listId: string, order: string): void => {
  const list = getList(board, listId);
  if (list === undefined) return;
  operation.check(list.entry).set(listKey(listId), { ...list.value, order } satisfies ListValue);
};
