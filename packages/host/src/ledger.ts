/**
 * A replica at work on its log: the live state of one host, kept level with the log by every read
 * and append. Each row is folded once, in order, whoever brought it; listeners hear of each.
 * Appends of this host run one after another, reads at any time.
 */
import { assert, KvError, type Position, type Versionstamp, lastVersionstampOf } from "@rockpool/model";
import type { Decision, KnownPages, Log, LogStart, PlacedRow, Row } from "@rockpool/log";
import {
  foldRow,
  type Lacking,
  pageIndexOf,
  Pages,
  type ReplicaState,
  type RowEffect,
  stateAtCheckpoint,
} from "@rockpool/replica";
import { PageCache } from "./page-cache.ts";

/** Hears of each row in order, right after it was folded. Must not throw. */
export interface LedgerListener {
  onRow(row: PlacedRow, effect: RowEffect, state: ReplicaState): void;
  /** Rows after `since` were lost to a checkpoint: what changed since must be read from the pages. */
  onGap(since: Versionstamp): void;
}

/** What a host decided to append, with what it wants back. */
export interface Verdict<T> {
  readonly row: Row | undefined;
  readonly result: T;
}

export interface Appended<T> {
  readonly result: T;
  /** Where the row was placed; undefined when there was none. */
  readonly position: Position | undefined;
}

/** A row of this host, for the notice to the others. `after` is the tail its transaction read. */
export interface AppendNotice {
  readonly after: Position;
  readonly row: PlacedRow;
}

/** Runs of one computation before it is given up: each must have found pages that the last lacked. */
const runsMax = 1000;

export class Ledger {
  readonly #log: Log;
  readonly #listener: LedgerListener;
  readonly #now: () => number;
  #state: ReplicaState;
  #cache = new PageCache();
  #pages: Pages;
  #stale = false;
  /** The addresses of the pages as of the state's checkpoint. */
  #known: KnownPages;
  #restarting: Promise<void> | undefined;
  #appending: Promise<unknown> = Promise.resolve();
  #isFirstAppend = true;
  onAppend: ((notice: AppendNotice) => void) | null = null;

  /** Opens a replica on its log, with the rows that stood in the tail. */
  static async open(
    log: Log,
    listener: LedgerListener,
    now: () => number,
  ): Promise<{ readonly ledger: Ledger; readonly rows: readonly PlacedRow[] }> {
    const start = await log.start();
    return { ledger: new Ledger(log, listener, now, start), rows: start.rows };
  }

  private constructor(log: Log, listener: LedgerListener, now: () => number, start: LogStart) {
    this.#log = log;
    this.#listener = listener;
    this.#now = now;
    this.#state = stateAtCheckpoint(start);
    for (const row of start.rows) foldRow(this.#state, row);
    this.#pages = new Pages(pageIndexOf(this.#state, start), this.#cache.pageByFirst);
    this.#known = knownOf(this.#state, start);
  }

  /** The addresses of the pages, as of a checkpoint. */
  get knownPages(): KnownPages {
    return this.#known;
  }

  /** The state as of the last row this host has seen. */
  get state(): ReplicaState {
    return this.#state;
  }

  /**
   * Computes from a state and the pages it needs, in one snapshot: `strong` from the log's tail as
   * of now, else from memory where that suffices. `compute` may run more than once.
   */
  async read<T>(strong: boolean, compute: (state: ReplicaState, pages: Pages) => T): Promise<T> {
    let isLevel = !strong;
    for (let run = 0; run < runsMax; run++) {
      if (this.#stale) await this.#restart();
      const result = compute(this.#state, this.#pages);
      const lacking = this.#pages.takeLacking();
      if (lacking === undefined && isLevel) {
        this.#evict();
        return result;
      }
      const isFresh = await this.#load(lacking ?? nothingLacking);
      // What the transaction read is one snapshot: if nothing is lacking on it, that is the answer.
      isLevel = isLevel || isFresh;
    }
    throw new KvError("corrupt", `a read still lacked pages after ${runsMax} attempts`);
  }

  /**
   * Appends the row that `decide` comes to on the state the row will follow on; `decide` may run
   * more than once, and what it lacks of pages is read first.
   */
  append<T>(
    decide: (state: ReplicaState, pages: Pages) => Verdict<T>,
    durability: "relaxed" | "strict" = "relaxed",
  ): Promise<Appended<T>> {
    const appended = this.#appending.then(() => this.#append(decide, durability));
    this.#appending = appended.catch(() => undefined);
    return appended;
  }

  /** Folds a row another host told of, if it is the next; false when there is a gap. */
  offer({ after, row }: AppendNotice): boolean {
    if (row.position <= this.#state.tail) return true;
    if (after !== this.#state.tail || this.#stale) return false;
    this.#fold([row]);
    return true;
  }

  /** Brings the state level with the log. */
  async catchUp(): Promise<void> {
    await this.read(true, () => undefined);
  }

  /** Starts again from the pages, after checkpoints of this host that left those of `known`. */
  async restart(known: KnownPages): Promise<void> {
    if (known.checkpoint > this.#known.checkpoint) this.#known = known;
    this.#stale = true;
    await this.#restart();
  }

  async #append<T>(
    decide: (state: ReplicaState, pages: Pages) => Verdict<T>,
    durability: "relaxed" | "strict",
  ): Promise<Appended<T>> {
    for (let run = 0; run < runsMax; run++) {
      if (this.#stale) await this.#restart();
      // A first run finds the pages that are lacking without a transaction being given up for them.
      const guess = decide(this.#state, this.#pages);
      const lacking = this.#pages.takeLacking();
      if (lacking !== undefined) {
        await this.#load(lacking);
        continue;
      }
      const attempt = await this.#tryAppend(decide, guess, durability);
      if (attempt === undefined) continue;
      this.#evict();
      return attempt;
    }
    throw new KvError("corrupt", `an append still lacked pages after ${runsMax} attempts`);
  }

  /** One transaction; undefined when it was given up and must be tried again. */
  async #tryAppend<T>(
    decide: (state: ReplicaState, pages: Pages) => Verdict<T>,
    guess: Verdict<T>,
    durability: "relaxed" | "strict",
  ): Promise<Appended<T> | undefined> {
    const { tail } = this.#state;
    let verdict: Verdict<T> | undefined;
    let failure: { readonly error: unknown } | undefined;
    let after = tail;
    const decideOn = (missed: readonly PlacedRow[]): Decision => {
      verdict = failure = undefined;
      after = missed.at(-1)?.position ?? tail;
      if (this.#stale || missed.some(movesPages)) {
        this.#stale = true;
        return { type: "retry" };
      }
      try {
        this.#fold(missed);
        const decided = this.#state.tail === tail ? guess : decide(this.#state, this.#pages);
        if (this.#pages.takeLacking() !== undefined) return { type: "retry" };
        verdict = decided;
        return decided.row === undefined ? { type: "none" } : { type: "row", row: decided.row };
      } catch (error) {
        // What the log calls must not throw: the transaction is given up, and the caller told after it.
        failure = { error };
        return { type: "retry" };
      }
    };
    const atLeast = this.#isFirstAppend ? { atLeast: Math.floor(this.#now() * 1024) } : {};
    const { position } = await this.#log.append(tail, decideOn, { durability, ...atLeast });
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
    if (verdict === undefined) return undefined;
    const { row, result } = verdict as Verdict<T>;
    if (position === undefined || row === undefined) return { result, position: undefined };
    this.#isFirstAppend = false;
    const placed = { ...row, position };
    this.#fold([placed]);
    this.onAppend?.({ after, row: placed });
    return { result, position };
  }

  /** Reads the tail and what is lacking in one transaction. True when the state is level with that tail. */
  async #load(lacking: Lacking): Promise<boolean> {
    const { tail } = this.#state;
    const pages = this.#pages;
    const ranges = pages.index.rangesOf(lacking.pages);
    const { missed, pages: loaded, versions } = await this.#log.read(tail, ranges, lacking.versions);
    if (pages !== this.#pages) return false;
    if (missed.some((row) => movesPages(row) && row.position > this.#state.tail)) {
      this.#stale = true;
      await this.#restart();
      return true;
    }
    this.#fold(missed);
    for (const page of loaded.flat()) {
      if (page.generation === pages.index.generation) this.#cache.add(page);
    }
    for (const [index, { key }] of lacking.versions.entries()) pages.addVersions(key, versions[index] ?? []);
    return true;
  }

  #fold(rows: readonly PlacedRow[]): void {
    for (const row of rows) {
      if (row.position <= this.#state.tail) continue;
      const effect = foldRow(this.#state, row);
      if (movesPages(row)) this.#stale = true;
      this.#listener.onRow(row, effect, this.#state);
    }
  }

  #restart(): Promise<void> {
    this.#restarting ??= this.#startAgain().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  async #startAgain(): Promise<void> {
    const start = await this.#log.start(this.#known);
    const seen = this.#state.tail;
    const state = stateAtCheckpoint(start);
    assert(state.checkpoint >= this.#state.checkpoint, "a checkpoint went back");
    this.#state = state;
    this.#known = knownOf(state, start);
    this.#usePages(start);
    this.#stale = false;
    // Before the rows that follow on it: who heard of those first would see them without what they stand on.
    if (state.checkpoint > seen) this.#listener.onGap(lastVersionstampOf(seen));
    for (const row of start.rows) {
      const effect = foldRow(state, row);
      if (row.type === "fill") this.#usePages(start);
      if (row.position > seen) this.#listener.onRow(row, effect, state);
    }
  }

  /** Takes the pages that are in force in the state as it is. */
  #usePages(start: LogStart): void {
    this.#cache = new PageCache();
    this.#pages = new Pages(pageIndexOf(this.#state, start), this.#cache.pageByFirst);
  }

  /** After a computation, never in one: what it has read it must still find in its next run. */
  #evict(): void {
    this.#pages.forgetVersions();
    this.#cache.evict();
  }
}

const nothingLacking: Lacking = { pages: [], versions: [] };

const knownOf = ({ checkpoint }: ReplicaState, { pageKeys }: LogStart): KnownPages => ({
  checkpoint,
  pageKeys,
});

/** True for a row after which other pages stand than before. */
const movesPages = ({ type }: PlacedRow): boolean => type === "checkpoint" || type === "fill";
