/**
 * What becomes of a commit under a relay, as a table: every state, every event. A commit of a bucket
 * without a relay is confirmed from the first and not in it.
 */
import type { CommitState } from "@rockpool/log";

/**
 * - `accepted`, `refused`: ruled by the relay, and the ruling revealed here. - `doomed`: a check of it can
 *   no longer hold. - `lost`: the relay lost the history in which it was ruled. - `decided`: the app had
 *   it tried again or discarded.
 */
export type CommitEvent = "accepted" | "refused" | "doomed" | "lost" | "decided";

/** `gone`: nothing is left of it but the entries it made. */
export type CommitOutcomeState = CommitState | "gone";

const table: Readonly<Record<CommitState, Readonly<Record<CommitEvent, CommitOutcomeState>>>> = {
  pending: {
    accepted: "confirmed",
    refused: "rejected",
    doomed: "hidden",
    lost: "pending",
    // Another tab may decide on a commit that a copy of this device was told of; it is for the relay to rule.
    decided: "pending",
  },
  hidden: {
    accepted: "confirmed",
    refused: "rejected",
    doomed: "hidden",
    lost: "hidden",
    decided: "hidden",
  },
  confirmed: {
    // Ruled once: what is told again is known.
    accepted: "confirmed",
    refused: "confirmed",
    doomed: "confirmed",
    lost: "pending",
    decided: "confirmed",
  },
  rejected: {
    // The relay lost its ruling, and a copy of this device that had not heard of it asked again.
    accepted: "confirmed",
    refused: "rejected",
    doomed: "rejected",
    // The app was told, and decides.
    lost: "rejected",
    decided: "gone",
  },
};

export const nextCommitState = (state: CommitState, event: CommitEvent): CommitOutcomeState =>
  table[state][event];
