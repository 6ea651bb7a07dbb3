/**
 * What a replica knows at one position of its log: the checkpoint it began from and, in memory, all
 * that the rows after it changed. fold.ts alone changes it, row by row; everything else reads it.
 */
import {
  commitBytes,
  type CommitName,
  type Mutation,
  nameKey,
  type PackedKey,
  type CommitResult,
  type Position,
  positionOf,
  type ReplicaId,
  type Revision,
  type Stamp,
  type Value,
  type Versionstamp,
  zeroStamp,
  zeroVersionstamp,
} from "@rockpool/model";
import {
  type BucketSettings,
  defaultSettings,
  type LogStart,
  type Meta,
  type StoredSize,
  type TrackedCommit,
} from "@rockpool/log";
import { joinEntries } from "./appended.ts";
import { type FoldedSession, foldedSession } from "./folded-session.ts";
import { PageIndex } from "./page-index.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** A key's confirmed state. Without `value` it is deleted. */
export interface Confirmed {
  readonly value?: Value;
  readonly expireAt?: number;
  /** Of a deletion: until when it is remembered, in ms since 1970. */
  readonly keptUntil?: number;
  readonly revision?: Revision;
  /** The value goes behind the document in the key's page, if that is of the same incarnation. */
  readonly appends?: true;
}

/** A key's confirmed state since a row of the log. */
export interface ConfirmedVersion {
  /** Undefined: as in its page; the versionstamp alone is newer. */
  readonly entry: Confirmed | undefined;
  readonly versionstamp: Versionstamp;
}

/** What rows after the checkpoint did to a key's confirmed state. */
export interface Overlay extends ConfirmedVersion {
  /** What stood here before and is kept, oldest first; the page's entry is among them only if it was replaced. */
  readonly past: readonly ConfirmedVersion[];
  /** Older versions than these are dropped. */
  readonly purged: boolean;
}

/** A visible commit's mutations of one key, in its order. */
export interface PendingOperations {
  readonly tracked: TrackedCommit;
  readonly mutations: Mutation[];
}

export class ReplicaState {
  /** The position of the last row folded. */
  tail: Position;
  /** Rows folded since the checkpoint. */
  tailRows = 0;
  /** The position up to which rows stand in pages. */
  readonly checkpoint: Position;
  /** The position of the bucket's first row on this device; 0 before there is one. */
  born: Position;
  /** The generation of pages in force. */
  generation: number;
  /** The versionstamp of the row that revealed those pages: that of every entry which keeps none of its own. */
  revealed: Versionstamp;
  /** Generations that somebody is writing. */
  readonly building: Set<number>;
  /** What the pages in force hold. */
  stored: StoredSize;
  /** The latest versionstamp among the deletions that are no longer remembered. */
  forgotten: Versionstamp;
  settings: BucketSettings;
  /** Older versions were kept once: pages may have some beside them. */
  keptVersions: boolean;
  replica: ReplicaId | null;
  /** The highest stamp given or seen, of what still counts: one of a clock that ran ahead ends with its ruling. */
  stamp: Stamp;
  /** The highest stamp that the relay was seen to give. */
  relayStamp: Stamp;
  readonly session: FoldedSession;
  readonly overlay: Map<PackedKey, Overlay> = new Map();
  /** Commits that matter, in log order, by `nameKey`. */
  readonly tracked: Map<string, TrackedCommit> = new Map();
  /** Those of them that the relay has yet to rule on. */
  readonly unruled: Map<string, TrackedCommit> = new Map();
  /** Mutations of commits in state `pending`, by key, in log order. A list only ever grows; a shorter one is another. */
  readonly operations: Map<PackedKey, PendingOperations[]> = new Map();
  /** Every key that `overlay` or `operations` ever held. */
  readonly keys: SortedKeys = new SortedKeys();
  /** Bytes of the commits to be ruled. */
  pendingBytes = 0;
  /** Commits that wait for the app's decision. */
  rejectedCount = 0;

  constructor(meta: Meta | undefined) {
    this.checkpoint = meta?.checkpoint ?? 0;
    this.tail = this.checkpoint;
    this.born = meta?.born ?? 0;
    this.generation = meta?.ranges[0]?.generation ?? 0;
    this.revealed = meta?.ranges[0]?.revealed ?? zeroVersionstamp;
    this.building = new Set(meta?.building);
    this.stored = meta?.stored ?? emptySize;
    this.forgotten = meta?.forgotten ?? zeroVersionstamp;
    this.settings = meta?.settings ?? defaultSettings;
    this.keptVersions = meta?.keptVersions === true;
    this.replica = meta?.replica ?? null;
    this.stamp = meta?.stamp ?? zeroStamp;
    this.relayStamp = meta?.relayStamp ?? this.stamp;
    this.session = foldedSession(meta?.session);
  }

  getTracked(name: CommitName): TrackedCommit | undefined {
    return this.tracked.get(nameKey(name));
  }

  /** The commit that a ruling is about: one still to be ruled, of the same tag. */
  getUnruled({ name, tag }: Pick<CommitResult, "name" | "tag">): TrackedCommit | undefined {
    const tracked = this.unruled.get(nameKey(name));
    return tracked?.commit.tag === tag ? tracked : undefined;
  }

  /** Adds or replaces a commit that matters and keeps `operations` and the counts in step. */
  track(tracked: TrackedCommit): void {
    const key = nameKey(tracked.commit.name);
    const before = this.tracked.get(key);
    if (before !== undefined) this.#discount(before);
    this.tracked.set(key, tracked);
    if (isUnruled(tracked)) {
      this.unruled.set(key, tracked);
      this.pendingBytes += bytesOf(tracked);
    } else {
      this.unruled.delete(key);
    }
    if (tracked.state === "rejected") this.rejectedCount++;
    if (tracked.state === "pending") this.#showOperations(tracked);
  }

  /**
   * Has commits wait for the relay once more, those of `again` among those that wait already: in log
   * order, as they are folded and pushed.
   */
  trackAgain(again: readonly TrackedCommit[]): void {
    if (again.length === 0) return;
    for (const { commit, versionstamp } of again) this.track({ commit, versionstamp, state: "pending" });
    const waiting = [...this.unruled.values()].toSorted(inLogOrder);
    this.unruled.clear();
    this.operations.clear();
    for (const tracked of waiting) {
      this.unruled.set(nameKey(tracked.commit.name), tracked);
      if (tracked.state === "pending") this.#showOperations(tracked);
    }
  }

  /** Puts other commits in the place of all that matter, in log order. */
  replaceTracked(all: readonly TrackedCommit[]): void {
    for (const { commit } of this.tracked.values()) this.untrack(commit.name);
    for (const tracked of all) this.track(tracked);
  }

  untrack(name: CommitName): void {
    const before = this.tracked.get(nameKey(name));
    if (before === undefined) return;
    this.#discount(before);
    this.tracked.delete(nameKey(name));
    this.unruled.delete(nameKey(name));
  }

  /** How many commits wait for the relay's ruling. */
  get pendingCount(): number {
    return this.unruled.size;
  }

  /** Records what a row did to a key's confirmed state. */
  cover(key: PackedKey, entry: Confirmed | undefined, versionstamp: Versionstamp): void {
    const before = this.overlay.get(key);
    const latest =
      before !== undefined && before.versionstamp > versionstamp ? before.versionstamp : versionstamp;
    this.overlay.set(key, {
      entry: entry === undefined ? before?.entry : joinEntries(before?.entry, entry),
      versionstamp: latest,
      past: entry === undefined || isGrowth(before, entry) ? (before?.past ?? noPast) : this.#pastOf(before),
      purged: before?.purged === true,
    });
    this.keys.add(key);
  }

  /** Drops what stood under a key before its confirmed state. */
  purge(key: PackedKey): void {
    const { entry, versionstamp } = this.overlay.get(key) ?? asInPage;
    this.overlay.set(key, { entry, versionstamp, past: noPast, purged: true });
    this.keys.add(key);
  }

  /** Keeps a key's confirmed entry in another form. */
  rewrite(key: PackedKey, entry: Confirmed): void {
    this.overlay.set(key, { ...asInPage, past: noPast, purged: false, ...this.overlay.get(key), entry });
    this.keys.add(key);
  }

  /** Forgets all confirmed entries, those in memory and those in pages, for what a generation holds. */
  replaceConfirmed(generation: number, stored: StoredSize): void {
    this.overlay.clear();
    this.generation = generation;
    this.stored = stored;
  }

  /** What is kept of a key's past once its confirmed state, as of `before`, is replaced. */
  #pastOf(before: Overlay | undefined): readonly ConfirmedVersion[] {
    const { history } = this.settings;
    if (history === 1) return noPast;
    const { entry, versionstamp } = before ?? asInPage;
    // Of documents no older versions are kept.
    if (isDocument(entry)) return before?.past ?? noPast;
    return [...(before?.past ?? noPast), { entry, versionstamp }].slice(1 - history);
  }

  #discount(tracked: TrackedCommit): void {
    if (isUnruled(tracked)) this.pendingBytes -= bytesOf(tracked);
    if (tracked.state === "rejected") this.rejectedCount--;
    if (tracked.state === "pending") this.#hideOperations(tracked);
  }

  #showOperations(tracked: TrackedCommit): void {
    for (const mutation of tracked.commit.mutations) {
      const operations = this.operations.get(mutation.key);
      const last = operations?.at(-1);
      if (operations === undefined) this.operations.set(mutation.key, [{ tracked, mutations: [mutation] }]);
      else if (last?.tracked === tracked) last.mutations.push(mutation);
      else operations.push({ tracked, mutations: [mutation] });
      this.keys.add(mutation.key);
    }
  }

  #hideOperations(tracked: TrackedCommit): void {
    for (const { key } of tracked.commit.mutations) {
      const operations = this.operations.get(key) ?? [];
      // Commits are ruled in log order, so it is one of the first.
      const index = operations.findIndex((operation) => operation.tracked === tracked);
      if (index === -1) continue;
      if (operations.length === 1) this.operations.delete(key);
      else this.operations.set(key, operations.toSpliced(index, 1));
    }
  }
}

const isDocument = (entry: Confirmed | undefined): boolean => entry?.value?.encoding === "document";

/** True for a part of a document that takes nobody's place, as far as is known without the page. */
const isGrowth = (before: Overlay | undefined, entry: Confirmed): boolean =>
  entry.appends === true && (before?.entry === undefined || isDocument(before.entry));

const noPast: readonly ConfirmedVersion[] = [];
const asInPage: ConfirmedVersion = { entry: undefined, versionstamp: zeroVersionstamp };
const emptySize: StoredSize = { entries: 0, bytes: 0 };

/** Builds the state at a checkpoint, before any row after it is folded. */
export const stateAtCheckpoint = (start: Pick<LogStart, "meta" | "pending">): ReplicaState => {
  const state = new ReplicaState(start.meta);
  for (const record of start.pending) for (const tracked of record.commits) state.track(tracked);
  return state;
};

/** The addresses of the pages in force for a state. */
export const pageIndexOf = (state: ReplicaState, start: Pick<LogStart, "pageKeys">): PageIndex =>
  new PageIndex(state.generation, start.pageKeys);

/** True for a commit the relay has yet to rule on. */
export const isUnruled = (tracked: TrackedCommit): boolean =>
  tracked.state === "pending" || tracked.state === "hidden";

/** Older than any row after the checkpoint: with it a key's page must be asked for its versionstamp. */
export const isBeforeCheckpoint = (state: ReplicaState, versionstamp: Versionstamp): boolean =>
  versionstamp === zeroVersionstamp || positionOf(versionstamp) <= state.checkpoint;

/** The parts of a commit that was divided share its place, in the order of their numbers. */
const inLogOrder = (a: TrackedCommit, b: TrackedCommit): number => {
  if (a.versionstamp === b.versionstamp) return a.commit.name.n - b.commit.name.n;
  return a.versionstamp < b.versionstamp ? -1 : 1;
};

const bytesOf = ({ commit }: TrackedCommit): number => commitBytes([], commit.mutations);
