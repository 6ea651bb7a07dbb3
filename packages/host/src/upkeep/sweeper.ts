/**
 * Removes what has ended, in the background: entries whose life is over get a row that says so, to
 * the watchers of every tab, and deletions that were remembered long enough leave the pages. Readers
 * never wait for it: they filter by the clock.
 */
import type { Log, Page, PlacedRow } from "@rockpool/log";
import type { PackedKey } from "@rockpool/model";
import { decideSweep, dueAt, dueMsOf, type SweepLimits, sweepableKeys } from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import type { Ledger } from "../ledger.ts";

export interface SweeperOptions {
  readonly log: Log;
  readonly ledger: Ledger;
  readonly setTimer: HostEnvironment["setTimer"];
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  /** Moves what the tail holds into pages. */
  readonly checkpoint: () => Promise<unknown>;
  readonly onFailure: (error: unknown) => void;
  /** It went well, after failures perhaps. */
  readonly onRecovery: () => void;
}

/** Pages looked at in one go. */
const pagesMax = 64;
/** Keys in one row, at most. */
const keysMax = 4096;
/** Between two sweeps, in ms: what ends meanwhile shares a row. */
const restMs = 100;
/** Until the next try, in ms, where pages that were swept are not rewritten yet, and after a failure. */
const retryMs = 60_000;
/** The longest sleep, in ms: timers may not be trusted with more, and clocks are set. */
const sleepMsMax = 60 * 60 * 1000;

export class Sweeper {
  readonly #its: SweeperOptions;
  #sweptMs = Number.NEGATIVE_INFINITY;
  #armedMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(its: SweeperOptions) {
    this.#its = its;
  }

  /** Looks for what has ended since the bucket was last open. */
  start(): void {
    this.#arm(this.#its.readClock());
  }

  onRow(row: PlacedRow): void {
    if (row.type === "commit") {
      for (const { effects } of row.commits) {
        for (const { expireAt } of effects) if (expireAt !== undefined) this.#arm(expireAt);
      }
    } else if (row.type === "fill") this.start();
  }

  /** Rows were missed, and with them what they said of ends. */
  onGap(): void {
    this.start();
  }

  /** Forgets the deletions made up to a moment, in ms since 1970. The result counts them. */
  async forgetDeletions(deletedUntilMs: number): Promise<number> {
    const { ledger, readClock } = this.#its;
    const limits = { nowMs: readClock(), deletedUntilMs: Math.min(deletedUntilMs, readClock()) };
    // What other tabs have deleted counts too.
    await ledger.catchUp();
    let forgotten = 0;
    const forget = async (keys: readonly PackedKey[]): Promise<void> => {
      forgotten += await this.#sweepAll(keys, limits);
    };
    await forget(
      sweepableKeys(ledger.state, undefined, limits).filter((key) =>
        isDeletion(ledger.state.overlay.get(key)?.entry ?? {}),
      ),
    );
    for (let from: PackedKey | undefined = "" as PackedKey; from !== undefined && !this.#closed;) {
      const start: PackedKey = from;
      const { keys, next } = await ledger.read(false, (state, pages) => {
        const first = Math.max(0, pages.index.at(start));
        const last = Math.min(first + pagesMax, pages.index.firsts.length) - 1;
        pages.expect(first, last);
        const found: PackedKey[] = [];
        for (let index = first; index <= last; index++) {
          const entries = (pages.page(index)?.entries ?? []).filter(isDeletion);
          found.push(...sweepableKeys(state, entries, limits));
        }
        return { keys: found, next: pages.index.firsts[last + 1] };
      });
      await forget(keys);
      from = next;
    }
    return forgotten;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  /** Sweeps at `dueMs`, or sooner if that was to be anyway. */
  #arm(dueMs: number): void {
    if (this.#closed || dueMs >= this.#armedMs) return;
    this.#cancelTimer?.();
    this.#armedMs = dueMs;
    const nowMs = this.#its.readClock();
    // A clock that was set back has not swept yet.
    const delayMs = Math.max(dueMs, Math.min(this.#sweptMs, nowMs) + restMs) - nowMs;
    this.#cancelTimer = this.#its.setTimer(
      () => {
        // From here on it is armed anew: by what rows tell, and by what the sweep finds still to come.
        this.#armedMs = Number.POSITIVE_INFINITY;
        void this.#run();
      },
      Math.min(sleepMsMax, Math.max(0, delayMs)),
    );
  }

  #run(): Promise<void> {
    this.#running ??= this.#sweep()
      .then(this.#its.onRecovery, (error: unknown) => {
        this.#its.onFailure(error);
        this.#arm(this.#its.readClock() + retryMs);
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #sweep(): Promise<void> {
    const { log, ledger, readClock } = this.#its;
    for (let last: Page | undefined; !this.#closed;) {
      const nowMs = readClock();
      this.#sweptMs = nowMs;
      const limits = dueAt(nowMs);
      const due = await log.pagesByExpiry(ledger.state.generation, pagesMax);
      const entries = due.flatMap((page) => page.entries);
      const inMemory = sweepableKeys(ledger.state, undefined, limits);
      await this.#sweepAll([...inMemory, ...sweepableKeys(ledger.state, entries, limits)], limits);
      const isMore = due.length === pagesMax && (due.at(-1)?.earliestExpiry ?? nowMs) <= nowMs;
      if (!isMore) return this.#arm(this.#nextMs(due, nowMs));
      // Pages come first until a checkpoint has rewritten them, and hide those behind them. Those that
      // a relay has to rule on stay.
      if (last?.first === due[0]?.first && last?.latest === due[0]?.latest) return this.#arm(nowMs + retryMs);
      last = due[0];
      await this.#moveSwept();
    }
  }

  /** Has the rows of the sweep moved into pages: one run may leave the last of them to the next. */
  async #moveSwept(): Promise<void> {
    const { ledger, checkpoint } = this.#its;
    const { tail } = ledger.state;
    for (let before = -1; !this.#closed && ledger.state.checkpoint < tail;) {
      if (ledger.state.checkpoint === before) return;
      before = ledger.state.checkpoint;
      await checkpoint();
    }
  }

  /** The first moment after `nowMs` at which something ends. */
  #nextMs(pages: readonly Page[], nowMs: number): number {
    const { state } = this.#its.ledger;
    let nextMs = nowMs + sleepMsMax;
    const note = (dueMs: number | undefined): void => {
      if (dueMs !== undefined && dueMs > nowMs && dueMs < nextMs) nextMs = dueMs;
    };
    for (const { entry } of state.overlay.values()) if (entry !== undefined) note(dueMsOf(entry));
    for (const { entries } of pages) for (const entry of entries) note(dueMsOf(entry));
    return nextMs;
  }

  /** Appends as many rows as it takes. The result counts the keys that were swept. */
  async #sweepAll(keys: readonly PackedKey[], limits: SweepLimits): Promise<number> {
    let swept = 0;
    for (let from = 0; from < keys.length && !this.#closed; from += keysMax) {
      const some = keys.slice(from, from + keysMax);
      const { result } = await this.#its.ledger.append((state, pages) => {
        const row = decideSweep(state, pages, some, limits);
        return { row, result: row === undefined ? 0 : row.expired.length + row.forgotten.length };
      });
      swept += result;
    }
    return swept;
  }
}

/** An entry that has ended is none: the sweep makes it one. */
const isDeletion = ({ value }: { readonly value?: unknown }): boolean => value === undefined;
