/**
 * What is confirmed, in key order and in bounded pieces, whatever is pending on it.
 */
import type { PackedKey, Revision } from "@rockpool/model";
import type { Pages } from "./page-index.ts";
import { scanRange } from "./scan.ts";
import type { ReplicaState } from "./state.ts";
import { confirmedOf } from "./view.ts";

export interface ConfirmedPiece {
  /** Entries with a value, expired ones included. */
  readonly entries: readonly { readonly key: PackedKey; readonly revision?: Revision }[];
  /** Where the rest begins; null when nothing is left. */
  readonly rest: PackedKey | null;
}

const pieceLimits = { entries: 1000, bytes: 1024 * 1024, pages: 16 };
const behindAll = "\u00ff" as PackedKey;

/** The confirmed entries from `start` on, as many as one piece holds. Void when `pages` notes something lacking. */
export const confirmedIn = (state: ReplicaState, pages: Pages, start: PackedKey): ConfirmedPiece => {
  const range = { start, end: behindAll, common: "" as PackedKey };
  const viewsAt = (key: PackedKey) => {
    const confirmed = confirmedOf(state, pages, key);
    return confirmed.value === undefined ? [] : [{ ...confirmed, lastWriter: undefined }];
  };
  const { entries, rest } = scanRange(state, pages, range, () => true, viewsAt, pieceLimits);
  return {
    entries: entries.map(({ key, view: { revision } }) =>
      revision === undefined ? { key } : { key, revision },
    ),
    rest,
  };
};
