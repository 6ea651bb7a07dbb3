/**
 * The way from the board to a card's note. The editor is loaded when the first note is opened; offline it comes from
 * what the service worker keeps.
 */
import type * as Notes from "../note/open-note.ts";
import type { Desk } from "./desk.ts";

/** The card whose note is open in this tab. */
let openCardId: string | undefined;

export const isNoteOpen = (cardId: string): boolean => cardId === openCardId;

/** Opens the note of a card, if none is open. */
export const openCardNote = async (desk: Desk, cardId: string): Promise<void> => {
  if (openCardId !== undefined) return;
  openCardId = cardId;
  const isOpen = await withNotes(desk, ({ openNote }) =>
    openNote(desk, cardId, () => {
      openCardId = undefined;
    }),
  );
  if (isOpen !== true && openCardId === cardId) openCardId = undefined;
};

/** Offers the words of edits whose note is gone, as the note of a new card with this title. */
export const offerWords = (desk: Desk, text: string, title: string, updates: readonly Uint8Array[]): void => {
  desk.showToast(text, {
    tone: "warning",
    stayMs: Infinity,
    action: {
      name: "Keep my words",
      run: () => void withNotes(desk, ({ keepWords }) => keepWords(desk, title, updates)),
    },
  });
};

const withNotes = async <Result>(
  desk: Desk,
  work: (notes: typeof Notes) => Promise<Result>,
): Promise<Result | undefined> => {
  let notes: typeof Notes;
  try {
    notes = await import("../note/open-note.ts");
  } catch {
    // No network, and no service worker that has it.
    desk.showToast("The editor could not be fetched. Try again when you are connected.", {
      tone: "warning",
      stayMs: 15_000,
    });
    return undefined;
  }
  return desk.attempt(() => work(notes));
};
