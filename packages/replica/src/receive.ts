/**
 * Deciding what a patch from the relay does here, before its row is appended: whether it follows on
 * what was received, which keys' views it changes, and which pending commits can no longer hold.
 * It looks at the state that the row will be folded on, so the row needs no second look.
 */
import {
  type CommitResult,
  type CommitName,
  equalValues,
  type EpochId,
  isInScope,
  nameKey,
  type PackedKey,
  type Patch,
  type PatchEntry,
  type Versionstamp,
  laterVersionstamp,
  zeroStamp,
  zeroVersionstamp,
  equalScopes,
} from "@rockpool/model";
import type { PatchRow, TrackedCommit } from "@rockpool/log";
import { joinEntries, joinValues } from "./appended.ts";
import { isSubjectOf } from "./folded-session.ts";
import { hiddenBy, type Revelation } from "./hidden.ts";
import type { Pages } from "./page-index.ts";
import type { PendingOperations, ReplicaState } from "./state.ts";
import {
  type ConfirmedView,
  confirmedOf,
  type EntryView,
  foldOperations,
  shownOperations,
  viewOf,
} from "./view.ts";

/** A patch as its session delivered it. */
export interface ReceivedPatch {
  readonly epoch: EpochId;
  readonly scope: readonly PackedKey[];
  /** Whom the session is for; null where the relay asks for no token. */
  readonly subject: string | null;
  readonly patch: Patch;
}

/** Rulings on pushed commits, as their session delivered them. */
export interface ReceivedRulings {
  /** The epoch the session was welcomed with: its revisions mean nothing in another. */
  readonly epoch: EpochId;
  readonly results: readonly CommitResult[];
}

/** - `row`: append it. - `stale`: all of it is here already, or a fill will bring it. - `gap`: it does not follow, pull from `received`. */
export type PatchDecision =
  | { readonly type: "row"; readonly row: PatchRow }
  | { readonly type: "stale" }
  | { readonly type: "gap" };

/** Decides on a patch. Void when `pages` notes something lacking. */
export const decidePatch = (
  state: ReplicaState,
  pages: Pages,
  received: ReceivedPatch,
  readingMs: number,
): PatchDecision => {
  const { session } = state;
  const { epoch, scope, patch } = received;
  if (session.fillDue || !isSubjectOf(session, received.subject)) return { type: "stale" };
  if (epoch !== session.epoch || !equalScopes(scope, session.scope)) return { type: "gap" };
  if (patch.from !== session.received) {
    return patch.to <= session.received ? { type: "stale" } : { type: "gap" };
  }
  if (isEmpty(patch) && session.setAside === null) return { type: "stale" };
  const row = { type: "patch", epoch, scope, readingMs } as const;
  const upToDate = patch.upToDate && patch.to >= (session.setAside?.head ?? 0);
  if (!upToDate) {
    return { type: "row", row: { ...row, patch: { ...patch, upToDate }, changed: [], hidden: [] } };
  }
  const revealed = revelation(state, patch, readingMs);
  const hidden = hiddenBy(state, session.checksDue ? withChecked(state, pages, revealed) : revealed);
  return {
    type: "row",
    row: { ...row, patch, changed: changedBy(state, pages, revealed, hidden), hidden: [...hidden.values()] },
  };
};

/** True for the answer to a hello when there is nothing new. */
const isEmpty = ({ from, to, entries, results }: Patch): boolean =>
  from === to && entries.length === 0 && results.length === 0;

/**
 * Decides on results the relay gave for pushed commits whose revisions the cursor has passed: they
 * are applied by a patch that goes nowhere. Undefined when none of them concerns a pending commit.
 */
export const decideLateResults = (
  state: ReplicaState,
  pages: Pages,
  rulings: ReceivedRulings,
  readingMs: number,
): PatchRow | undefined => {
  const { session } = state;
  if (rulings.epoch !== session.epoch || session.fillDue) return undefined;
  const late = rulings.results.filter(
    (result) => result.revision <= session.received && state.getUnruled(result) !== undefined,
  );
  if (late.length === 0) return undefined;
  const { received, setAside, scope } = session;
  const patch: Patch = {
    from: received,
    to: received,
    head: setAside?.head ?? received,
    upToDate: setAside === null,
    entries: [],
    results: late,
    stamp: zeroStamp,
  };
  const decision = decidePatch(
    state,
    pages,
    { epoch: rulings.epoch, scope, subject: null, patch },
    readingMs,
  );
  return decision.type === "row" ? decision.row : undefined;
};

/**
 * Decides which pending checked commits can no longer hold on what is confirmed once a fill has put it
 * all in place anew: they are hidden by a patch that goes nowhere. Undefined when there are none, and where a
 * patch since then has done so. Void when `pages` notes something lacking.
 */
export const decideDoomed = (state: ReplicaState, pages: Pages, readingMs: number): PatchRow | undefined => {
  const { epoch, scope, received, setAside, fillDue, checksDue } = state.session;
  if (!checksDue || epoch === null || setAside !== null || fillDue) return undefined;
  const nothing = { entries: new Map(), ruled: new Map(), ownByRevision: new Map(), readingMs };
  const hidden = hiddenBy(state, withChecked(state, pages, nothing));
  if (hidden.size === 0) return undefined;
  const patch: Patch = {
    from: received,
    to: received,
    head: received,
    upToDate: true,
    entries: [],
    results: [],
    stamp: zeroStamp,
  };
  const changed = changedBy(state, pages, nothing, hidden);
  return { type: "patch", epoch, scope, readingMs, patch, changed, hidden: [...hidden.values()] };
};

/** As if what stands under every key that is checked by a pending commit were revealed, too. */
const withChecked = (state: ReplicaState, pages: Pages, revealed: Revelation): Revelation => {
  const entries = new Map(revealed.entries);
  for (const { commit } of state.unruled.values()) {
    for (const { key } of commit.checks) {
      // What stands under a key that is not followed is not known, so a check of it may hold.
      const isKnown = isInScope(state.session.confirmedScope, key);
      if (isKnown && !entries.has(key)) entries.set(key, confirmedEntry(state, pages, key));
    }
  }
  return { ...revealed, entries };
};

const confirmedEntry = (state: ReplicaState, pages: Pages, key: PackedKey): PatchEntry => {
  const { value, expireAt, revision = 0 } = confirmedOf(state, pages, key);
  return {
    key,
    revision,
    ...(value === undefined ? {} : { value }),
    ...(expireAt === undefined ? {} : { expireAt }),
  };
};

const revelation = (state: ReplicaState, patch: Patch, readingMs: number): Revelation => {
  const { setAside } = state.session;
  const entries = new Map(setAside?.entries);
  for (const entry of patch.entries) entries.set(entry.key, joinEntries(entries.get(entry.key), entry));
  const ruled = new Map<string, { tracked: TrackedCommit; result: CommitResult }>();
  const ownByRevision = new Map<number, Versionstamp>();
  for (const result of [...(setAside?.results ?? []), ...patch.results]) {
    const tracked = state.getUnruled(result);
    if (tracked === undefined) continue;
    ruled.set(nameKey(result.name), { tracked, result });
    if (result.ruling.type === "accepted") ownByRevision.set(result.revision, tracked.versionstamp);
  }
  return { entries, ruled, ownByRevision, readingMs };
};

/** The keys whose view differs once everything is revealed, in value or in versionstamp. */
const changedBy = (
  state: ReplicaState,
  pages: Pages,
  revealed: Revelation,
  hidden: ReadonlyMap<string, CommitName>,
): readonly PackedKey[] => {
  const leaves = ({ tracked }: PendingOperations): boolean => {
    const key = nameKey(tracked.commit.name);
    return revealed.ruled.has(key) || hidden.has(key);
  };
  const changed: PackedKey[] = [];
  for (const key of affectedKeys(state, revealed, hidden)) {
    const entry = revealed.entries.get(key);
    const own = entry && revealed.ownByRevision.get(entry.revision);
    if (!state.operations.has(key) && own === undefined) {
      if (entry !== undefined) changed.push(key);
      continue;
    }
    const after = foldOperations(
      confirmedAfter(state, pages, revealed, key, own),
      shownOperations(state, key, leaves),
    );
    if (!sameView(viewOf(state, pages, key), after)) changed.push(key);
  }
  return changed;
};

const affectedKeys = (
  state: ReplicaState,
  revealed: Revelation,
  hidden: ReadonlyMap<string, CommitName>,
): Set<PackedKey> => {
  const affected = new Set<PackedKey>(revealed.entries.keys());
  for (const { tracked } of revealed.ruled.values()) {
    for (const { key } of tracked.commit.mutations) affected.add(key);
  }
  for (const name of hidden.keys()) {
    for (const { key } of state.tracked.get(name)?.commit.mutations ?? []) affected.add(key);
  }
  return affected;
};

const confirmedAfter = (
  state: ReplicaState,
  pages: Pages,
  revealed: Revelation,
  key: PackedKey,
  own: Versionstamp | undefined,
): Omit<ConfirmedView, "keptUntil"> => {
  const before = confirmedOf(state, pages, key);
  const entry = revealed.entries.get(key);
  if (entry === undefined) return before;
  const { expireAt, revision } = entry;
  return {
    value: entry.appends === true ? joinValues(before.value, entry.value) : entry.value,
    expireAt,
    revision,
    versionstamp: laterVersionstamp(before.versionstamp, own ?? zeroVersionstamp),
  };
};

const sameView = (a: EntryView, b: EntryView): boolean =>
  a.versionstamp === b.versionstamp && a.expireAt === b.expireAt && equalValues(a.value, b.value);
