/**
 * What the relay says of a commit, and the entries it sends: the data that patch rows and patch
 * messages share. Every outcome of ruling is a value; ruling never throws.
 */
import type { CommitName, Revision } from "./commit.ts";
import type { PackedKey } from "./packed-key.ts";
import type { Stamp } from "./stamp.ts";
import type { Value } from "./value.ts";

/** Why a commit was refused. */
export type RejectionReason =
  /** `checks` lists the indexes of the checks that did not hold. */
  | { readonly type: "check"; readonly checks: readonly number[] }
  /** A sum, min or max met a value that is no u64, or a merge one that is no document, or is none; `mutation` is its index. */
  | { readonly type: "type"; readonly mutation: number }
  /** A merge builds on an update that the relay has not, because it was refused; `mutation` is its index. */
  | { readonly type: "missing"; readonly mutation: number }
  /** A limit of the relay; `message` names the value, the limit and the remedy. */
  | { readonly type: "limit"; readonly message: string }
  | { readonly type: "permission"; readonly message: string }
  /** Older than the bucket keeps its deletions. */
  | { readonly type: "too-old" }
  /** Its name was ruled on before, and what came of it is no longer kept. A retry may apply it twice. */
  | { readonly type: "unknown" };

/** A blind mutation of an accepted commit that lost to a later one. */
export interface SupersededMutation {
  /** Index among the commit's mutations. */
  readonly mutation: number;
  /** The name of the commit that the key's entry shows instead; absent when its reader may not know. */
  readonly winner?: CommitName;
}

export type Ruling =
  | { readonly type: "accepted"; readonly superseded: readonly SupersededMutation[] }
  | { readonly type: "rejected"; readonly reason: RejectionReason };

/** The ruling on one commit, as the relay keeps and sends it. */
export interface CommitResult {
  readonly name: CommitName;
  readonly tag: string;
  /** The revision at which it was ruled. */
  readonly revision: Revision;
  /** The stamp it was given, which may differ from the one it came with. */
  readonly stamp: Stamp;
  readonly ruling: Ruling;
}

/** One key's latest state at the relay. Without `value` it is a tombstone. */
export interface PatchEntry {
  readonly key: PackedKey;
  readonly value?: Value;
  /** Ms since 1970 at which the entry ends. */
  readonly expireAt?: number;
  readonly revision: Revision;
  /**
   * The value is a document, of the updates of this stretch alone: they go behind those that stand in the
   * document of the same incarnation, and take the place of everything else.
   */
  readonly appends?: true;
}

/**
 * A stretch of the relay's history, from → to: the changed entries in their latest version and the
 * results of this replica's commits in that span, read in one snapshot.
 */
export interface Patch {
  /** The received cursor it follows on. */
  readonly from: Revision;
  readonly to: Revision;
  /** The head of the history when it was read; `to` of the revealing patch reaches at least the highest. */
  readonly head: Revision;
  /** True when `to` is the head: what was set aside is revealed with it. */
  readonly upToDate: boolean;
  readonly entries: readonly PatchEntry[];
  readonly results: readonly CommitResult[];
  /** The highest stamp among the entries, for the replica's clock. */
  readonly stamp: Stamp;
}
