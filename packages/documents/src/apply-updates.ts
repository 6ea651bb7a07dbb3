/**
 * Adding to a document what others wrote. On text that arrives Yjs removes by itself marks of formatting that
 * do nothing there and then, which would make a writer of every reader, and where it is not written, let
 * documents differ. So that is left to who edits.
 */
import * as Y from "yjs";
import { callApp } from "./thrown-by-app.ts";

/**
 * Applies updates in one transaction, so that observers hear once; what they throw is uncaught. Returns what a
 * broken update threw, if one did: the others are applied.
 */
export const applyUpdates = (doc: Y.Doc, updates: readonly Uint8Array[], origin: unknown): unknown => {
  let failure: unknown;
  const applyAll = (): void => {
    for (const update of updates) {
      try {
        Y.applyUpdate(doc, update, origin);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  doc.on("afterTransaction", leaveFormatting);
  try {
    callApp(() => Y.transact(doc, applyAll, origin, false));
  } finally {
    doc.off("afterTransaction", leaveFormatting);
  }
  return failure;
};

/** Yjs looks at it when this event is over. */
const leaveFormatting = (transaction: Y.Transaction): void => {
  // oxlint-disable-next-line no-underscore-dangle -- Yjs has no other switch for it
  if (!transaction.local) transaction._needFormattingCleanup = false;
};
