/**
 * Looks at what a commit says its writer saw: its checks, and those of a retry, must name what its
 * device showed when its row was written. Nobody else would tell: a check on something older fails at
 * the relay like one that somebody else's write has overtaken.
 */
import { type Check, isInScope, nameKey, type PackedKey } from "@rockpool/model";
import type { ReplicaState } from "@rockpool/replica";
import type { Snapshot } from "./oracle.ts";
import { Violation } from "./violation.ts";
import type { Base, SeenCommit } from "./seen.ts";

/** What stood on a disk when a commit was written to it, as of whose row `state` is. */
export interface Written {
  readonly at: string;
  readonly commits: readonly SeenCommit[];
  readonly base: Base;
  readonly snapshot: Snapshot;
  readonly state: ReplicaState;
}

/** @throws Violation */
export const seePremises = ({ text, checks }: SeenCommit, written: Written): void => {
  for (const { key, premise } of checks) {
    const expected = isInScope(written.base.scope, key) ? otherThan(premise, key, written) : undefined;
    if (expected === undefined) continue;
    throw new Violation({
      invariant: 1,
      at: `${written.at}, commit ${text}`,
      key,
      expected: `a check on ${expected}`,
      found: premise,
    });
  }
};

/** What was there instead of what a check names; undefined when it was that. */
const otherThan = (
  premise: Check["premise"],
  key: PackedKey,
  { commits, snapshot, state }: Written,
): string | undefined => {
  const entry = snapshot.get(key);
  const isPending = (name: string): boolean => state.tracked.get(name)?.state === "pending";
  switch (premise.type) {
    case "revision":
      // 515890: what had ended was not handed to the relay, and shows once the clock was put right, until the fill. The
      // check names no revision that the relay could have, and fails there.
      if (state.session.confirmedEpoch === null && premise.revision === 0) return undefined;
      return entry?.revision === premise.revision ? undefined : `revision ${entry?.revision ?? "none"}`;
    case "written":
      return isPending(nameKey(premise.by)) ? undefined : "what is to be ruled";
    case "absent": {
      // What has ended goes by the writer's clock.
      const isThere = entry?.value !== undefined && entry.expireAt === undefined;
      const isCovered = commits.some(
        (commit) => isPending(commit.text) && commit.mutations.some((mutation) => mutation.key === key),
      );
      return isThere && !isCovered ? `revision ${entry.revision}` : undefined;
    }
  }
};
