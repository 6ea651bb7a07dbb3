/**
 * A note that is open: the card's document and the editor on it. When the document is replaced (its card was deleted
 * elsewhere and brought back, or an edit of this device was refused) the editor goes over to the new one, and what is
 * no longer there is told to whoever opened the note.
 */
import type { Node } from "prosemirror-model";
import type { Command } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { RockpoolDocument } from "@rockpool/documents";
import { linesToAdd, lostLines } from "./lost-lines.ts";
import { createNoteEditor } from "./note-editor.ts";

export interface NoteSessionOptions {
  /** Where the editor goes. */
  readonly host: HTMLElement;
  /** Called after each change of text or selection. */
  onUpdate(view: EditorView): void;
  /** Called when the document is another one, with the lines that stood here and are not in it. */
  onReplaced(lost: readonly Node[]): void;
}

export class NoteSession {
  readonly #document: RockpoolDocument;
  readonly #options: NoteSessionOptions;
  #view: EditorView;

  /** `document` must be loaded. */
  constructor(document: RockpoolDocument, options: NoteSessionOptions) {
    this.#document = document;
    this.#options = options;
    this.#view = this.#createView();
    document.on("replaced", this.#replace);
  }

  /** The lines of the note as it stands, without empty ones. */
  get lines(): readonly Node[] {
    return this.#view.state.doc.children.filter(({ content }) => content.size > 0);
  }

  focus(): void {
    this.#view.focus();
  }

  /** Runs an editing command, and gives the text the focus. */
  run(command: Command): void {
    command(this.#view.state, this.#view.dispatch, this.#view);
    this.#view.focus();
  }

  /** Adds lines to the end. */
  add(lines: readonly Node[]): void {
    this.#view.dispatch(linesToAdd(this.#view.state, lines));
    this.#view.focus();
  }

  /** Ends the session. The document is still to be destroyed, which saves what was typed. */
  close(): void {
    this.#document.off("replaced", this.#replace);
    // It takes its caret out of the awareness.
    this.#view.destroy();
  }

  readonly #replace = (): void => {
    const before = this.#view.state.doc;
    const hadFocus = this.#view.hasFocus();
    this.#view.destroy();
    this.#view = this.#createView();
    if (hadFocus) this.#view.focus();
    this.#options.onReplaced(lostLines(before, this.#view.state.doc));
  };

  #createView(): EditorView {
    const view = createNoteEditor(this.#options.host, this.#document, this.#options.onUpdate);
    this.#options.onUpdate(view);
    return view;
  }
}
