/**
 * An edit that may yet be undone, whatever is edited meanwhile: Yjs' undo manager, for one transaction.
 */
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";
import { callApp } from "./thrown-by-app.ts";

export interface UndoableEdit {
  /** What `change` threw, if it did. */
  readonly failure?: { readonly error: unknown };
  readonly undo: () => void;
  /** Lets what it deleted go. */
  readonly end: () => void;
}

/**
 * Makes an edit in one transaction of that origin. It is undone in `doc` and in `docNow()`, which may be another
 * one by then, to which the edit was carried over.
 */
export const editUndoably = (
  doc: Y.Doc,
  change: (doc: Y.Doc) => void,
  origin: unknown,
  docNow: () => Y.Doc,
): UndoableEdit => {
  let isChanging = true;
  const manager = new Y.UndoManager(doc, {
    trackedOrigins: new Set([origin]),
    captureTransaction: () => isChanging,
  });
  const edit = {
    undo: () => {
      const updates: Uint8Array[] = [];
      const keep = (update: Uint8Array): void => void updates.push(update);
      doc.on("update", keep);
      callApp(() => manager.undo());
      doc.off("update", keep);
      if (docNow() !== doc) applyUpdates(docNow(), updates, origin);
    },
    end: () => {
      manager.clear();
      manager.destroy();
    },
  };
  try {
    doc.transact(() => change(doc), origin);
    return edit;
  } catch (error) {
    return { ...edit, failure: { error } };
  } finally {
    isChanging = false;
  }
};
