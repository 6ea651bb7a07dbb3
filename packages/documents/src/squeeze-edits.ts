/**
 * Edits that are too large for one value, in fewer bytes: what was inserted and deleted again since is left
 * out, as the document itself has dropped it.
 */
import * as Y from "yjs";

/** An update that says all that `update` says, made from the document that has it. */
export const squeezeEdits = (doc: Y.Doc, update: Uint8Array): Uint8Array => {
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
  for (const [client, clock] of Y.parseUpdateMeta(update).from) clocks.set(client, clock);
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(clocks));
};
