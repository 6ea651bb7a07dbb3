/**
 * What a check on a key says its writer saw, in the terms the relay can verify.
 */
import { digestOf, type PackedKey, type Premise } from "@rockpool/model";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { isPresent, viewOf } from "./view.ts";

/** Of an entry that no relay gave or was given: no relay lists this epoch, so the check fails there. */
const noEpoch = "-";

/** The premise of a check that holds now. Void when `pages` notes something lacking. */
export const premiseOf = (state: ReplicaState, pages: Pages, key: PackedKey, nowMs: number): Premise => {
  const view = viewOf(state, pages, key);
  if (!isPresent(view, nowMs)) return { type: "absent" };
  if (view.lastWriter !== undefined) {
    return { type: "written", by: view.lastWriter, digest: digestOf(view.value) };
  }
  return { type: "revision", epoch: state.session.confirmedEpoch ?? noEpoch, revision: view.revision ?? 0 };
};
