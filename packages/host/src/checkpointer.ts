/**
 * Decides when this host moves rows of the log into pages: when the tail has grown and the host is
 * idle, or regardless once it is four times that long. Any host may; the loser of a race writes
 * nothing.
 */
import type { Log, PageRange, PlacedRow } from "@rockpool/log";
import { commitBytes, entryBytes, KvError } from "@rockpool/model";
import {
  buildCheckpoint,
  type CheckpointLimits,
  pageIndexOf,
  Pages,
  planCheckpoint,
  stateAtCheckpoint,
} from "@rockpool/replica";
import type { HostEnvironment } from "./environment.ts";
import type { Ledger } from "./ledger.ts";

export interface CheckpointerOptions {
  readonly log: Log;
  readonly ledger: Ledger;
  readonly environment: Pick<HostEnvironment, "now" | "setTimer">;
  readonly limits: CheckpointLimits;
  /** Entries and bytes of the tail that make a checkpoint due. */
  readonly tailEntries: number;
  readonly tailBytes: number;
  readonly onFailure: (error: unknown) => void;
}

/** A tail this long is moved as soon as the host is idle. */
export const tailEntriesDefault = 4000;
export const tailBytesDefault: number = 2 * 1024 * 1024;
/** A tail this many times as long is moved though the host is busy. */
const urgentFactor = 4;
/** A tail this many times shorter is short. */
const shortFactor = 4;
/** A host that appended nothing for this long counts as idle, in ms. */
const idleMs = 200;
/** Checkpoints in a row before something must be wrong. */
const checkpointsMax = 100_000;

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #entries = 0;
  #bytes = 0;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  onRow(row: PlacedRow): void {
    if (row.type === "checkpoint") return;
    this.#weigh([row]);
    const { tailEntries, tailBytes, environment } = this.#options;
    if (this.#entries < tailEntries && this.#bytes < tailBytes) return;
    const isUrgent = this.#entries >= tailEntries * urgentFactor || this.#bytes >= tailBytes * urgentFactor;
    if (isUrgent && this.#running === undefined) return void this.run();
    this.#cancelTimer?.();
    this.#cancelTimer = environment.setTimer(() => void this.run(), idleMs);
  }

  /** Makes checkpoints until the tail is short. */
  run(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#running ??= this.#moveAll()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  async #moveAll(): Promise<void> {
    let moved = 0;
    while (!this.#closed && (moved === 0 || !this.#isShort()) && (await this.#move())) {
      moved++;
      if (moved > checkpointsMax) {
        throw new KvError("corrupt", `the log did not get shorter in ${checkpointsMax} checkpoints`);
      }
    }
    if (!this.#closed && moved > 0) await this.#options.ledger.restart();
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

  /** One checkpoint, or an attempt at one; false when nothing was left to move. */
  async #move(): Promise<boolean> {
    const { log, environment, limits } = this.#options;
    this.#entries = 0;
    this.#bytes = 0;
    const start = await log.start();
    const plan = planCheckpoint(start, limits);
    if (plan === undefined) return false;
    this.#weigh(start.rows.filter(({ position }) => position > plan.at));
    const index = pageIndexOf(stateAtCheckpoint(start), start);
    const pages = new Pages(index);
    let checkpoint = buildCheckpoint(start, plan, pages, environment.now(), limits);
    const lacking = pages.takeLacking();
    if (lacking.length > 0) {
      const ranges = lacking.map((at): PageRange => {
        const first = index.firsts[at] as PageRange["from"];
        return { generation: index.generation, from: first, to: first };
      });
      // Should another host's checkpoint come between, the base no longer stands and nothing is written.
      for (const found of (await log.read(Number.MAX_SAFE_INTEGER, ranges)).pages) pages.add(found);
      checkpoint = buildCheckpoint(start, plan, pages, environment.now(), limits);
      // A page that is gone was rewritten by another host: begin again from its checkpoint.
      if (pages.takeLacking().length > 0) return true;
    }
    await log.checkpoint(checkpoint);
    return true;
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
    case "attach":
    case "session":
    case "decision":
    case "pause":
      return { entries: 1, bytes: 0 };
  }
};

const entriesBytes = (entries: readonly Parameters<typeof entryBytes>[0][]): number =>
  entries.reduce((bytes, entry) => bytes + entryBytes(entry), 0);
