/**
 * Every write the board makes, one commit each. Whose conflict may be settled by time is written blindly (a move,
 * a deletion); words that somebody chose are checked (a card's or a list's title): of two renames made at once
 * the later one is rejected and its author asked, instead of one being lost without a word. Cheers add up.
 */
import type { AtomicOperation, CommitFailure, CommitResult, Key, Kv, KvEntry } from "rockpool";
import {
  cardKey,
  cheersKey,
  isDocument,
  listKey,
  noteKey,
  placeKey,
  type CardValue,
  type ListValue,
  type Place,
} from "./board-keys.ts";
import { getList, keyName, type Board, type Card, type Entries, type List } from "./board-state.ts";
import { placeAt } from "./order.ts";

/** `ok: false` when a check did not hold here: nothing was written. */
export type Written = Promise<CommitResult | CommitFailure>;

/** Adds a card to the end of a list; `note`, if there is one, is the Yjs update that its note begins with. */
export const addCard = (kv: Kv, list: List, id: string, title: string, note?: Uint8Array): Written => {
  const value: CardValue = { title, label: null };
  const operation = kv.atomic().set(cardKey(id), value);
  if (note !== undefined) operation.merge(noteKey(id), note);
  return writePlaces(operation, list, id, list.cards.length).commit();
};

/** Moves a card to `index` among the other cards of `list`, blindly: of two moves the later one stands. */
export const moveCard = (kv: Kv, card: Card, list: List, index: number): Written =>
  writePlaces(kv.atomic(), list, card.id, index).commit();

/** Changes a card's title or label, unless its entry is no longer as `entry`. */
export const editCard = (kv: Kv, entry: KvEntry<unknown>, value: CardValue): Written =>
  kv.atomic().check(entry).set(entry.key, value).commit();

export const cheerCard = (kv: Kv, cardId: string): Written => kv.atomic().sum(cheersKey(cardId), 1n).commit();

/** Adds a list after the others. */
export const addList = (kv: Kv, board: Board, id: string, title: string): Written => {
  const operation = kv.atomic();
  for (const { id: listId, order } of placeAt(board.lists, id, board.lists.length)) {
    if (listId === id) operation.set(listKey(id), { title, order } satisfies ListValue);
    else writeListOrder(operation, board, listId, order);
  }
  return operation.commit();
};

/** Changes a list's title, unless its entry is no longer as `entry`. */
export const renameList = (kv: Kv, entry: KvEntry<unknown>, value: ListValue): Written =>
  kv.atomic().check(entry).set(entry.key, value).commit();

/** Moves a list to `index` among the others. Title and order are one value, hence checked like a rename. */
export const moveList = (kv: Kv, board: Board, list: List, index: number): Written => {
  const others = board.lists.filter(({ id }) => id !== list.id);
  const operation = kv.atomic();
  for (const { id, order } of placeAt(others, list.id, index)) writeListOrder(operation, board, id, order);
  return operation.commit();
};

/** All that stands of a card. */
export const entriesOfCard = (entries: Entries, cardId: string): readonly KvEntry<unknown>[] =>
  entriesAt(entries, [cardKey(cardId), placeKey(cardId), cheersKey(cardId), noteKey(cardId)]);

/** All that stands of a list and of the cards in it. */
export const entriesOfList = (entries: Entries, list: List): readonly KvEntry<unknown>[] => [
  ...entriesAt(entries, [listKey(list.id)]),
  ...list.cards.flatMap((card) => entriesOfCard(entries, card.id)),
];

export const deleteEntries = (kv: Kv, entries: readonly KvEntry<unknown>[]): Written => {
  const operation = kv.atomic();
  for (const { key } of entries) operation.delete(key);
  return operation.commit();
};

/** Puts back what `deleteEntries` took. A note is begun anew with all that was written into the old one. */
export const restoreEntries = (kv: Kv, entries: readonly KvEntry<unknown>[]): Written => {
  const operation = kv.atomic();
  for (const { key, value } of entries) {
    if (isDocument(value)) for (const update of value.updates) operation.merge(key, update);
    else operation.set(key, value);
  }
  return operation.commit();
};

const entriesAt = (entries: Entries, keys: readonly Key[]): readonly KvEntry<unknown>[] =>
  keys.flatMap((key) => entries.get(keyName(key)) ?? []);

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
