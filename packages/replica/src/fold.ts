/**
 * The fold: what each row of the log does to a replica's state. Total, and without pages, clock or
 * random numbers; what those had to say stands in the row. Every host that folds the same rows is
 * in the same state.
 */
import {
  assert,
  type Commit,
  type CommitResult,
  createVersionstamp,
  deletionMs,
  isPurge,
  laterStamp,
  laterVersionstamp,
  nameKey,
  nextStamp,
  type PackedKey,
  type PatchEntry,
  type Value,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import type {
  CommitRecord,
  CommitRow,
  DecisionRow,
  ExpireRow,
  FillRow,
  PatchRow,
  PlacedRow,
  SessionRow,
  TrackedCommit,
} from "@rockpool/log";
import { effectsOf } from "./effects.ts";
import type { ReplicaState } from "./state.ts";

/** What a row changed, for watchers and for the app's events. */
export interface RowEffect {
  /** Keys whose view changed, in value or in versionstamp. */
  readonly changed: readonly PackedKey[];
  /** True when everything that stood here was replaced: `changed` does not name it. */
  readonly replaced?: true;
  /** Keys whose view stayed while a commit on them was ruled. */
  readonly settledKeys: readonly PackedKey[];
  /** Commits that were ruled, as they are tracked now. */
  readonly ruled: readonly TrackedCommit[];
  /** Blind mutations that lost, of the commits in `ruled`, with the commit as it was. */
  readonly superseded: readonly {
    readonly commit: Commit;
    readonly versionstamp: Versionstamp;
    readonly mutation: number;
  }[];
}

/** Folds one row, which must follow on the state's tail. */
export const foldRow = (state: ReplicaState, row: PlacedRow): RowEffect => {
  assert(row.position > state.tail, `row ${row.position} does not follow on ${state.tail}`);
  state.tail = row.position;
  if (row.type !== "checkpoint") state.tailRows++;
  if (state.born === 0) state.born = row.position;
  switch (row.type) {
    case "commit":
      return foldCommits(state, row);
    case "patch":
      return foldPatch(state, row);
    case "session":
      return foldSession(state, row);
    case "decision":
      return foldDecision(state, row);
    case "attach":
      state.replica ??= row.replica;
      return nothing;
    case "pause":
      state.session.paused = row.paused;
      return nothing;
    case "settings":
      state.settings = row.settings;
      state.keptVersions ||= row.settings.history > 1;
      return nothing;
    case "expire":
      return foldExpire(state, row);
    case "build":
      state.building.add(row.position);
      return nothing;
    case "abandon":
      for (const generation of row.generations) state.building.delete(generation);
      return nothing;
    case "fill":
      return foldFill(state, row);
    case "checkpoint":
      return nothing;
  }
};

const nothing: RowEffect = { changed: [], settledKeys: [], ruled: [], superseded: [] };

const foldCommits = (state: ReplicaState, row: CommitRow & PlacedRow): RowEffect => {
  const changed = new Set<PackedKey>();
  for (const [place, record] of row.commits.entries()) {
    const versionstamp = createVersionstamp(row.position, place);
    for (const { key } of record.mutations) changed.add(key);
    for (const { key } of effectsOf(record, versionstamp)) changed.add(key);
    foldCommit(state, record, versionstamp);
  }
  return { ...nothing, changed: [...changed] };
};

const foldCommit = (state: ReplicaState, record: CommitRecord, versionstamp: Versionstamp): void => {
  const stamp = nextStamp(state.stamp, record.readingMs, record.name.host);
  state.stamp = stamp;
  if (state.replica === null) {
    for (const { key, purged, ...content } of effectsOf(record, versionstamp)) {
      state.cover(key, { ...content, ...rememberedFrom(content, record.readingMs) }, versionstamp);
      if (purged === true) state.purge(key);
    }
    return;
  }
  const { name, tag, checks, mutations, awaited } = record;
  const commit: Commit = { name, tag, stamp, checks, mutations };
  state.track({ commit, versionstamp, state: "pending", ...(awaited ? { awaited } : {}) });
};

const foldPatch = (state: ReplicaState, row: PatchRow & PlacedRow): RowEffect => {
  const { patch } = row;
  const { session } = state;
  state.relayStamp = laterStamp(state.relayStamp, patch.stamp);
  state.stamp = laterStamp(state.stamp, patch.stamp);
  session.received = patch.to;
  session.setAside ??= { entries: new Map(), results: [], head: patch.head };
  session.setAside.head = Math.max(session.setAside.head, patch.head);
  for (const entry of patch.entries) session.setAside.entries.set(entry.key, entry);
  session.setAside.results.push(...patch.results);
  return patch.upToDate ? reveal(state, row) : nothing;
};

/** Shows everything that was set aside, the row's own patch included, in one step. */
const reveal = (state: ReplicaState, row: PatchRow & PlacedRow): RowEffect => {
  const { session } = state;
  const { entries, results } = session.setAside ?? { entries: new Map<PackedKey, PatchEntry>(), results: [] };
  const versionstamp = createVersionstamp(row.position);
  if (session.reset) {
    state.replaceConfirmed(row.position);
    session.reset = false;
    session.confirmedEpoch = session.epoch;
  }
  session.setAside = null;
  session.revealed = row.patch.to;
  const { ruled, superseded, purged, versionstampByRevision } = settleResults(state, results, row.readingMs);
  for (const { key, ...content } of entries.values()) {
    const confirmed = { ...content, ...rememberedFrom(content, row.readingMs) };
    state.cover(key, confirmed, versionstampByRevision.get(content.revision) ?? oldest);
  }
  for (const key of row.changed) state.cover(key, undefined, versionstamp);
  for (const key of purged) state.purge(key);
  for (const name of row.hidden) {
    const tracked = state.getTracked(name);
    if (tracked?.state === "pending") state.track({ ...tracked, state: "hidden" });
  }
  return {
    changed: row.changed,
    settledKeys: settledKeys(ruled, row.changed),
    ruled: ruled.map((one) => one.after),
    superseded,
  };
};

const oldest = createVersionstamp(0);

interface Settlement {
  readonly before: TrackedCommit;
  readonly after: TrackedCommit;
}

/** Takes ruled commits out of pending. A result counts only with the tag of the commit it names. */
const settleResults = (state: ReplicaState, results: readonly CommitResult[], ruledAtMs: number) => {
  const ruled: Settlement[] = [];
  const superseded: RowEffect["superseded"][number][] = [];
  const purged: PackedKey[] = [];
  const versionstampByRevision = new Map<number, Versionstamp>();
  for (const result of results) {
    const before = state.getUnruled(result);
    if (before === undefined) continue;
    const after = settle(before, result, ruledAtMs);
    state.track(after);
    ruled.push({ before, after });
    if (result.ruling.type === "accepted") {
      state.relayStamp = laterStamp(state.relayStamp, result.stamp);
      versionstampByRevision.set(result.revision, before.versionstamp);
      for (const { mutation } of result.ruling.superseded) {
        superseded.push({ commit: before.commit, versionstamp: before.versionstamp, mutation });
      }
      purged.push(...purgedKeys(before.commit, after));
    }
  }
  healStamp(state, ruled);
  return { ruled, superseded, purged, versionstampByRevision };
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

const settle = (before: TrackedCommit, result: CommitResult, ruledAtMs: number): TrackedCommit => {
  const { ruling, revision, stamp } = result;
  if (ruling.type === "rejected") {
    return {
      ...before,
      commit: { ...before.commit, stamp },
      state: "rejected",
      revision,
      reason: ruling.reason,
      ruledAtMs,
    };
  }
  const superseded = ruling.superseded.map(({ mutation }) => mutation);
  const supersededKeys = superseded.flatMap((index) => before.commit.mutations[index]?.key ?? []);
  // What a confirmed commit did stands in the entries; it is kept by name to answer `settled`.
  const commit: Commit = { ...before.commit, stamp, checks: [], mutations: [] };
  return {
    commit,
    versionstamp: before.versionstamp,
    state: "confirmed",
    revision,
    supersededKeys,
    ruledAtMs,
  };
};

const settledKeys = (ruled: readonly Settlement[], changed: readonly PackedKey[]): readonly PackedKey[] => {
  const keys = new Set(ruled.flatMap(({ before }) => before.commit.mutations.map(({ key }) => key)));
  for (const key of changed) keys.delete(key);
  return [...keys];
};

const foldSession = (state: ReplicaState, row: SessionRow): RowEffect => {
  const { session } = state;
  session.clockOffsetMs = row.clockOffsetMs;
  const moved = session.epoch !== row.epoch || row.reset || !sameScope(session.scope, row.scope);
  session.epoch = row.epoch;
  session.scope = row.scope;
  if (!moved) return nothing;
  session.setAside = null;
  if (row.reset) {
    session.reset = true;
    session.revealed = 0;
  }
  // A cursor that is valid in the new epoch lies in the history both share, and so do all entries.
  if (!session.reset) session.confirmedEpoch = row.epoch;
  session.received = session.revealed;
  return nothing;
};

const foldExpire = (state: ReplicaState, row: ExpireRow & PlacedRow): RowEffect => {
  const versionstamp = createVersionstamp(row.position);
  for (const key of row.expired) state.cover(key, rememberedFrom({}, row.readingMs), versionstamp);
  // Its versionstamp stays; the next checkpoint leaves it out.
  for (const key of row.forgotten) {
    state.cover(key, { keptUntil: 0 }, zeroVersionstamp);
    state.purge(key);
  }
  state.forgotten = laterVersionstamp(state.forgotten, row.forgottenUpTo);
  return { ...nothing, changed: row.expired };
};

const foldFill = (state: ReplicaState, row: FillRow & PlacedRow): RowEffect => {
  state.replaceConfirmed(row.generation, row.stored);
  state.building.delete(row.generation);
  state.revealed = createVersionstamp(row.position);
  return { ...nothing, replaced: true };
};

/** A deletion is remembered for a while, so that a feed which resumes hears of it. */
const rememberedFrom = (content: { readonly value?: Value }, readingMs: number): { keptUntil?: number } =>
  content.value === undefined ? { keptUntil: readingMs + deletionMs } : {};

const foldDecision = (state: ReplicaState, row: DecisionRow & PlacedRow): RowEffect => {
  for (const name of row.commits) {
    if (state.tracked.get(nameKey(name))?.state === "rejected") state.untrack(name);
  }
  for (const [place, record] of row.retries.entries()) {
    foldCommit(state, record, createVersionstamp(row.position, place));
  }
  return { ...nothing, changed: row.changed };
};

/** True when two scopes hold the same prefixes; both are sorted. */
export const sameScope = (a: readonly PackedKey[], b: readonly PackedKey[]): boolean =>
  a.length === b.length && a.every((prefix, index) => prefix === b[index]);
