/**
 * The board as the page knows it: a map of entries that the bucket's changes are folded into, and the lists and
 * cards read from it. Pure. Nothing on the board is lost from sight: a card whose list is gone (deleted on one
 * device while the card was added on another) or whose place is missing stands at the end of the first list.
 */
import type { ChangeItem, Key, KvEntry } from "rockpool";
import {
  cardKey,
  cheersKey,
  isCardValue,
  isCount,
  isListValue,
  isPlace,
  listKey,
  noteKey,
  placeKey,
  subjectOf,
  type CardValue,
  type ListValue,
} from "./board-keys.ts";
import { compareOrdered } from "./order.ts";

/** Entries by {@link keyName}; those that were deleted are not in it. */
export type Entries = ReadonlyMap<string, KvEntry<unknown>>;

export interface Card {
  readonly id: string;
  readonly value: CardValue;
  readonly listId: string;
  readonly order: string;
  readonly cheers: bigint;
  /** Whether somebody has written into its note. */
  readonly hasNote: boolean;
  /** True while title, place, cheers or note wait for the relay. */
  readonly pending: boolean;
  /** What a rename checks: the card's entry as it is shown. */
  readonly entry: KvEntry<unknown>;
}

export interface List {
  readonly id: string;
  readonly value: ListValue;
  readonly order: string;
  readonly pending: boolean;
  readonly entry: KvEntry<unknown>;
  readonly cards: readonly Card[];
}

export interface Board {
  /** In their order; the cards of each in theirs. */
  readonly lists: readonly List[];
}

export const keyName = (key: Key): string => JSON.stringify(key.map(String));

/** The entries after one item of the bucket's feed. */
export const foldChange = (entries: Entries, item: ChangeItem<unknown>): Entries => {
  if (item.type === "ready") return entries;
  if (item.type === "reset") return new Map();
  const next = new Map(entries);
  for (const entry of item.entries) {
    if (entry.versionstamp === null) next.delete(keyName(entry.key));
    else next.set(keyName(entry.key), entry);
  }
  return next;
};

/** The board that the entries make. */
export const readBoard = (entries: Entries): Board => {
  const lists = readLists(entries).toSorted(compareOrdered);
  const cardsByList = Map.groupBy(readCards(entries, lists), (card) => card.listId);
  return {
    lists: lists.map((list) => ({
      ...list,
      cards: (cardsByList.get(list.id) ?? []).toSorted(compareOrdered),
    })),
  };
};

export const getList = (board: Board, id: string): List | undefined =>
  board.lists.find((list) => list.id === id);

export const getCard = (board: Board, id: string): Card | undefined =>
  board.lists.flatMap((list) => list.cards).find((card) => card.id === id);

/** Sorts after every fractional index. */
const orderAtEnd = "~";

type BareList = Omit<List, "cards">;

const readLists = (entries: Entries): readonly BareList[] =>
  idsOf(entries, "list").flatMap((id) => {
    const entry = entries.get(keyName(listKey(id)));
    if (entry === undefined || !isListValue(entry.value)) return [];
    return [{ id, value: entry.value, order: entry.value.order, pending: entry.pending === true, entry }];
  });

const readCards = (entries: Entries, lists: readonly BareList[]): readonly Card[] => {
  const listIds = new Set(lists.map(({ id }) => id));
  const firstListId = lists[0]?.id ?? "";
  return idsOf(entries, "card").flatMap((id) => {
    const entry = entries.get(keyName(cardKey(id)));
    if (entry === undefined || !isCardValue(entry.value)) return [];
    const place = entries.get(keyName(placeKey(id)));
    const cheers = entries.get(keyName(cheersKey(id)));
    const note = entries.get(keyName(noteKey(id)));
    const told = place?.value;
    const { listId, order } =
      isPlace(told) && listIds.has(told.listId) ? told : { listId: firstListId, order: orderAtEnd };
    return [
      {
        id,
        value: entry.value,
        listId,
        order,
        cheers: isCount(cheers?.value) ? cheers.value.value : 0n,
        hasNote: note !== undefined,
        pending: [entry, place, cheers, note].some((one) => one?.pending === true),
        entry,
      },
    ];
  });
};

const idsOf = (entries: Entries, type: "list" | "card"): readonly string[] =>
  [...entries.values()].flatMap(({ key }) => {
    const subject = subjectOf(key);
    return subject?.type === type ? [subject.id] : [];
  });
