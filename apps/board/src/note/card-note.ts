/**
 * The note of one card while it is open: keeps frame, people, styles and text together, and follows the card. No text
 * goes without a word: what a replaced document or a deleted card takes away is offered back.
 */
import type { Node } from "prosemirror-model";
import { getCard, type Board, type Card } from "../board/board-state.ts";
import type { Desk } from "../view/desk.ts";
import type { RockpoolDocument } from "@rockpool/documents";
import { createNoteFrame, type NoteFrame } from "./note-dialog.ts";
import { createNotePeople } from "./note-people.ts";
import { NoteSession } from "./note-session.ts";
import { noteState } from "./note-state.ts";
import { createNoteToolbar } from "./note-toolbar.ts";

export interface CardNoteOptions {
  /** Makes a new card with this title, and these lines as its note. */
  keepAsNewCard(title: string, lines: readonly Node[]): void;
  onClosed(): void;
}

export class CardNote {
  readonly #desk: Desk;
  readonly #options: CardNoteOptions;
  readonly #document: RockpoolDocument;
  readonly #frame: NoteFrame;
  readonly #people = createNotePeople(
    (name) => this.#desk.announce(`${name} is in this note.`),
    (name) => this.#desk.announce(`${name} has left this note.`),
  );
  readonly #toolbar = createNoteToolbar((command) => this.#session?.run(command));
  readonly #unsubscribe: () => void;
  #card: Card;
  #session: NoteSession | undefined;
  /** Lines that stood here and that nobody has put back yet. */
  #lost: readonly Node[] = [];
  #closeOffer: (() => void) | undefined;

  constructor(desk: Desk, card: Card, document: RockpoolDocument, options: CardNoteOptions) {
    this.#desk = desk;
    this.#card = card;
    this.#document = document;
    this.#options = options;
    this.#frame = createNoteFrame(this.#people.element, this.#toolbar.element, desk.speakers);
    this.#frame.setTitle(card.value.title);
    this.#frame.setState("opening", "Opening…");
    this.#frame.dialog.addEventListener("close", () => this.#end());
    this.#unsubscribe = desk.store.subscribe((board) => this.#followCard(board));
    this.#frame.dialog.showModal();
  }

  /** Shows the text once it is loaded. When it cannot be had, says so and closes. */
  async load(): Promise<void> {
    try {
      await this.#document.whenLoaded;
    } catch (error) {
      if (this.#frame.dialog.open) this.#giveUp(error);
      return;
    }
    // It may have been closed before it was there.
    if (!this.#frame.dialog.open) return;
    this.#session = new NoteSession(this.#document, {
      host: this.#frame.host,
      onUpdate: (view) => this.#toolbar.update(view.state),
      onReplaced: (lost) => this.#offerLost(lost),
    });
    this.#people.follow(this.#document.awareness);
    for (const event of ["saved", "synced", "error"] as const) this.#document.on(event, this.#showState);
    this.#desk.kv.sync.addEventListener("status", this.#showState);
    this.#showState();
    // A finger asks for its keyboard by itself.
    if (matchMedia("(pointer: fine)").matches) this.#session.focus();
  }

  readonly #showState = (): void => {
    const { name, words } = noteState(this.#document, this.#desk.kv.sync.status.state);
    this.#frame.setState(name, words);
  };

  #giveUp(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#desk.showToast(`This note cannot be opened. ${reason}`, { tone: "warning", stayMs: 15_000 });
    this.#frame.dialog.close();
  }

  #followCard(board: Board): void {
    const card = getCard(board, this.#card.id);
    if (card === undefined) {
      this.#lost = [...this.#lost, ...(this.#session?.lines ?? [])];
      this.#offerAsNewCard(`“${this.#card.value.title}” was deleted elsewhere while its note was open.`);
      this.#frame.dialog.close();
    } else {
      this.#card = card;
      this.#frame.setTitle(card.value.title);
    }
  }

  #offerLost(lost: readonly Node[]): void {
    this.#people.follow(this.#document.awareness);
    this.#showState();
    this.#lost = [...this.#lost, ...lost];
    this.#closeOffer?.();
    if (this.#lost.length === 0) {
      this.#desk.showToast("This note was replaced elsewhere. All that you see is in the new one.");
      return;
    }
    const lines = this.#lost.length === 1 ? "A line" : `${this.#lost.length} lines`;
    this.#closeOffer = this.#desk.showToast(
      `This note was replaced elsewhere. ${lines} that stood here went with the old one.`,
      { tone: "warning", stayMs: Infinity, action: { name: "Put back", run: () => this.#putBack() } },
    );
  }

  #putBack(): void {
    this.#session?.add(this.#lost);
    this.#lost = [];
  }

  #offerAsNewCard(text: string): void {
    const { title } = this.#card.value;
    const lines = this.#lost;
    this.#lost = [];
    this.#closeOffer?.();
    this.#desk.showToast(text, {
      tone: "warning",
      stayMs: Infinity,
      ...(lines.length > 0 && {
        action: { name: "Keep as a new card", run: () => this.#options.keepAsNewCard(title, lines) },
      }),
    });
  }

  #end(): void {
    if (this.#lost.length > 0) this.#offerAsNewCard("Some of what stood in this note went with an old one.");
    this.#unsubscribe();
    this.#people.leave();
    this.#desk.kv.sync.removeEventListener("status", this.#showState);
    for (const event of ["saved", "synced", "error"] as const) this.#document.off(event, this.#showState);
    this.#session?.close();
    this.#session = undefined;
    // Saves what waits; when that fails, a notice says so.
    void this.#desk.attempt(() => this.#document.destroy());
    this.#options.onClosed();
  }
}
