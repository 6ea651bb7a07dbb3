/**
 * What a person can do with a list, as one call each: the write, the words spoken, the offer to undo it.
 */
import type { KvEntry } from "rockpool";
import type { ListValue } from "../board/board-keys.ts";
import { getList } from "../board/board-state.ts";
import {
  addList,
  deleteEntries,
  entriesOfList,
  moveList,
  renameList,
  restoreEntries,
} from "../board/board-writes.ts";
import type { Desk } from "./desk.ts";

export const addListAtEnd = (desk: Desk, title: string): Promise<void> =>
  desk.inTurn(async () => {
    await desk.shown(addList(desk.kv, desk.store.board, crypto.randomUUID(), title));
    desk.announce(`Added the list ${title}.`);
  });

/** Saves a list's title over `entry`, the entry that its author saw. */
export const saveListTitle = (
  desk: Desk,
  entry: KvEntry<unknown>,
  id: string,
  value: ListValue,
): Promise<void> =>
  desk.inTurn(async () => {
    if (await desk.shown(renameList(desk.kv, entry, value))) {
      desk.announce(`Saved the list ${value.title}.`);
      return;
    }
    const current = getList(desk.store.board, id);
    if (current === undefined) {
      const text = `The list was deleted while you were renaming it to “${value.title}”.`;
      desk.showToast(text, { tone: "warning" });
      return;
    }
    const mine: ListValue = { ...current.value, title: value.title };
    desk.showToast(`Meanwhile this list became “${current.value.title}”. Yours was not saved.`, {
      tone: "warning",
      stayMs: Infinity,
      action: { name: "Use mine", run: () => void saveListTitle(desk, current.entry, id, mine) },
    });
  });

export const shiftList = (desk: Desk, id: string, direction: "left" | "right"): Promise<void> =>
  desk.inTurn(async () => {
    const { board } = desk.store;
    const list = getList(board, id);
    const index = board.lists.findIndex((one) => one.id === id) + (direction === "left" ? -1 : 1);
    if (list === undefined || index < 0 || index >= board.lists.length) {
      desk.announce(`There is nothing further ${direction}.`);
      return;
    }
    const isMoved = await desk.shown(moveList(desk.kv, board, list, index));
    desk.announce(
      isMoved
        ? `Moved the list ${list.value.title}, ${index + 1} of ${board.lists.length}.`
        : `The list ${list.value.title} was changed at this moment; try again.`,
    );
  });

/** Deletes a list with its cards. */
export const removeList = (desk: Desk, id: string): Promise<void> =>
  desk.inTurn(async () => {
    const list = getList(desk.store.board, id);
    if (list === undefined) return;
    const taken = entriesOfList(desk.store.entries, list);
    await desk.shown(deleteEntries(desk.kv, taken));
    const count = list.cards.length;
    const cards = count === 0 ? "" : ` and ${count === 1 ? "its card" : `its ${count} cards`}`;
    desk.showToast(`Deleted the list “${list.value.title}”${cards}.`, {
      stayMs: 12_000,
      action: {
        name: "Undo",
        run: () => void desk.inTurn(() => desk.shown(restoreEntries(desk.kv, taken))),
      },
    });
  });
