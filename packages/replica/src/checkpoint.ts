/**
 * Checkpoints: moving what the oldest rows of the log changed into pages, so that the log stays
 * short. One transaction, kept small; whoever loses the race writes nothing.
 */
import {
  commitBytes,
  createVersionstamp,
  entryBytes,
  type PackedKey,
  type Position,
  positionOf,
} from "@rockpool/model";
import {
  type BucketSettings,
  type Checkpoint,
  formatVersion,
  type LogStart,
  type Meta,
  type PendingRecord,
  type PlacedRow,
  type TrackedCommit,
} from "@rockpool/log";
import type { Appendable } from "./appended.ts";
import { effectsOf } from "./effects.ts";
import { lostCommits } from "./fold-sync.ts";
import { foldRow } from "./fold.ts";
import { storedSession } from "./folded-session.ts";
import type { PageIndex, Pages } from "./page-index.ts";
import type { PageLimits } from "./page-split.ts";
import { rewritePages } from "./rewrite-pages.ts";
import { pageIndexOf, type ReplicaState, stateAtCheckpoint } from "./state.ts";

export interface CheckpointLimits extends PageLimits {
  /** Rows and pages of one checkpoint, at most about, or else one row. */
  readonly rowsMax: number;
  readonly pagesMax: number;
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
  // Rows that say something, and how many of them a checkpoint at `at` would move.
  let rows = 0;
  let moved = 0;
  for (const row of start.rows) {
    size.add(row, state.settings);
    if (moved > 0 && (rows >= limits.rowsMax || size.pages > limits.pagesMax)) break;
    foldRow(state, row);
    if (row.type !== "checkpoint") rows++;
    if (state.session.setAside !== null) continue;
    at = row.position;
    moved = rows;
  }
  if (at === undefined || moved === 0) return undefined;
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
  // Rows are dated by the relay's clock, as far as this device knows it.
  const relayNowMs = nowMs + state.session.clockOffsetMs;
  const { stored, forgotten, ...written } = rewritePages(state, pages, relayNowMs, limits);
  const { putPending, deletePending } = rewritePending(start.pending, state, relayNowMs);
  return {
    base: state.checkpoint,
    meta: { ...metaOf(state, plan.at), stored, forgotten },
    ...written,
    putPending,
    deletePending,
  };
};

const foldUpTo = (start: LogStart, at: Position): ReplicaState => {
  const state = stateAtCheckpoint(start);
  for (const row of start.rows) if (row.position <= at) foldRow(state, row);
  return state;
};

/** What a row leaves under a key, or adds to it. */
interface Written extends Appendable {
  readonly key: PackedKey;
}

/**
 * How many pages a checkpoint will write, about: those that rows touch, and those that what they bring
 * will fill. The record of an older version costs as much as a page, written and trimmed.
 */
class CheckpointSize {
  readonly #index: PageIndex;
  readonly #limits: CheckpointLimits;
  readonly #touched = new Set<number>();
  readonly #bytesByKey = new Map<PackedKey, number>();
  #bytes = 0;
  readonly #versionsByKey = new Map<PackedKey, number>();
  #versions = 0;

  constructor(index: PageIndex, limits: CheckpointLimits) {
    this.#index = index;
    this.#limits = limits;
  }

  get pages(): number {
    const { pageEntries, pageBytes } = this.#limits;
    const filled = Math.max(this.#bytesByKey.size / pageEntries, this.#bytes / pageBytes);
    return this.#touched.size + filled + this.#versions;
  }

  add(row: PlacedRow, { history }: BucketSettings): void {
    if (row.type === "commit") {
      for (const [place, record] of row.commits.entries()) {
        this.#write(effectsOf(record, createVersionstamp(row.position, place)), history);
      }
    }
    if (row.type === "patch") {
      this.#write(row.patch.entries, history);
      this.#touch(row.changed);
    }
    if (row.type === "compact") this.#write([row], 1);
    if (row.type === "expire") {
      this.#write(
        row.expired.map((key) => ({ key })),
        history,
      );
      this.#touch(row.forgotten);
    }
  }

  #touch(keys: readonly PackedKey[]): void {
    for (const key of keys) this.#touched.add(this.#index.at(key));
  }

  #write(entries: readonly Written[], history: number): void {
    for (const entry of entries) {
      const { key, appends = false } = entry;
      if (history > 1 && !appends) this.#replace(key, history - 1);
      this.#touched.add(this.#index.at(key));
      const before = this.#bytesByKey.get(key) ?? 0;
      const bytes = entryBytes(entry) + (appends ? before : 0);
      this.#bytes += bytes - before;
      this.#bytesByKey.set(key, bytes);
    }
  }

  #replace(key: PackedKey, keptMax: number): void {
    const versions = this.#versionsByKey.get(key) ?? 0;
    if (versions >= keptMax) return;
    this.#versionsByKey.set(key, versions + 1);
    this.#versions++;
  }
}

const metaOf = (state: ReplicaState, at: Position): Meta => {
  return {
    format: formatVersion,
    checkpoint: at,
    ranges: [{ first: "" as PackedKey, generation: state.generation, revealed: state.revealed }],
    building: [...state.building],
    settings: state.settings,
    keptVersions: state.keptVersions,
    born: state.born,
    replica: state.replica,
    stamp: state.stamp,
    relayStamp: state.relayStamp,
    session: storedSession(state.session),
  };
};

/** Bytes of the confirmed commits that are kept, should the relay lose them; the oldest go first. */
const confirmedBytesMax = 4 * 1024 * 1024;
/** What a kept commit takes besides its keys and values, about. */
const commitOverheadBytes = 250;
/** How long a confirmed commit is kept, in ms: a day. */
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
  // The relay is known to have lost them: they wait for a fill, however long that takes, to be given back.
  const lost = new Set(lostCommits(state));
  const forgotten = new Set<TrackedCommit>();
  let bytes = 0;
  for (const tracked of all.toReversed()) {
    if (tracked.state !== "confirmed" || lost.has(tracked)) continue;
    bytes += commitOverheadBytes + commitBytes(tracked.commit.checks, tracked.commit.mutations);
    const isOld = (tracked.ruledAtMs ?? 0) < nowMs - confirmedMs;
    if (isOld || bytes > confirmedBytesMax) forgotten.add(tracked);
  }
  return all.filter((tracked) => !forgotten.has(tracked));
};
