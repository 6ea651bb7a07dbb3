/**
 * Decides when this host moves rows of the log into pages: when the tail has grown and the host is
 * idle, or regardless once it is four times that long. Any host may; the loser of a race writes
 * nothing.
 */
import { type KnownPages, type Log, pagesAfter, type PlacedRow } from "@rockpool/log";
import { commitBytes, entryBytes, KvError } from "@rockpool/model";
import {
  buildCheckpoint,
  type CheckpointLimits,
  pageIndexOf,
  Pages,
  planCheckpoint,
} from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import type { Ledger } from "../ledger.ts";
import { isQuota } from "./room.ts";

export interface CheckpointerOptions {
  readonly log: Log;
  readonly ledger: Ledger;
  readonly environment: Pick<HostEnvironment, "now" | "setTimer">;
  readonly limits: CheckpointLimits;
  /** Entries and bytes of the tail that make a checkpoint due. */
  readonly tailEntries: number;
  readonly tailBytes: number;
  readonly onFailure: (error: unknown) => void;
  /** All went well, after failures perhaps. */
  readonly onRecovery: () => void;
}

/** A tail this long is moved as soon as the host is idle. */
export const tailEntriesDefault = 4000;
export const tailBytesDefault: number = 2 * 1024 * 1024;
/** A tail this many times as long is moved though the host is busy. */
const urgentFactor = 4;
/** A tail this many times shorter is short. */
const shortFactor = 4;
/** Until the next try after one that failed, in ms, doubled with each failure in a row. */
const retryMsMin = 1000;
const retryMsMax = 5 * 60 * 1000;
/**
 * Sizes that are tried in turn on a full disk: as ever; hardly more than one row; and all at once,
 * which writes next to nothing where most of the log was deleted again.
 */
const sizes: readonly Partial<CheckpointLimits>[] = [
  {},
  { rowsMax: 16, pagesMax: 1 },
  { rowsMax: Number.POSITIVE_INFINITY, pagesMax: Number.POSITIVE_INFINITY },
];
/** A host that appended nothing for this long counts as idle, in ms. */
const idleMs = 200;
/** Checkpoints in a row before something must be wrong. */
const checkpointsMax = 100_000;

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #entries = 0;
  #bytes = 0;
  #running: Promise<boolean> | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;
  #isToEnd = false;
  /** Those in a row that failed. */
  #failures = 0;
  /** Index in `sizes` of the one that is tried first. */
  #size = 0;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  onRow(row: PlacedRow): void {
    if (row.type === "checkpoint") return;
    this.#weigh([row]);
    // After a failure the timer alone tries again: rows come faster than room does.
    if (this.#failures > 0) return;
    const { tailEntries, tailBytes } = this.#options;
    if (this.#entries < tailEntries && this.#bytes < tailBytes) return;
    const isUrgent = this.#entries >= tailEntries * urgentFactor || this.#bytes >= tailBytes * urgentFactor;
    if (isUrgent && this.#running === undefined) return void this.run();
    this.#arm(idleMs);
  }

  /** Makes checkpoints until the tail is short; false when one failed. */
  run(): Promise<boolean> {
    if (this.#closed) return Promise.resolve(true);
    this.#running ??= this.#moveAll()
      .then(
        () => this.#succeed(),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** Makes checkpoints until there is nothing left to move; false when one failed. */
  async runToEnd(): Promise<boolean> {
    await this.#running;
    this.#isToEnd = true;
    try {
      return await this.run();
    } finally {
      this.#isToEnd = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  #arm(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.environment.setTimer(() => void this.run(), delayMs);
  }

  #succeed(): boolean {
    this.#failures = 0;
    this.#size = 0;
    this.#options.onRecovery();
    return true;
  }

  /** Not the end of anything: the log holds what the pages do not, and another try follows. */
  #fail(error: unknown): boolean {
    if (this.#closed) return false;
    this.#arm(Math.min(retryMsMin * 2 ** this.#failures, retryMsMax));
    this.#failures++;
    this.#options.onFailure(error);
    return false;
  }

  async #moveAll(): Promise<void> {
    let moved = 0;
    let known = this.#options.ledger.knownPages;
    while (!this.#closed && (moved === 0 || this.#isToEnd || !this.#isShort())) {
      const left = await this.#moveSome(known);
      if (left === undefined) break;
      known = left;
      moved++;
      if (moved > checkpointsMax) {
        throw new KvError("corrupt", `the log did not get shorter in ${checkpointsMax} checkpoints`);
      }
    }
    if (!this.#closed && moved > 0) await this.#options.ledger.restart(known);
  }

  /** Others may be writing as fast as this host moves: what is left is then left to the next time. */
  #isShort(): boolean {
    const { tailEntries, tailBytes } = this.#options;
    return this.#entries < tailEntries / shortFactor && this.#bytes < tailBytes / shortFactor;
  }

  #weigh(rows: readonly PlacedRow[]): void {
    for (const row of rows) {
      const { entries, bytes } = weightOf(row);
      this.#entries += entries;
      this.#bytes += bytes;
    }
  }

  /** As `#move`; on a full disk in another size, and in that from then on. */
  async #moveSome(known: KnownPages): Promise<KnownPages | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#move(known);
      } catch (error) {
        if (!isQuota(error) || tries === sizes.length) throw error;
        this.#size = (this.#size + 1) % sizes.length;
      }
    }
  }

  /** One checkpoint, or an attempt at one, and the pages it left; undefined when nothing was left to move. */
  async #move(known: KnownPages): Promise<KnownPages | undefined> {
    const { log, environment } = this.#options;
    const limits = { ...this.#options.limits, ...sizes[this.#size] };
    this.#entries = 0;
    this.#bytes = 0;
    const start = await log.start(known);
    const plan = planCheckpoint(start, limits);
    if (plan === undefined) return undefined;
    this.#weigh(start.rows.filter(({ position }) => position > plan.at));
    const pages = new Pages(pageIndexOf(plan.state, start));
    let checkpoint = buildCheckpoint(start, plan, pages, environment.now(), limits);
    const lacking = pages.takeLacking();
    if (lacking !== undefined) {
      const ranges = pages.index.rangesOf(lacking.pages);
      // Should another host's checkpoint come between, the base no longer stands and nothing is written.
      for (const found of (await log.read(Number.MAX_SAFE_INTEGER, ranges)).pages) pages.add(found);
      checkpoint = buildCheckpoint(start, plan, pages, environment.now(), limits);
      // A page that is gone was rewritten by another host: begin again from its checkpoint.
      if (pages.takeLacking() !== undefined) return known;
    }
    return (await log.checkpoint(checkpoint)) ? pagesAfter(start.pageKeys, checkpoint) : known;
  }
}

const weightOf = (row: PlacedRow): { entries: number; bytes: number } => {
  switch (row.type) {
    case "checkpoint":
      return { entries: 0, bytes: 0 };
    case "commit": {
      let entries = 0;
      let bytes = 0;
      for (const { mutations, effects } of row.commits) {
        entries += 1 + mutations.length + effects.length;
        bytes += commitBytes([], mutations) + entriesBytes(effects);
      }
      return { entries, bytes };
    }
    case "patch":
      return { entries: 1 + row.patch.entries.length, bytes: entriesBytes(row.patch.entries) };
    case "expire":
      return { entries: 1 + row.expired.length + row.forgotten.length, bytes: 0 };
    case "compact":
      return { entries: 1, bytes: entryBytes(row) };
    case "attach":
    case "session":
    case "follow":
    case "verify":
    case "decision":
    case "pause":
    case "settings":
    case "build":
    case "abandon":
    case "fill":
      return { entries: 1, bytes: 0 };
  }
};

const entriesBytes = (entries: readonly Parameters<typeof entryBytes>[0][]): number =>
  entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0);
