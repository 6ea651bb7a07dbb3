/**
 * What of an accepted commit is not to be seen here: blind mutations that lost to later ones, and those on
 * keys that the replica does not follow.
 */
import {
  type Commit,
  isInScope,
  type Mutation,
  nameKey,
  type Scope,
  type SupersededMutation,
} from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";

export interface Loss {
  readonly mutation: Mutation;
  readonly reason: "superseded" | "scope";
  /** The name of the commit that the entry shows instead, as text; null where it is not known. */
  readonly winner: string | null;
}

/** What is to be remembered of the losses of a commit that was accepted under a scope. */
export const lossFields = (
  { mutations }: Commit,
  superseded: readonly SupersededMutation[],
  scope: Scope,
): Pick<TrackedCommit, "superseded" | "unseen"> => {
  const lost = new Set(superseded.map(({ mutation }) => mutation));
  const unseen = [...mutations.keys()].filter(
    (index) => !lost.has(index) && !isInScope(scope, (mutations[index] as Mutation).key),
  );
  return {
    ...(superseded.length === 0 ? {} : { superseded }),
    ...(unseen.length === 0 ? {} : { unseen }),
  };
};

/** The losses of a commit, in its order of mutations; none unless it is confirmed. */
export const lossesOf = ({ commit, state, superseded, unseen }: TrackedCommit): readonly Loss[] => {
  if (state !== "confirmed" || (superseded === undefined && unseen === undefined)) return noLosses;
  const losses = new Map<number, Pick<Loss, "reason" | "winner">>();
  for (const { mutation, winner } of superseded ?? []) {
    losses.set(mutation, { reason: "superseded", winner: winner === undefined ? null : nameKey(winner) });
  }
  for (const index of unseen ?? []) losses.set(index, { reason: "scope", winner: null });
  return commit.mutations.flatMap((mutation, index) => {
    const loss = losses.get(index);
    return loss === undefined ? [] : [{ mutation, ...loss }];
  });
};

const noLosses: readonly Loss[] = [];
