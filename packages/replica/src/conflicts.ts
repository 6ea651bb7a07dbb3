/**
 * Conflicts: the keys on which a rejected group found other entries than its writer had seen, where the
 * group says what it would have them be. For those a function of the app's may decide, key by key.
 */
import type { Mutation, PackedKey, Value } from "@rockpool/model";
import { historyOf } from "./history.ts";
import type { Pages } from "./page-index.ts";
import type { RejectedCommits } from "./rejected.ts";
import type { ReplicaState } from "./state.ts";
import { type EntryView, viewOf } from "./view.ts";

export interface Conflict {
  readonly key: PackedKey;
  /** What the group's last mutation of the key would have left; undefined: nothing. */
  readonly mine: Value | undefined;
  /** What is in view now. */
  readonly theirs: EntryView;
  /** What the group was written over, as far as the bucket keeps older versions. */
  readonly base: EntryView | undefined;
}

/**
 * The conflicts of a group, in the order its checks failed; undefined when key by key is not how to decide
 * on it: something else than checks refused it, or a check of a key that it does not set or delete, whose
 * meaning the app alone knows.
 */
export const conflictsOf = (
  state: ReplicaState,
  pages: Pages,
  group: RejectedCommits,
): readonly Conflict[] | undefined => {
  const written = lastMutations(group);
  const conflicts = new Map<PackedKey, Conflict>();
  for (const { commit, reason } of group.commits) {
    if (reason?.type !== "check") return undefined;
    for (const index of reason.checks) {
      const check = commit.checks[index];
      const mutation = check && written.get(check.key);
      if (mutation?.type !== "set" && mutation?.type !== "delete") return undefined;
      const { key } = mutation;
      if (conflicts.has(key)) continue;
      const { premise } = check ?? {};
      conflicts.set(key, {
        key,
        mine: mutation.type === "set" ? mutation.value : undefined,
        theirs: viewOf(state, pages, key),
        base: premise?.type === "revision" ? versionAt(state, pages, key, premise.revision) : undefined,
      });
    }
  }
  return [...conflicts.values()];
};

const lastMutations = ({ commits }: RejectedCommits): ReadonlyMap<PackedKey, Mutation> =>
  new Map(commits.flatMap(({ commit }) => commit.mutations.map((mutation) => [mutation.key, mutation])));

const versionAt = (
  state: ReplicaState,
  pages: Pages,
  key: PackedKey,
  revision: number,
): EntryView | undefined =>
  historyOf(state, pages, key).find(
    (version) => version.revision === revision && version.lastWriter === undefined,
  );
