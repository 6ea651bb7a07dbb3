/**
 * Rejected commits: kept with their values, in groups of those that build on each other, until the
 * app has them tried again or discards them.
 */
import {
  type Check,
  type CommitName,
  digestOf,
  editedTag,
  type Mutation,
  nameKey,
  type PackedKey,
  type Premise,
  retryName,
  type Value,
} from "@rockpool/model";
import type { CommitRecord, DecisionRow, TrackedCommit } from "@rockpool/log";
import type { CommitAuthor } from "./evaluate.ts";
import type { Pages } from "./page-index.ts";
import { premiseOf } from "./premise.ts";
import type { ReplicaState } from "./state.ts";
import { type Content, isPresent, mutate, viewOf } from "./view.ts";

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

/** True when other commits that are rejected or to be ruled were written on what this one left. */
export const isBuiltOn = (state: ReplicaState, name: CommitName): boolean => {
  const builds = ({ premise }: Check): boolean =>
    premise.type === "written" && nameKey(premise.by) === nameKey(name);
  return [...state.tracked.values()].some(
    (tracked) => tracked.state !== "confirmed" && tracked.commit.checks.some(builds),
  );
};

/**
 * The row that commits a group again, its checks renewed to what is in view now and to what the
 * group's earlier members make of it, and with `values` set where it would have set or deleted those
 * keys. Void when `pages` notes something lacking.
 */
export const decideRetry = (
  state: ReplicaState,
  pages: Pages,
  group: RejectedCommits,
  { readingMs }: Pick<CommitAuthor, "readingMs">,
  values: ReadonlyMap<PackedKey, Value> = new Map(),
): DecisionRow => {
  const drafts = new Map<PackedKey, Draft>();
  const retries = group.commits.map(({ commit }): CommitRecord => {
    const edited = commit.mutations.map((mutation) => withValue(mutation, values));
    const isEdited = edited.some((mutation, index) => mutation !== commit.mutations[index]);
    const tag = isEdited ? editedTag(commit.tag, edited) : commit.tag;
    const name = retryName(commit.name);
    const checks = commit.checks.map(({ key }): Check => {
      const draft = drafts.get(key);
      return {
        key,
        premise: draft ? draftPremise(draft, readingMs) : premiseOf(state, pages, key, readingMs),
      };
    });
    const mutations = edited.map((one) => {
      const before = drafts.get(one.key)?.content ?? viewOf(state, pages, one.key);
      const mutation = one.type === "merge" ? mergedInto(before, one, readingMs) : one;
      drafts.set(one.key, { content: mutate(before, mutation, readingMs) ?? before, by: name });
      return mutation;
    });
    return { name, tag, readingMs, checks, mutations, effects: [] };
  });
  return { type: "decision", commits: namesOf(group.commits), retries, changed: [...keysOf(group)] };
};

const withValue = (mutation: Mutation, values: ReadonlyMap<PackedKey, Value>): Mutation => {
  const value = values.get(mutation.key);
  if (value === undefined || (mutation.type !== "set" && mutation.type !== "delete")) return mutation;
  const { key } = mutation;
  return mutation.type === "set" ? { ...mutation, value } : { type: "set", key, value };
};

/** A merge for the document that stands now. */
const mergedInto = (
  before: Content,
  merge: Extract<Mutation, { readonly type: "merge" }>,
  nowMs: number,
): Mutation => {
  const value = isPresent(before, nowMs) ? before.value : undefined;
  return { ...merge, incarnation: value?.encoding === "document" ? value.incarnation : null };
};

/** The row that forgets rejected commits. */
export const decideDiscard = (commits: RejectedCommits["commits"]): DecisionRow => ({
  type: "decision",
  commits: namesOf(commits),
  retries: [],
  changed: [],
});

/** What a retried group has made of a key so far. */
interface Draft {
  readonly content: Content;
  /** The member that touched it last. */
  readonly by: CommitName;
}

const draftPremise = ({ content, by }: Draft, nowMs: number): Premise =>
  isPresent(content, nowMs) ? { type: "written", by, digest: digestOf(content.value) } : { type: "absent" };

const namesOf = (commits: RejectedCommits["commits"]): readonly CommitName[] =>
  commits.map(({ commit }) => commit.name);

const keysOf = (group: RejectedCommits): Set<PackedKey> =>
  new Set(group.commits.flatMap(({ commit }) => commit.mutations.map(({ key }) => key)));
