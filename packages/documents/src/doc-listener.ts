/**
 * Hears what is edited in a `Y.Doc`, and tells it from what was applied to it.
 */
import type * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";

export class DocListener {
  readonly doc: Y.Doc;
  readonly #origin: unknown;
  readonly #onEdit: (update: Uint8Array) => void;

  /** `origin` marks what is applied: undo managers leave it alone, and it is no edit. */
  constructor(doc: Y.Doc, origin: unknown, onEdit: (update: Uint8Array) => void) {
    this.doc = doc;
    this.#origin = origin;
    this.#onEdit = onEdit;
    doc.on("update", this.#onUpdate);
  }

  /** Adds what others wrote. Returns what a broken update threw, if one did; the others are applied. */
  apply(updates: readonly Uint8Array[]): unknown {
    return updates.length === 0 ? undefined : applyUpdates(this.doc, updates, this.#origin);
  }

  stop(): void {
    this.doc.off("update", this.#onUpdate);
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this.#origin) this.#onEdit(update);
  };
}
