/**
 * Walks of a range in bounded pieces: counting it, and the deletes that a selector comes to. Each
 * piece is one snapshot; what it did not reach is given back. Deletions that are still remembered
 * and entries that have ended are passed over, but cost a visit: so memory is bounded, however long
 * a run of them is.
 */
import type { Mutation, PackedKey, PackedRange } from "@rockpool/model";
import { keysIn } from "./list.ts";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { isPresent, viewOf } from "./view.ts";

export interface CountedRange {
  readonly count: number;
  /** Where the rest of the range begins; null when nothing of it is left. */
  readonly rest: PackedKey | null;
}

export interface DeletedRange {
  /** Deletes of keys in view, ascending: what one commit may hold. */
  readonly mutations: readonly Mutation[];
  /** Where the rest of the range begins; null when nothing of it is left. */
  readonly rest: PackedKey | null;
}

/** What the deletes of one commit may come to. */
export interface DeleteLimits {
  /** Keys looked at. */
  readonly visitsMax: number;
  readonly mutationsMax: number;
  /** Bytes of the keys. */
  readonly bytesMax: number;
}

/** Counts the entries of `range` in view, at most `visitsMax` keys of it. Void when `pages` notes something lacking. */
export const countKeys = (
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  nowMs: number,
  visitsMax: number,
): CountedRange => {
  let count = 0;
  let visits = 0;
  for (const key of keysIn(state, pages, range, visitsMax, false)) {
    if (visits++ >= visitsMax) return { count, rest: key };
    if (isPresent(viewOf(state, pages, key), nowMs)) count++;
  }
  return { count, rest: null };
};

/** The deletes of the keys of `range` in view, as many as one commit may hold. Void when `pages` notes something lacking. */
export const deletesIn = (
  state: ReplicaState,
  pages: Pages,
  range: PackedRange,
  nowMs: number,
  { visitsMax, mutationsMax, bytesMax }: DeleteLimits,
): DeletedRange => {
  const mutations: Mutation[] = [];
  let bytes = 0;
  let visits = 0;
  for (const key of keysIn(state, pages, range, mutationsMax, false)) {
    if (visits++ >= visitsMax) return { mutations, rest: key };
    if (!isPresent(viewOf(state, pages, key), nowMs)) continue;
    bytes += key.length;
    if (mutations.length >= mutationsMax || bytes > bytesMax) return { mutations, rest: key };
    mutations.push({ type: "delete", key });
  }
  return { mutations, rest: null };
};
