/**
 * By what the views of documents grew in a row, for those who have them already. Only what the fold knows
 * without pages is said: whatever may have taken something away leaves its key out.
 */
import {
  createDocument,
  type DocumentValue,
  joinDocuments,
  type Mutation,
  type PackedKey,
  type PatchEntry,
} from "@rockpool/model";
import type { CommitRecord, Effect, TrackedCommit } from "@rockpool/log";
import type { ReplicaState } from "./state.ts";

export type Merged = ReadonlyMap<PackedKey, DocumentValue>;

/** A local commit with its effects under their whole keys. */
export interface LocalCommit {
  readonly record: CommitRecord;
  readonly effects: readonly Effect[];
}

/** What commits add to documents that they do nothing else to. */
export const mergedByCommits = (commits: readonly LocalCommit[]): Merged => {
  // Most rows merge nothing.
  if (!commits.some(mergesAny)) return nothingMerged;
  const grownByKey = new Map<PackedKey, DocumentValue | undefined>();
  const grow = (key: PackedKey, by: DocumentValue | undefined): void => {
    const before = grownByKey.get(key);
    const isFirst = !grownByKey.has(key);
    grownByKey.set(key, isFirst || by === undefined ? by : before && joinDocuments(before, by));
  };
  for (const { record, effects } of commits) {
    for (const one of record.mutations) {
      grow(one.key, one.type === "merge" ? createDocument(one.update, one.incarnation) : undefined);
    }
    for (const { key, value, appends } of effects) {
      grow(key, appends === true && value?.encoding === "document" ? value : undefined);
    }
  }
  return known(grownByKey);
};

/**
 * What the entries of a patch add to documents on which nothing but merges is pending, on the state before they
 * are shown.
 */
export const mergedByEntries = (
  { operations }: Pick<ReplicaState, "operations">,
  entries: ReadonlyMap<PackedKey, PatchEntry>,
  changed: readonly PackedKey[],
): Merged => {
  const grownByKey = new Map<PackedKey, DocumentValue>();
  for (const key of changed) {
    const { value, appends } = entries.get(key) ?? {};
    if (appends !== true || value?.encoding !== "document") continue;
    const pending = (operations.get(key) ?? []).flatMap(({ mutations }) => mutations);
    if (stayInView(pending, value)) grownByKey.set(key, value);
  }
  return grownByKey.size === 0 ? nothingMerged : grownByKey;
};

/**
 * True for merges that are shown in a document as they were before it: all into what merges made before the relay
 * gave it a number, or all into this one. Of both kinds, those into this one may have waited out of sight.
 */
const stayInView = (pending: readonly Mutation[], { incarnation }: DocumentValue): boolean =>
  pending.every((one) => one.type === "merge" && one.incarnation === null) ||
  pending.every((one) => one.type === "merge" && one.incarnation === incarnation);

/** Of what was added, the documents of which nothing left the view by the end of these commits. */
export const withoutLosers = (merged: Merged, losers: readonly TrackedCommit[]): Merged => {
  if (merged.size === 0 || losers.length === 0) return merged;
  const lost = new Set(losers.flatMap(({ commit }) => commit.mutations.map(({ key }) => key)));
  return new Map([...merged].filter(([key]) => !lost.has(key)));
};

const nothingMerged: Merged = new Map();

const mergesAny = ({ record, effects }: LocalCommit): boolean =>
  record.mutations.some(({ type }) => type === "merge") || effects.some(({ appends }) => appends === true);

const known = (grownByKey: ReadonlyMap<PackedKey, DocumentValue | undefined>): Merged =>
  new Map([...grownByKey].flatMap(([key, grown]) => (grown === undefined ? [] : [[key, grown] as const])));
