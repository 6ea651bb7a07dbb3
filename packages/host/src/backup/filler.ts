/**
 * Fills: writes a generation of pages beside those in force while commits go on, and
 * shows it by one row in place of all that stood. Until that row nobody sees any of it, and after
 * `abort`, or when this tab ends, nobody ever will. A Web Lock tells others that it is being written.
 */
import { KvError, type PackedKey } from "@rockpool/model";
import type { FillRow, Log, Page, PageEntry, PageRange, StoredSize } from "@rockpool/log";
import {
  type CheckpointLimits,
  createPage,
  joinEntries,
  PageIndex,
  type ReplicaState,
  resized,
  splitEntries,
} from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import { buildLockName, deletePages, pagesPerTransaction } from "../upkeep/generations.ts";
import type { Ledger } from "../ledger.ts";
import { type FillEntry, pageEntryOf, weightOf } from "./fill-entry.ts";

/** What the row that shows a fill says besides; undefined when it must not be shown on this state. Throws to say why. */
export type DecideFill = (state: ReplicaState) => Pick<FillRow, "relay"> | undefined;

export interface FillerOptions {
  readonly log: Log;
  readonly ledger: Ledger;
  readonly locks: HostEnvironment["locks"];
  /** The database's name on this device. */
  readonly database: string;
  readonly limits: CheckpointLimits;
  /** Bytes of entries held in memory before they are written, about. */
  readonly heldBytes?: number;
}

const heldBytesDefault: number = 1024 * 1024;
/** Generations begun before something must be wrong: each was taken for dead before its lock was held. */
const beginningsMax = 10;

export class Filler {
  readonly #its: FillerOptions;
  readonly #generation: number;
  readonly #release: () => void;
  readonly #heldBytes: number;
  /** Ascending by key, and after all that is written. */
  #run: PageEntry[] = [];
  #runBytes = 0;
  #last: PackedKey | undefined;
  /** The first keys of the pages written, ascending. */
  #firsts: PackedKey[] = [];
  /** What came out of order, by key: it takes the place of what was said before. */
  #corrections = new Map<PackedKey, FillEntry>();
  #correctionBytes = 0;
  #stored: StoredSize = { entries: 0, bytes: 0 };
  /** True once the row that shows it may stand in the log. */
  #mayStand = false;
  #ended = false;

  /** @throws what `mayFill` throws, of the state that the fill begins on */
  static async begin(its: FillerOptions, mayFill: (state: ReplicaState) => void = () => {}): Promise<Filler> {
    const { ledger, locks, database } = its;
    for (let attempt = 0; attempt < beginningsMax; attempt++) {
      const { position } = await ledger.append((state) => {
        mayFill(state);
        return { row: { type: "build" }, result: undefined };
      });
      const generation = position as number;
      const release = await hold(locks, buildLockName(database, generation));
      // Before the lock was held another host may have taken it for dead; from here on none does.
      let isBuilding = false;
      try {
        isBuilding = await ledger.read(true, (state) => state.building.has(generation));
      } finally {
        if (!isBuilding) release();
      }
      if (isBuilding) return new Filler(its, generation, release);
    }
    throw new KvError("corrupt", `a fill was given up ${beginningsMax} times before it began`);
  }

  private constructor(its: FillerOptions, generation: number, release: () => void) {
    this.#its = its;
    this.#generation = generation;
    this.#release = release;
    this.#heldBytes = its.heldBytes ?? heldBytesDefault;
  }

  /** Takes entries, best in key order; of two with one key the later counts. Call by call, not at once. */
  async add(entries: Iterable<FillEntry>): Promise<void> {
    for (const entry of entries) {
      if (this.#last !== undefined && entry.key <= this.#last) this.#correct(entry);
      else if (entry.value !== undefined) this.#append(entry);
      if (this.#runBytes >= this.#heldBytes) await this.#writeRun("all but the last page");
      if (this.#correctionBytes >= this.#heldBytes) await this.#merge();
    }
  }

  /** Forgets all that was added. */
  async clear(): Promise<void> {
    this.#run = [];
    this.#runBytes = 0;
    this.#last = undefined;
    this.#firsts = [];
    this.#corrections.clear();
    this.#correctionBytes = 0;
    this.#stored = { entries: 0, bytes: 0 };
    await deletePages(this.#its.log, this.#generation);
  }

  /**
   * Shows what was added in place of everything that is confirmed. The result says how much it is;
   * undefined when `decide` would not have it shown, and nothing was.
   * @throws what `decide` throws; KvError "interrupted" when this tab was taken for dead meanwhile; and
   * as the log does
   */
  async reveal(decide: DecideFill = () => ({})): Promise<StoredSize | undefined> {
    await this.#merge();
    // A bucket of no entries has a page too: the first one covers all keys before the second.
    if (this.#firsts.length === 0) await this.#its.log.putPages([createPage(this.#generation, firstKey, [])]);
    const stored = this.#stored;
    const { position } = await this.#its.ledger.append((state) => {
      this.#mayStand = false;
      // What an abort has begun to delete must not be shown.
      const decided = this.#ended ? undefined : decide(state);
      if (decided === undefined) return { row: undefined, result: undefined };
      if (!state.building.has(this.#generation)) throw interruptedError();
      this.#mayStand = true;
      return { row: { type: "fill", generation: this.#generation, stored, ...decided }, result: undefined };
    }, "strict");
    if (position === undefined) return undefined;
    this.#ended = true;
    this.#release();
    return stored;
  }

  /** Deletes what was written, and lets go. Harmless when it has ended. */
  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { log, ledger } = this.#its;
    const generation = this.#generation;
    try {
      // On a full disk there may be no room for a row before this.
      if (!this.#mayStand) await deletePages(log, generation);
      const { result: isAbandoned } = await ledger.append((state) =>
        state.building.has(generation)
          ? { row: { type: "abandon", generations: [generation] }, result: true }
          : { row: undefined, result: false },
      );
      // If it was not abandoned here it is in force, or the sweep's.
      if (this.#mayStand && isAbandoned) await deletePages(log, generation);
    } finally {
      this.#release();
    }
  }

  #append(entry: FillEntry): void {
    this.#last = entry.key;
    this.#run.push(pageEntryOf(this.#generation, undefined, entry));
    this.#runBytes += weightOf(entry);
  }

  #correct(entry: FillEntry): void {
    const before = this.#corrections.get(entry.key);
    const joined = joinEntries(before, entry);
    this.#correctionBytes += weightOf(joined) - weightOf(before);
    this.#corrections.set(entry.key, joined);
  }

  /** Writes the run as pages. The last one may yet grow, unless it is to be written too. */
  async #writeRun(which: "all" | "all but the last page"): Promise<void> {
    if (this.#run.length === 0) return;
    const parts = [...splitEntries(this.#run, this.#its.limits)];
    const rest = which === "all" ? [] : (parts.pop() ?? []);
    const pages = parts.map((part, index) =>
      createPage(
        this.#generation,
        index === 0 && this.#firsts.length === 0 ? firstKey : (part[0] as PageEntry).key,
        part,
      ),
    );
    await this.#write(pages);
    for (const page of pages) {
      this.#firsts.push(page.first);
      this.#grow([], page.entries);
    }
    this.#run = [...rest];
    this.#runBytes = rest.reduce((bytes, entry) => bytes + weightOf(entry), 0);
  }

  /** Brings what was corrected into the pages. */
  async #merge(): Promise<void> {
    await this.#writeRun("all");
    if (this.#corrections.size === 0) return;
    const index = new PageIndex(
      this.#generation,
      this.#firsts.map((first) => ({ generation: this.#generation, first })),
    );
    const correctionsByPage = new Map<number, FillEntry[]>();
    for (const entry of this.#corrections.values()) {
      const at = index.at(entry.key);
      const corrections = correctionsByPage.get(at);
      if (corrections === undefined) correctionsByPage.set(at, [entry]);
      else corrections.push(entry);
    }
    const ats = [...correctionsByPage.keys()];
    const firsts: PackedKey[] = [];
    for (let from = 0; from < ats.length; from += pagesPerTransaction) {
      const some = ats.slice(from, from + pagesPerTransaction);
      const found = await this.#read(some.map((at) => index.firsts[at] as PackedKey));
      const pages = found.flatMap((page, place) =>
        this.#corrected(page, correctionsByPage.get(some[place] as number) ?? []),
      );
      await this.#write(pages);
      firsts.push(...pages.map(({ first }) => first));
    }
    this.#firsts = [...new Set([...this.#firsts, ...firsts])].toSorted();
    this.#corrections.clear();
    this.#correctionBytes = 0;
  }

  /** A page with its corrections, cut where it grew. */
  #corrected({ first, entries }: Page, corrections: readonly FillEntry[]): readonly Page[] {
    const entryByKey = new Map(entries.map((entry) => [entry.key, entry]));
    for (const correction of corrections) {
      if (correction.value === undefined) entryByKey.delete(correction.key);
      else {
        const before = entryByKey.get(correction.key);
        entryByKey.set(correction.key, pageEntryOf(this.#generation, before, correction));
      }
    }
    const corrected = [...entryByKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.#grow(entries, corrected);
    return splitEntries(corrected, this.#its.limits).map((part, place) =>
      createPage(this.#generation, place === 0 ? first : (part[0] as PageEntry).key, part),
    );
  }

  #grow(before: readonly PageEntry[], after: readonly PageEntry[]): void {
    this.#stored = resized(this.#stored, before, after);
  }

  async #read(firsts: readonly PackedKey[]): Promise<readonly Page[]> {
    const generation = this.#generation;
    const ranges = firsts.map((first): PageRange => ({ generation, from: first, to: first }));
    const { pages } = await this.#its.log.read(Number.MAX_SAFE_INTEGER, ranges);
    return pages.map(([page]) => {
      // Nobody else deletes it while this tab counts as alive.
      if (page === undefined) throw interruptedError();
      return page;
    });
  }

  async #write(pages: readonly Page[]): Promise<void> {
    for (let from = 0; from < pages.length; from += pagesPerTransaction) {
      await this.#its.log.putPages(pages.slice(from, from + pagesPerTransaction));
    }
  }
}

/** The lower bound of a bucket's first page. */
const firstKey = "" as PackedKey;

/** Takes a lock, and gives what lets go of it. */
const hold = (locks: HostEnvironment["locks"], name: string): Promise<() => void> =>
  new Promise((resolve, reject) => {
    locks
      .request(name, () => new Promise<void>((release) => resolve(release)))
      // Once it is held, a rejection says that it was stolen: others then count this tab as dead.
      .catch(reject);
  });

const interruptedError = (): KvError =>
  new KvError(
    "interrupted",
    "this tab slept for so long that it was taken for dead, and what it had written was given up; nothing was changed. Begin again",
  );
