/**
 * What a host does when the disk is full, before it says so: it gives up what the bucket can do
 * without, first what nobody needs, then the older versions of keys; and it moves the log into pages,
 * where deletions take effect. For deletions alone there is a reserve.
 */
import type { Log, PlacedRow } from "@rockpool/log";
import { KvError } from "@rockpool/model";
import type { Ledger } from "../ledger.ts";

export interface RoomOptions {
  readonly log: Log;
  readonly ledger: Ledger;
  /** Moves all that the tail holds into pages; false when that failed, which is told elsewhere. */
  readonly checkpoint: () => Promise<boolean>;
  /** Deletes the pages that nobody needs; a failure is told elsewhere. */
  readonly sweepGenerations: () => Promise<void>;
}

/**
 * The room put aside, in bytes: as much as pages hold, within bounds. It must suffice for the rows of
 * some deletions and for the smallest checkpoint, which writes what one row does.
 */
const reserveBytesMin = 256 * 1024;
const reserveBytesMax = 2 * 1024 * 1024;

export const isQuota = (error: unknown): boolean => error instanceof KvError && error.code === "quota";

export class Room {
  readonly #its: RoomOptions;
  #making: Promise<boolean> | undefined;
  /** The tail at which all was given up: until it moves there is nothing more. */
  #givenUpAt: number | undefined;
  /** The log may hold deletions that pages do not. */
  #hasDeletions = false;
  /** Room that this host knows to be put aside. */
  #reservedBytes = 0;

  constructor(its: RoomOptions) {
    this.#its = its;
  }

  /** Gives up what can be. False when that was done before and nothing has been written since. */
  make(): Promise<boolean> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Makes room for a deletion, of what was put aside for it. False when that is used up. */
  makeForDeletion(): Promise<boolean> {
    this.#reservedBytes = 0;
    return this.#its.log.giveUp("reserve");
  }

  /** Hears of each row. */
  onRow(row: PlacedRow): void {
    if (row.type === "expire" || row.type === "patch") this.#hasDeletions = true;
    if (row.type !== "commit") return;
    const hasDeletions = row.commits.some(({ effects }) => effects.some(({ value }) => value === undefined));
    this.#hasDeletions ||= hasDeletions;
  }

  /**
   * Moves the log into pages, where deletions take effect; for those with the room put aside if need
   * be, which is put aside again then. Without any there is nothing to win by it.
   */
  async reclaim(): Promise<void> {
    const { checkpoint } = this.#its;
    const hasDeletions = this.#hasDeletions;
    // Those that come meanwhile may come too late for these checkpoints.
    this.#hasDeletions = false;
    let isMade = await checkpoint();
    if (!isMade && hasDeletions && (await this.makeForDeletion())) isMade = await checkpoint();
    if (!isMade) this.#hasDeletions ||= hasDeletions;
    await this.keepReserve();
  }

  /** Puts room aside, if there is some. */
  async keepReserve(): Promise<void> {
    const { log, ledger } = this.#its;
    const bytes = Math.min(Math.max(ledger.state.stored.bytes, reserveBytesMin), reserveBytesMax);
    if (this.#reservedBytes >= bytes) return;
    for (const wanted of [bytes, reserveBytesMin]) {
      try {
        await log.keepReserve(wanted);
        this.#reservedBytes = wanted;
        return;
      } catch (error) {
        // Without room there is none to put aside; the next checkpoint tries again.
        if (!isQuota(error)) throw error;
      }
    }
  }

  async #make(): Promise<boolean> {
    const { log, ledger, sweepGenerations } = this.#its;
    if (this.#givenUpAt === ledger.state.tail) return false;
    await sweepGenerations();
    await log.giveUp("versions");
    await this.reclaim();
    this.#givenUpAt = ledger.state.tail;
    return true;
  }
}
