/**
 * Commits that were refused or lost, as a tab is told of them: what they would have written, beside what
 * stands there now.
 */
import type { Mutation, PackedKey } from "@rockpool/model";
import { type Pages, type RejectedCommits, type ReplicaState, viewOf } from "@rockpool/replica";
import type { TransportRejectedGroup, TransportRejectedMutation } from "../ruling-api.ts";
import { operandOf, toTransportEntry } from "../transport.ts";

export const describeGroup = (
  state: ReplicaState,
  pages: Pages,
  group: RejectedCommits,
  nowMs: number,
): TransportRejectedGroup => {
  const commits = group.commits.map(({ commit, versionstamp, reason }) => ({
    versionstamp,
    reason: reason ?? ({ type: "unknown" } as const),
    checks: commit.checks.map(({ key }): PackedKey => key),
    mutations: commit.mutations.map((mutation) => describeMutation(state, pages, mutation, nowMs)),
  }));
  return { id: group.id, commits };
};

export const describeMutation = (
  state: ReplicaState,
  pages: Pages,
  mutation: Mutation,
  nowMs: number,
): TransportRejectedMutation => {
  const { type, key } = mutation;
  const theirs = toTransportEntry(state, key, viewOf(state, pages, key), nowMs);
  return { type, key, mine: operandOf(mutation), theirs };
};
