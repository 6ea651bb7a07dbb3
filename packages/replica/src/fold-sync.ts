/**
 * The fold of what comes from the relay: patches, welcomes, fills and comparisons. A part of fold.ts,
 * and total like it.
 */
import {
  type Commit,
  type CommitResult,
  createVersionstamp,
  equalScopes,
  intersectScopes,
  isInScope,
  isPurge,
  laterStamp,
  type PackedKey,
  type Scope,
  type Versionstamp,
} from "@rockpool/model";
import type {
  FilledFrom,
  FillRow,
  PatchRow,
  PlacedRow,
  SessionRow,
  TrackedCommit,
  VerifyRow,
} from "@rockpool/log";
import { nextCommitState } from "./commit-table.ts";
import { setAside } from "./folded-session.ts";
import { divideInitialSets } from "./initial-sets.ts";
import { lossFields } from "./losses.ts";
import { type Merged, mergedByEntries, withoutLosers } from "./merged.ts";
import { noEffect, rememberedFrom, type RowEffect } from "./row-effect.ts";
import type { ReplicaState } from "./state.ts";

/** A replica that differs though it was filled anew for that is filled again no sooner, in ms: a day. */
const refillEveryMsMin = 24 * 60 * 60 * 1000;

export const foldPatch = (state: ReplicaState, row: PatchRow & PlacedRow): RowEffect => {
  const { patch } = row;
  state.relayStamp = laterStamp(state.relayStamp, patch.stamp);
  state.stamp = laterStamp(state.stamp, patch.stamp);
  state.session.received = patch.to;
  setAside(state.session, patch);
  return patch.upToDate ? reveal(state, row) : noEffect;
};

/** Shows everything that was set aside, the row's own patch included, in one step. */
const reveal = (state: ReplicaState, row: PatchRow & PlacedRow): RowEffect => {
  const { session } = state;
  const { entries, results } = session.setAside ?? { entries: new Map(), results: [] };
  const versionstamp = createVersionstamp(row.position);
  session.setAside = null;
  session.checksDue = false;
  session.revealed = row.patch.to;
  const grown = mergedByEntries(state, entries, row.changed);
  const { ruled, purged, versionstampByRevision } = settleResults(state, results, row.readingMs);
  for (const { key, ...content } of entries.values()) {
    const confirmed = { ...content, ...rememberedFrom(content, row.readingMs) };
    state.cover(key, confirmed, versionstampByRevision.get(content.revision) ?? oldest);
  }
  for (const key of row.changed) state.cover(key, undefined, versionstamp);
  for (const key of purged) state.purge(key);
  const losers = ruled.flatMap(({ after }) => (isLoser(after) || isEnded(after, grown) ? [after] : []));
  for (const name of row.hidden) {
    const tracked = state.getTracked(name);
    if (tracked !== undefined && nextCommitState(tracked.state, "doomed") === "hidden") {
      state.track({ ...tracked, state: "hidden" });
      losers.push(tracked);
    }
  }
  const merged = withoutLosers(grown, losers);
  return {
    changed: row.changed,
    ...(merged.size === 0 ? {} : { merged }),
    settledKeys: settledKeys(ruled, row.changed),
    ruled: ruled.map((one) => one.after),
  };
};

const oldest = createVersionstamp(0);

/** True for a ruled commit of which something is not shown. */
const isLoser = ({ state, supersededKeys = [] }: TrackedCommit): boolean =>
  state !== "confirmed" || supersededKeys.length > 0;

/** True when what it merged went into a document that was replaced by one of these. */
const isEnded = ({ commit, revision = 0 }: TrackedCommit, grown: Merged): boolean =>
  commit.mutations.some(({ key }) => revision < (grown.get(key)?.incarnation ?? 0));

interface Settlement {
  readonly before: TrackedCommit;
  readonly after: TrackedCommit;
}

/** Takes ruled commits out of pending. A result counts only with the tag of the commit it names. */
const settleResults = (state: ReplicaState, results: readonly CommitResult[], ruledAtMs: number) => {
  const ruled: Settlement[] = [];
  const purged: PackedKey[] = [];
  const versionstampByRevision = new Map<number, Versionstamp>();
  for (const result of results) {
    const before = state.getUnruled(result) ?? overruled(state, result);
    if (before === undefined) continue;
    const after = settle(before, result, ruledAtMs, state.session.scope);
    state.track(after);
    // A commit that is refused once more was told of.
    if (after.state !== before.state) ruled.push({ before, after });
    if (result.ruling.type === "accepted") {
      state.relayStamp = laterStamp(state.relayStamp, result.stamp);
      versionstampByRevision.set(result.revision, before.versionstamp);
      purged.push(...purgedKeys(before.commit, after));
    }
  }
  healStamp(state, ruled);
  return { ruled, purged, versionstampByRevision };
};

/** A rejected commit whose ruling the relay has lost, and which it ruled on anew for a copy of this device. */
const overruled = (
  state: ReplicaState,
  { name, tag, revision, ruling }: CommitResult,
): TrackedCommit | undefined => {
  const tracked = state.getTracked(name);
  if (tracked?.state !== "rejected" || tracked.commit.tag !== tag) return undefined;
  return ruling.type === "accepted" || tracked.revision !== revision ? tracked : undefined;
};

/** The keys whose older versions an accepted commit drops: a purge that lost drops none. */
const purgedKeys = ({ mutations }: Commit, { supersededKeys = [] }: TrackedCommit): readonly PackedKey[] =>
  mutations.filter((one) => isPurge(one) && !supersededKeys.includes(one.key)).map(({ key }) => key);

/**
 * A commit of a clock that ran ahead was given another stamp by the relay. Its own must not raise
 * later ones, or what the device writes offline from now on would pass for newer than it is.
 */
const healStamp = (state: ReplicaState, ruled: readonly Settlement[]): void => {
  if (ruled.every(({ before }) => before.commit.stamp <= state.relayStamp)) return;
  state.stamp = state.relayStamp;
  for (const { commit } of state.unruled.values()) state.stamp = laterStamp(state.stamp, commit.stamp);
};

/**
 * A ruled commit, as it is kept: a rejected one for the app to decide on, a confirmed one for a day, in
 * case the relay loses what it ruled. The stamp is the one it was given.
 */
const settle = (
  before: TrackedCommit,
  result: CommitResult,
  ruledAtMs: number,
  scope: Scope,
): TrackedCommit => {
  const { ruling, revision, stamp } = result;
  const commit: Commit = { ...before.commit, stamp };
  if (ruling.type === "rejected") {
    return { ...before, commit, state: "rejected", revision, reason: ruling.reason, ruledAtMs };
  }
  const keys = ruling.superseded.flatMap(({ mutation }) => commit.mutations[mutation]?.key ?? []);
  const supersededKeys = [...new Set(keys)];
  const losses = lossFields(commit, ruling.superseded, scope);
  return { ...before, commit, state: "confirmed", revision, supersededKeys, ...losses, ruledAtMs };
};

const settledKeys = (ruled: readonly Settlement[], changed: readonly PackedKey[]): readonly PackedKey[] => {
  const keys = new Set(ruled.flatMap(({ before }) => before.commit.mutations.map(({ key }) => key)));
  for (const key of changed) keys.delete(key);
  return [...keys];
};

export const foldSession = (state: ReplicaState, row: SessionRow & PlacedRow): RowEffect => {
  const { session } = state;
  session.clockOffsetMs = row.clockOffsetMs;
  session.subject = row.subject ?? session.subject;
  if (row.limits !== undefined) {
    session.limits = row.limits;
    const divided = divideInitialSets([...state.tracked.values()], row.limits);
    if (divided !== undefined) state.replaceTracked(divided);
  }
  const moved = session.epoch !== row.epoch || row.reset || !equalScopes(session.scope, row.scope);
  session.epoch = row.epoch;
  session.scope = row.scope;
  if (!moved) return noEffect;
  session.setAside = null;
  if (row.reset) {
    session.fillDue = true;
    session.fillsAll ||= row.keeps !== true;
    session.revealed = Math.min(session.revealed, row.shared ?? 0);
  }
  session.received = session.revealed;
  // A cursor that is valid in the new epoch lies in the history both share, and so do all entries.
  if (session.fillDue) return noEffect;
  const shared = intersectScopes(session.confirmedScope, row.scope);
  session.confirmedEpoch = row.epoch;
  session.confirmedScope = row.scope;
  // What is pending there may be shown no more, or from now on.
  const outside = [...state.operations.keys()].filter((key) => !isInScope(shared, key));
  for (const key of outside) state.cover(key, undefined, createVersionstamp(row.position));
  return { ...noEffect, changed: outside };
};

export const foldVerify = (state: ReplicaState, row: VerifyRow): RowEffect => {
  const { session } = state;
  if (row.epoch !== session.epoch || row.at !== session.revealed) return noEffect;
  session.verifiedAtMs = row.readingMs;
  if (row.equal) return noEffect;
  const isRepeated = Math.abs(row.readingMs - session.differedAtMs) < refillEveryMsMin;
  session.differedAtMs = row.readingMs;
  if (isRepeated) return noEffect;
  session.fillDue = true;
  session.fillsAll = true;
  return noEffect;
};

export const foldFill = (state: ReplicaState, row: FillRow & PlacedRow): RowEffect => {
  const changed = row.relay === undefined ? [] : changedSince(state, createVersionstamp(row.generation));
  state.replaceConfirmed(row.generation, row.stored);
  state.building.delete(row.generation);
  state.revealed = createVersionstamp(row.position);
  const ruling = row.relay === undefined ? noEffect : foldFilledFrom(state, row.relay);
  // What is in view under them is another commit's work on another entry; what was, is no more; and what a
  // row made of them meanwhile, the pages may not know of.
  const ruled = ruling.ruled.flatMap(({ commit }) => commit.mutations.map(({ key }) => key));
  for (const key of new Set([...state.operations.keys(), ...ruled, ...changed])) {
    state.cover(key, undefined, state.revealed);
  }
  return { ...ruling, replaced: true };
};

/** The keys whose confirmed state was given a versionstamp later than `versionstamp`. */
const changedSince = ({ overlay }: ReplicaState, versionstamp: Versionstamp): readonly PackedKey[] =>
  [...overlay].flatMap(([key, confirmed]) => (confirmed.versionstamp > versionstamp ? [key] : []));

const foldFilledFrom = (state: ReplicaState, filled: FilledFrom): RowEffect => {
  const { session } = state;
  state.trackAgain(lostCommits(state));
  session.epoch = filled.epoch;
  session.confirmedEpoch = filled.epoch;
  session.confirmedScope = filled.scope;
  session.received = filled.to;
  session.revealed = filled.to;
  session.setAside = null;
  session.fillDue = false;
  session.fillsAll = false;
  session.checksDue = true;
  session.verifiedAtMs = 0;
  state.relayStamp = laterStamp(state.relayStamp, filled.stamp);
  state.stamp = laterStamp(state.stamp, filled.stamp);
  const { ruled } = settleResults(state, filled.results, filled.readingMs);
  return { ...noEffect, ruled: ruled.map(({ after }) => after) };
};

/** Confirmed commits of a stretch of history that the relay has lost: it is to rule on them again. */
export const lostCommits = ({ session, tracked }: ReplicaState): readonly TrackedCommit[] =>
  session.fillDue
    ? [...tracked.values()].filter(
        ({ state, revision = 0 }) =>
          state !== "pending" && nextCommitState(state, "lost") === "pending" && revision > session.revealed,
      )
    : [];
