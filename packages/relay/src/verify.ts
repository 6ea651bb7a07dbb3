/**
 * The relay's side of the proof of convergence: the hash of a scope's entries at one revision, read in
 * pieces between which other sessions get their turn.
 */
import { setImmediate } from "node:timers/promises";
import { createConvergenceHash, type PackedKey, type Revision, type Scope } from "@rockpool/model";
import type { FeedBucket } from "./history-feed.ts";

/** The hash of the scope at revision `at`; undefined when the history has moved on, or nobody asks any more. */
export const hashScope = async (
  bucket: Pick<FeedBucket, "readPage">,
  scope: Scope,
  at: Revision,
  isAsked: () => boolean,
): Promise<string | undefined> => {
  const hash = createConvergenceHash();
  for (let after: PackedKey | null = "" as PackedKey; after !== null;) {
    if (!isAsked()) return undefined;
    const { entries, next, head } = await bucket.readPage(scope, after);
    if (head !== at) return undefined;
    hash.add(entries);
    after = next;
    if (after !== null) await setImmediate();
  }
  return hash.digest();
};
