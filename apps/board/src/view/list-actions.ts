/**
 * What a person can do with a list, as one call each: the write, the words spoken, the offer to undo it.
 */
import type { KvEntry } from "rockpool";
import { getList } from "../board/board-state.ts";
import { addList, deleteList, moveList, renameList } from "../board/board-writes.ts";
import type { ListValue } from "../board/board-keys.ts";
import type { Desk } from "./desk.ts";

export const addListAtEnd = async (desk: Desk, title: string): Promise<void> => {
  const id = await desk.attempt(addList(desk.kv, desk.store.board, title));
  if (id !== undefined) desk.announce(`Added the list ${title}.`);
};

/** Saves a list's title over `entry`, the entry that its author saw. */
export const saveListTitle = async (
  desk: Desk,
  entry: KvEntry<unknown>,
  id: string,
  value: ListValue,
): Promise<void> => {
  const saved = await desk.attempt(renameList(desk.kv, entry, value));
  if (saved === true) desk.announce(`Saved the list ${value.title}.`);
  if (saved !== false) return;
  const current = getList(desk.store.board, id);
  if (current === undefined) {
    desk.showToast(`The list was deleted while you were renaming it to “${value.title}”.`, {
      tone: "warning",
    });
    return;
  }
  const mine: ListValue = { ...current.value, title: value.title };
  desk.showToast(`Meanwhile this list became “${current.value.title}”. Yours was not saved.`, {
    tone: "warning",
    stayMs: Infinity,
    action: { name: "Use mine", run: () => void saveListTitle(desk, current.entry, id, mine) },
  });
};

export const shiftList = async (desk: Desk, id: string, direction: "left" | "right"): Promise<void> => {
  const { board } = desk.store;
  const list = getList(board, id);
  const index = board.lists.findIndex((one) => one.id === id) + (direction === "left" ? -1 : 1);
  if (list === undefined) return;
  if (index < 0 || index >= board.lists.length) {
    desk.announce(`There is nothing further ${direction}.`);
    return;
  }
  const moved = await desk.attempt(moveList(desk.kv, board, list, index));
  if (moved === undefined) return;
  desk.announce(
    moved
      ? `Moved the list ${list.value.title}, ${index + 1} of ${board.lists.length}.`
      : `The list ${list.value.title} was changed at this moment; try again.`,
  );
};

/** Deletes a list with its cards. */
export const removeList = async (desk: Desk, id: string): Promise<void> => {
  const list = getList(desk.store.board, id);
  if (list === undefined) return;
  const undo = await desk.attempt(deleteList(desk.kv, desk.store.entries, list));
  if (undo === undefined) return;
  const count = list.cards.length;
  const cards = count === 0 ? "" : ` and ${count === 1 ? "its card" : `its ${count} cards`}`;
  desk.showToast(`Deleted the list “${list.value.title}”${cards}.`, {
    stayMs: 12_000,
    action: { name: "Undo", run: () => void desk.attempt(undo()) },
  });
};
