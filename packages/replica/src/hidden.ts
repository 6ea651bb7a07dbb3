/**
 * Which pending checked commits can no longer hold on what the relay reveals: they are hidden from
 * then on, and still ruled by the relay.
 */
import {
  type Check,
  type CommitName,
  type CommitResult,
  digestOf,
  nameKey,
  type PackedKey,
  type PatchEntry,
  type Versionstamp,
} from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import type { ReplicaState } from "./state.ts";
import { isExpired } from "./view.ts";

/** Everything that a revealing patch shows. */
export interface Revelation {
  readonly entries: ReadonlyMap<PackedKey, PatchEntry>;
  /** Pending and hidden commits that are ruled by it, by name. */
  readonly ruled: ReadonlyMap<string, { readonly tracked: TrackedCommit; readonly result: CommitResult }>;
  /** The versionstamps of our commits that were accepted, by revision. */
  readonly ownByRevision: ReadonlyMap<number, Versionstamp>;
  readonly readingMs: number;
}

/** The pending checked commits that cannot hold on what is revealed, in log order, dependents included. */
export const hiddenBy = (state: ReplicaState, revealed: Revelation): ReadonlyMap<string, CommitName> => {
  const hidden = new Map<string, CommitName>();
  for (const [key, tracked] of state.unruled) {
    if (tracked.state !== "pending" || revealed.ruled.has(key)) continue;
    const holds = tracked.commit.checks.every((check) => mayHold(state, revealed, hidden, tracked, check));
    if (!holds) hidden.set(key, tracked.commit.name);
  }
  return hidden;
};

const mayHold = (
  state: ReplicaState,
  revealed: Revelation,
  hidden: ReadonlyMap<string, CommitName>,
  tracked: TrackedCommit,
  { key, premise }: Check,
): boolean => {
  const entry = revealed.entries.get(key);
  switch (premise.type) {
    case "absent":
      return (
        entry?.value === undefined ||
        isExpired({ value: entry.value, expireAt: entry.expireAt }, revealed.readingMs) ||
        isChangedBefore(state, revealed, hidden, tracked, key)
      );
    case "revision":
      return entry === undefined || entry.revision === premise.revision;
    case "written": {
      const by = nameKey(premise.by);
      if (hidden.has(by)) return false;
      const ruling = revealed.ruled.get(by)?.result;
      const writer = state.tracked.get(by);
      if (ruling === undefined) {
        if (writer?.state === "hidden" || writer?.state === "rejected") return false;
        if (writer?.state !== "confirmed") return true;
        return entry === undefined || entry.revision === writer.revision;
      }
      if (ruling.ruling.type === "rejected") return false;
      if (entry === undefined) {
        return !ruling.ruling.superseded.some(({ mutation }) => touches(state, by, mutation, key));
      }
      return entry.revision === ruling.revision && digestOf(entry.value) === premise.digest;
    }
  }
};

/** True when one of ours that is still to be ruled, before `tracked`, changes the key: it may make the absence. */
const isChangedBefore = (
  state: ReplicaState,
  revealed: Revelation,
  hidden: ReadonlyMap<string, CommitName>,
  tracked: TrackedCommit,
  key: PackedKey,
): boolean =>
  state.operations.get(key)?.some(({ tracked: earlier }) => {
    const name = nameKey(earlier.commit.name);
    return earlier.versionstamp < tracked.versionstamp && !revealed.ruled.has(name) && !hidden.has(name);
  }) === true;

const touches = (state: ReplicaState, name: string, mutation: number, key: PackedKey): boolean =>
  state.tracked.get(name)?.commit.mutations[mutation]?.key === key;
