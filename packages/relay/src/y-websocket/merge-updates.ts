/**
 * Many updates in one, in time by their number: Yjs sorts all that it merges again for each of them, so few are
 * merged at once, and then what they came to.
 */
import * as Y from "yjs";

const mergedAtOnce = 64;

/** @throws what Yjs throws of updates that are none */
export const mergeUpdates = (updates: readonly Uint8Array[]): Uint8Array => {
  let rest = updates;
  while (rest.length > mergedAtOnce) {
    const parts: Uint8Array[] = [];
    for (let from = 0; from < rest.length; from += mergedAtOnce) {
      parts.push(Y.mergeUpdates(rest.slice(from, from + mergedAtOnce)));
    }
    rest = parts;
  }
  return Y.mergeUpdates([...rest]);
};
