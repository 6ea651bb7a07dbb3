/**
 * The fold: what each row of the log does to a replica's state. Total, and without pages, clock or
 * random numbers; what those had to say stands in the row. Every host that folds the same rows is
 * in the same state.
 */
import {
  assert,
  type Commit,
  createVersionstamp,
  laterVersionstamp,
  nextStamp,
  type PackedKey,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import {
  type AttachRow,
  type CommitRow,
  type CompactRow,
  type DecisionRow,
  type ExpireRow,
  mustKnowRow,
  type PlacedRow,
} from "@rockpool/log";
import { nextCommitState } from "./commit-table.ts";
import { effectsOf } from "./effects.ts";
import { foldFill, foldPatch, foldSession, foldVerify } from "./fold-sync.ts";
import { type LocalCommit, mergedByCommits } from "./merged.ts";
import { noEffect, rememberedFrom, type RowEffect } from "./row-effect.ts";
import type { ReplicaState } from "./state.ts";

/** Folds one row, which must follow on the state's tail. @throws KvError "newer-format", before anything is changed */
export const foldRow = (state: ReplicaState, row: PlacedRow): RowEffect => {
  mustKnowRow(row);
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
    case "follow":
      state.session.followed = row.followed;
      return noEffect;
    case "verify":
      return foldVerify(state, row);
    case "decision":
      return foldDecision(state, row);
    case "attach":
      return foldAttach(state, row);
    case "pause":
      state.session.paused = row.paused;
      return noEffect;
    case "settings":
      state.settings = row.settings;
      state.keptVersions ||= row.settings.history > 1;
      return noEffect;
    case "expire":
      return foldExpire(state, row);
    case "build":
      state.building.add(row.position);
      return noEffect;
    case "abandon":
      for (const generation of row.generations) state.building.delete(generation);
      return noEffect;
    case "fill":
      return foldFill(state, row);
    case "compact":
      return foldCompact(state, row);
    case "checkpoint":
      return noEffect;
  }
};

/** What is confirmed here is not of the relay's history: it waits for a fill to take its place. */
const foldAttach = (state: ReplicaState, row: AttachRow & PlacedRow): RowEffect => {
  state.replica = row.replica;
  const { commits } = row;
  if (commits !== undefined) {
    state.session.fillDue = true;
    state.session.fillsAll = true;
  }
  const { changed } = foldCommits(state, { ...row, commits: commits ?? [] });
  // A document is all in what waits for the relay, and would be shown twice.
  for (const { readingMs, mutations } of commits ?? []) {
    const documents = new Set(mutations.flatMap(({ type, key }) => (type === "merge" ? [key] : [])));
    for (const key of documents) state.cover(key, rememberedFrom({}, readingMs), zeroVersionstamp);
  }
  return { ...noEffect, changed };
};

const foldCommits = (
  state: ReplicaState,
  row: Pick<CommitRow & PlacedRow, "commits" | "position">,
): RowEffect => {
  const changed = new Set<PackedKey>();
  const local = row.commits.map((record, place) => {
    const versionstamp = createVersionstamp(row.position, place);
    const effects = effectsOf(record, versionstamp);
    for (const { key } of record.mutations) changed.add(key);
    for (const { key } of effects) changed.add(key);
    foldCommit(state, { record, effects }, versionstamp);
    return { record, effects };
  });
  const merged = mergedByCommits(local);
  return { ...noEffect, changed: [...changed], ...(merged.size === 0 ? {} : { merged }) };
};

const foldCommit = (
  state: ReplicaState,
  { record, effects }: LocalCommit,
  versionstamp: Versionstamp,
): void => {
  const stamp = nextStamp(state.stamp, record.readingMs, record.name.host);
  state.stamp = stamp;
  if (state.replica === null) {
    for (const { key, purged, ...content } of effects) {
      state.cover(key, { ...content, ...rememberedFrom(content, record.readingMs) }, versionstamp);
      if (purged === true) state.purge(key);
    }
    return;
  }
  const { name, tag, checks, mutations, awaited } = record;
  const commit: Commit = { name, tag, stamp, checks, mutations };
  state.track({ commit, versionstamp, state: "pending", ...(awaited ? { awaited } : {}) });
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
  return { ...noEffect, changed: row.expired };
};

const foldCompact = (state: ReplicaState, { key, value, revision }: CompactRow): RowEffect => {
  state.rewrite(key, { value, ...(revision === undefined ? {} : { revision }) });
  return noEffect;
};

const foldDecision = (state: ReplicaState, row: DecisionRow & PlacedRow): RowEffect => {
  for (const name of row.commits) {
    const tracked = state.getTracked(name);
    if (tracked !== undefined && nextCommitState(tracked.state, "decided") === "gone") state.untrack(name);
  }
  for (const [place, record] of row.retries.entries()) {
    foldCommit(state, { record, effects: [] }, createVersionstamp(row.position, place));
  }
  return { ...noEffect, changed: row.changed };
};
