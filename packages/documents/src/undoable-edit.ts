/**
 * An edit that may yet be undone, whatever is edited meanwhile: Yjs' undo manager, for one transaction.
 */
import * as Y from "yjs";

export interface UndoableEdit {
  /** What `change` threw, if it did. */
  readonly failure?: { readonly error: unknown };
  readonly undo: () => void;
  /** Lets what it deleted go. */
  readonly end: () => void;
}

/** Makes an edit in one transaction of that origin. */
export const editUndoably = (doc: Y.Doc, change: (doc: Y.Doc) => void, origin: unknown): UndoableEdit => {
  let isChanging = true;
  const manager = new Y.UndoManager(doc, {
    trackedOrigins: new Set([origin]),
    captureTransaction: () => isChanging,
  });
  const edit = {
    undo: () => void manager.undo(),
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
