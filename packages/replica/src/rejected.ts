/**
 * Rejected commits: kept with their values, in groups of those that build on each other, until the
 * app has them tried again or discards them.
 */
import {
  type Check,
  type CommitName,
  nameKey,
  type PackedKey,
  type Premise,
  retryName,
} from "@rockpool/model";
import type { CommitRecord, DecisionRow, TrackedCommit } from "@rockpool/log";
import type { CommitAuthor } from "./evaluate.ts";
import type { Pages } from "./page-index.ts";
import { premiseOf } from "./premise.ts";
import type { ReplicaState } from "./state.ts";

/** Commits that stand or fall together, in log order; the first is what the others build on. */
export interface RejectedCommits {
  /** The name of the first, as text. */
  readonly id: string;
  readonly commits: readonly TrackedCommit[];
}

/** The groups that wait for the app's decision, oldest first. */
export const rejectedGroups = (state: ReplicaState): readonly RejectedCommits[] => {
  const groupByName = new Map<string, { id: string; commits: TrackedCommit[] }>();
  const groups: { id: string; commits: TrackedCommit[] }[] = [];
  for (const [name, tracked] of state.tracked) {
    if (tracked.state !== "rejected") continue;
    const base = tracked.commit.checks
      .map(({ premise }) => (premise.type === "written" ? groupByName.get(nameKey(premise.by)) : undefined))
      .find((group) => group !== undefined);
    const group = base ?? { id: name, commits: [] };
    if (base === undefined) groups.push(group);
    group.commits.push(tracked);
    groupByName.set(name, group);
  }
  return groups;
};

/**
 * The row that commits a group again, its checks renewed to what is in view now. Void when `pages`
 * notes something lacking.
 */
export const decideRetry = (
  state: ReplicaState,
  pages: Pages,
  group: RejectedCommits,
  author: Pick<CommitAuthor, "readingMs">,
): DecisionRow => {
  const renamed = new Map<string, CommitName>();
  const retries = group.commits.map(({ commit }): CommitRecord => {
    const name = retryName(commit.name);
    const checks = commit.checks.map(({ key, premise }): Check => ({
      key,
      premise: remapped(premise, renamed) ?? premiseOf(state, pages, key, author.readingMs),
    }));
    renamed.set(nameKey(commit.name), name);
    return {
      name,
      tag: commit.tag,
      readingMs: author.readingMs,
      checks,
      mutations: commit.mutations,
      effects: [],
    };
  });
  return { type: "decision", commits: namesOf(group), retries, changed: [...keysOf(group)] };
};

/** The row that forgets a group. */
export const decideDiscard = (group: RejectedCommits): DecisionRow => ({
  type: "decision",
  commits: namesOf(group),
  retries: [],
  changed: [],
});

const remapped = (premise: Premise, renamed: ReadonlyMap<string, CommitName>): Premise | undefined => {
  const by = premise.type === "written" ? renamed.get(nameKey(premise.by)) : undefined;
  return premise.type === "written" && by !== undefined ? { ...premise, by } : undefined;
};

const namesOf = (group: RejectedCommits): readonly CommitName[] =>
  group.commits.map(({ commit }) => commit.name);

const keysOf = (group: RejectedCommits): Set<PackedKey> =>
  new Set(group.commits.flatMap(({ commit }) => commit.mutations.map(({ key }) => key)));
