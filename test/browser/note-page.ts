/**
 * A card's note in one tab, as a person uses it. What of it may be relied on is listed in apps/board/src/main.ts.
 */
import type { Locator } from "playwright";
import type { BoardPage } from "./board-page.ts";
import { eventually } from "./browser-bed.ts";

/** How far the text got, as the note says it. */
export type ShownNoteState = "saving" | "saved" | "sending" | "synced";

export class NotePage {
  readonly board: BoardPage;
  readonly dialog: Locator;
  readonly text: Locator;

  constructor(board: BoardPage, cardTitle: string) {
    this.board = board;
    this.dialog = board.page.getByRole("dialog", { name: cardTitle, exact: true });
    this.text = this.dialog.getByRole("textbox", { name: "Note", exact: true });
  }

  button(name: string): Locator {
    return this.dialog.getByRole("button", { name, exact: true });
  }

  /** The names at the carets of others. */
  caretNames(): Promise<readonly string[]> {
    return this.text.locator(".caret .caret-name").allTextContents();
  }

  /** The others that the note names above the text. */
  others(): Promise<readonly string[]> {
    return this.dialog
      .getByRole("list", { name: "Also in this note" })
      .getByRole("listitem")
      .allTextContents();
  }

  /** What stands in each line, without the carets. */
  lines(): Promise<readonly string[]> {
    return this.text.evaluate((text) =>
      [...text.children].map((line) => {
        const copy = line.cloneNode(true) as Element;
        for (const caret of copy.querySelectorAll(".caret")) caret.remove();
        return copy.textContent;
      }),
    );
  }

  /** Waits until these lines stand there. */
  async untilLines(...lines: readonly string[]): Promise<void> {
    await eventually(() => this.lines()).toEqual(lines);
  }

  async untilState(state: ShownNoteState): Promise<void> {
    await this.dialog.locator(`.note-state[data-state=${state}]`).waitFor();
  }

  /** Says who types here. */
  async nameYourself(name: string): Promise<void> {
    await this.board.page.bringToFront();
    await this.dialog.getByRole("textbox", { name: "Your name" }).fill(name);
    await this.focusText();
  }

  /** Gives the text the focus, and waits until the editor takes keys at the speed of a test. */
  async focusText(): Promise<void> {
    await this.text.focus();
    await this.untilTakesKeys();
  }

  /** For 200 ms after the focus came ProseMirror takes a caret that moves for the browser's fault; no event ends that. */
  async untilTakesKeys(): Promise<void> {
    await this.board.page.waitForTimeout(250);
  }

  /** Types at the very beginning or end. */
  async type(where: "start" | "end", words: string): Promise<void> {
    const { page } = this.board;
    await page.bringToFront();
    await this.focusText();
    await page.keyboard.press(where === "start" ? "ControlOrMeta+Home" : "ControlOrMeta+End");
    await page.keyboard.type(words);
  }

  async close(): Promise<void> {
    await this.board.page.bringToFront();
    await this.board.page.keyboard.press("Escape");
    await this.dialog.waitFor({ state: "hidden" });
  }
}

/** Opens the note of a card, by its button. */
export const openNote = async (board: BoardPage, cardTitle: string): Promise<NotePage> => {
  await board.page.bringToFront();
  await board.card(cardTitle).hover();
  await board
    .card(cardTitle)
    .getByRole("button", { name: /^(Add|Open) note$/ })
    .click();
  const note = new NotePage(board, cardTitle);
  await note.text.waitFor();
  return note;
};
