/**
 * The hash of what is confirmed here, for the relay to compare with its own: taken piece by piece, and
 * given up when the replica moves on meanwhile.
 */
import { createConvergenceHash, type PackedKey, type Revision, wholeRange } from "@rockpool/model";
import { confirmedIn, type ReplicaState } from "@rockpool/replica";
import type { Ledger } from "../ledger.ts";

/** The hash at revision `at`; null when that is not, or no longer, what is confirmed. @throws as the log does */
export const confirmedHash = async (ledger: Ledger, at: Revision): Promise<string | null> => {
  const hash = createConvergenceHash();
  for (let from: PackedKey | null = wholeRange.start; from !== null;) {
    const start: PackedKey = from;
    const piece = await ledger.read(false, (state, pages) =>
      isAt(state, at) ? confirmedIn(state, pages, { ...wholeRange, start }) : undefined,
    );
    if (piece === undefined) return null;
    hash.add(piece.entries.map(({ key, revision = 0 }) => ({ key, revision })));
    from = piece.rest;
  }
  return hash.digest();
};

const isAt = ({ session }: ReplicaState, at: Revision): boolean =>
  session.revealed === at && session.received === at && !session.fillDue;
