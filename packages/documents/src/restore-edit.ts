/**
 * The edit that brings a document back to what it was: all that came since is applied to the document of that
 * time and undone there, which Yjs' undo manager does for every shared type. Nothing is taken back: it is a new
 * edit, and what others do meanwhile joins it.
 */
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";

/** Undone are the transactions of this origin. */
const since = Symbol("since");

/** An update that makes of `doc` what it was when it was `state`. Neither is changed. */
export const restoringUpdate = (doc: Y.Doc, state: Uint8Array): Uint8Array => {
  const then = new Y.Doc({ gc: false });
  applyUpdates(then, [state], null);
  const undoManager = new Y.UndoManager(then, { trackedOrigins: new Set([since]) });
  applyUpdates(then, [Y.encodeStateAsUpdate(doc, Y.encodeStateVector(then))], since);
  undoManager.undo();
  return Y.encodeStateAsUpdate(then, Y.encodeStateVector(doc));
};
