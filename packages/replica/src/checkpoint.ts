/**
 * Checkpoints: moving what the oldest rows of the log changed into pages, so that the log stays
 * short. One transaction, kept small; whoever loses the race writes nothing.
 */
import {
  entryBytes,
  type PackedKey,
  type Position,
  positionOf,
  type Value,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import {
  type Checkpoint,
  formatVersion,
  type LogStart,
  type Meta,
  type Page,
  type PageEntry,
  type PageKey,
  type PendingRecord,
  type PlacedRow,
  type TrackedCommit,
} from "@rockpool/log";
import { foldRow } from "./fold.ts";
import { PageIndex, type Pages } from "./page-index.ts";
import { pageIndexOf, type ReplicaState, stateAtCheckpoint } from "./state.ts";
import { splitEntries } from "./page-split.ts";
import { confirmedOf } from "./view.ts";

export interface CheckpointLimits {
  /** Rows and pages of one checkpoint, at most about, or else one row. */
  readonly rowsMax: number;
  readonly pagesMax: number;
  /** Entries and bytes of a page, about. */
  readonly pageEntries: number;
  readonly pageBytes: number;
}

/** What keeps the transaction under some 30 ms. */
export const checkpointLimits: CheckpointLimits = {
  rowsMax: 1000,
  pagesMax: 64,
  pageEntries: 64,
  pageBytes: 16 * 1024,
};

/** A checkpoint that can be made: the state as of its last row. */
export interface CheckpointPlan {
  readonly at: Position;
  readonly state: ReplicaState;
}

/**
 * The furthest row at which a checkpoint stays within the limits and nothing is set aside; undefined
 * when there is no row to move.
 */
export const planCheckpoint = (start: LogStart, limits: CheckpointLimits): CheckpointPlan | undefined => {
  const state = stateAtCheckpoint(start);
  const size = new CheckpointSize(pageIndexOf(state, start), limits);
  let at: Position | undefined;
  let rows = 0;
  for (const row of start.rows) {
    size.add(row);
    if (at !== undefined && (rows >= limits.rowsMax || size.pages > limits.pagesMax)) break;
    foldRow(state, row);
    rows++;
    if (state.session.setAside === null && !state.session.reset) at = row.position;
  }
  if (at === undefined || isOnlySignals(start.rows, at)) return undefined;
  return { at, state: at === state.tail ? state : foldUpTo(start, at) };
};

/** What to write. Void when `pages`, those in force at the checkpoint, notes something lacking. */
export const buildCheckpoint = (
  start: LogStart,
  plan: CheckpointPlan,
  pages: Pages,
  nowMs: number,
  limits: CheckpointLimits,
): Checkpoint => {
  const { state } = plan;
  const { putPages, deletePages } = rewritePages(state, pages, limits);
  const stale = start.pageKeys.filter(({ generation }) => generation !== state.generation);
  // Rulings are dated by the relay's clock, as far as this device knows it.
  const relayNowMs = nowMs + state.session.clockOffsetMs;
  const { putPending, deletePending } = rewritePending(start.pending, state, relayNowMs);
  return {
    base: state.checkpoint,
    meta: metaOf(state, plan.at),
    putPages,
    deletePages: [...deletePages, ...stale],
    putPending,
    deletePending,
  };
};

const foldUpTo = (start: LogStart, at: Position): ReplicaState => {
  const state = stateAtCheckpoint(start);
  for (const row of start.rows) if (row.position <= at) foldRow(state, row);
  return state;
};

/** True when every row up to `at` is a mark that earlier checkpoints left. */
const isOnlySignals = (rows: readonly PlacedRow[], at: Position): boolean =>
  rows.every((row) => row.position > at || row.type === "checkpoint");

/** How many pages a checkpoint will write, about: those that rows touch, and those that what they bring will fill. */
class CheckpointSize {
  readonly #index: PageIndex;
  readonly #limits: CheckpointLimits;
  readonly #touched = new Set<number>();
  readonly #bytesByKey = new Map<PackedKey, number>();
  #bytes = 0;

  constructor(index: PageIndex, limits: CheckpointLimits) {
    this.#index = index;
    this.#limits = limits;
  }

  get pages(): number {
    const { pageEntries, pageBytes } = this.#limits;
    return this.#touched.size + Math.max(this.#bytesByKey.size / pageEntries, this.#bytes / pageBytes);
  }

  add(row: PlacedRow): void {
    if (row.type === "commit") for (const { effects } of row.commits) this.#write(effects);
    if (row.type !== "patch") return;
    this.#write(row.patch.entries);
    for (const key of row.changed) this.#touched.add(this.#index.at(key));
  }

  #write(entries: readonly { readonly key: PackedKey; readonly value?: Value }[]): void {
    for (const entry of entries) {
      const { key } = entry;
      this.#touched.add(this.#index.at(key));
      const bytes = entryBytes(entry);
      this.#bytes += bytes - (this.#bytesByKey.get(key) ?? 0);
      this.#bytesByKey.set(key, bytes);
    }
  }
}

const metaOf = (state: ReplicaState, at: Position): Meta => {
  const { epoch, revealed, scope, followed, clockOffsetMs, paused } = state.session;
  return {
    format: formatVersion,
    checkpoint: at,
    ranges: [{ first: "" as PackedKey, generation: state.generation }],
    replica: state.replica,
    stamp: state.stamp,
    relayStamp: state.relayStamp,
    session: { epoch, cursor: revealed, scope, followed, clockOffsetMs, paused },
  };
};

const rewritePages = (state: ReplicaState, pages: Pages, limits: CheckpointLimits) => {
  const keysByPage = new Map<number, PackedKey[]>();
  const index =
    pages.index.generation === state.generation ? pages.index : new PageIndex(state.generation, []);
  for (const key of [...state.overlay.keys()].toSorted()) {
    const at = index.at(key);
    const keys = keysByPage.get(at);
    if (keys === undefined) keysByPage.set(at, [key]);
    else keys.push(key);
  }
  for (const at of keysByPage.keys()) pages.expect(at, at);
  const putPages: Page[] = [];
  const deletePages: PageKey[] = [];
  for (const [at, keys] of keysByPage) {
    const first = index.firsts[at] ?? ("" as PackedKey);
    const entries = mergeEntries(
      state,
      pages,
      at >= 0 && index === pages.index ? (pages.page(at)?.entries ?? []) : [],
      keys,
    );
    for (const [place, part] of splitEntries(entries, limits.pageEntries, limits.pageBytes).entries()) {
      putPages.push(createPage(state.generation, place === 0 ? first : (part[0] as PageEntry).key, part));
    }
    // An emptied page keeps its record: the pages' ranges must cover all keys.
  }
  return { putPages, deletePages };
};

const mergeEntries = (
  state: ReplicaState,
  pages: Pages,
  stored: readonly PageEntry[],
  keys: readonly PackedKey[],
): readonly PageEntry[] => {
  const entryByKey = new Map(stored.map((entry) => [entry.key, entry]));
  for (const key of keys) {
    const { value, expireAt, revision, versionstamp } = confirmedOf(state, pages, key);
    entryByKey.set(key, {
      key,
      versionstamp,
      ...(value === undefined ? {} : { value }),
      ...(expireAt === undefined ? {} : { expireAt }),
      ...(revision === undefined ? {} : { revision }),
    });
  }
  return [...entryByKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
};

const createPage = (generation: number, first: PackedKey, entries: readonly PageEntry[]): Page => {
  let latest: Versionstamp = zeroVersionstamp;
  let earliestExpiry = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    if (entry.versionstamp > latest) latest = entry.versionstamp;
    if (entry.expireAt !== undefined && entry.expireAt < earliestExpiry) earliestExpiry = entry.expireAt;
  }
  return {
    generation,
    first,
    entries,
    latest,
    ...(Number.isFinite(earliestExpiry) ? { earliestExpiry } : {}),
  };
};

/** Confirmed commits that are remembered by name, at most (some 1 MB); the oldest go first. */
const confirmedMax = 4000;
/** How long a confirmed commit is remembered, in ms: a day. */
const confirmedMs = 24 * 60 * 60 * 1000;

const rewritePending = (before: readonly PendingRecord[], state: ReplicaState, nowMs: number) => {
  const kept = stillMattering(state, nowMs);
  const commitsByPosition = new Map<Position, TrackedCommit[]>();
  for (const tracked of kept) {
    const position = positionOf(tracked.versionstamp);
    const commits = commitsByPosition.get(position);
    if (commits === undefined) commitsByPosition.set(position, [tracked]);
    else commits.push(tracked);
  }
  const unchanged = new Set(
    before.filter((record) => isSameRecord(record, commitsByPosition)).map(({ position }) => position),
  );
  const putPending = [...commitsByPosition]
    .filter(([position]) => !unchanged.has(position))
    .map(([position, commits]): PendingRecord => ({ position, commits }));
  const deletePending = before
    .map(({ position }) => position)
    .filter((position) => !commitsByPosition.has(position));
  return { putPending, deletePending };
};

const isSameRecord = (
  record: PendingRecord,
  commitsByPosition: ReadonlyMap<Position, readonly TrackedCommit[]>,
): boolean => {
  const commits = commitsByPosition.get(record.position);
  return (
    commits?.length === record.commits.length &&
    commits.every((commit, place) => commit === record.commits[place])
  );
};

const stillMattering = (state: ReplicaState, nowMs: number): readonly TrackedCommit[] => {
  const all = [...state.tracked.values()];
  const confirmed = all.filter(({ state: ruling }) => ruling === "confirmed");
  const forgotten = new Set(confirmed.slice(0, Math.max(0, confirmed.length - confirmedMax)));
  for (const tracked of confirmed) if ((tracked.ruledAtMs ?? 0) < nowMs - confirmedMs) forgotten.add(tracked);
  return all.filter((tracked) => !forgotten.has(tracked));
};
