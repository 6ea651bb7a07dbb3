/**
 * What survives a host in memory: rows, pages, pending records, meta and the key generator, as one
 * immutable image that each transaction replaces. Transactions are serial and take a turn each, so
 * that those of several hosts overlap as they do on a disk; the image holds nothing that a caller
 * can still change. For tests and the simulator: it loses power, is cloned and fails on demand.
 */
import type { Position } from "@rockpool/model";
import type { Meta, Page, PendingRecord, Version } from "./page.ts";
import type { PlacedRow } from "./row.ts";

/** All that is stored, as of the end of a transaction. Never changed in place, so it may be kept. */
export interface StorageImage {
  /** Ascending by position. */
  readonly rows: readonly PlacedRow[];
  /** By `pageAddress`. */
  readonly pages: ReadonlyMap<string, Page>;
  /** Ascending by generation, key, versionstamp. */
  readonly versions: readonly Version[];
  readonly pending: ReadonlyMap<Position, PendingRecord>;
  readonly meta: Meta | undefined;
  /** Room that was put aside. Absent: none. */
  readonly reservedBytes?: number;
  /** The key generator: the next row's position, where none is asked for. */
  readonly nextPosition: Position;
}

export const emptyImage: StorageImage = {
  rows: [],
  pages: new Map(),
  versions: [],
  pending: new Map(),
  meta: undefined,
  nextPosition: 1,
};

/** What a transaction leaves behind; without `image` it changes nothing. */
export interface StorageOutcome<Result> {
  readonly image?: StorageImage;
  readonly result: Result;
}

/**
 * - `before`: it fails with nothing run. - `commit`: it ran, and nothing of it is kept.
 * - `after`: it is kept, and reported as failed all the same (the outcome is unknown to the caller).
 */
export type FaultPoint = "before" | "commit" | "after";

export interface MemoryStorageOptions {
  /** What is stored at first: an image of another storage makes this one its clone. */
  readonly image?: StorageImage;
  /** Waits for a turn; a simulator passes its own. Default: one of the event loop. */
  readonly turn?: () => Promise<void>;
}

export class MemoryStorage {
  readonly #turn: () => Promise<void>;
  readonly #faults: { readonly error: Error; readonly when: FaultPoint }[] = [];
  #image: StorageImage;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ image = emptyImage, turn = eventLoopTurn }: MemoryStorageOptions = {}) {
    this.#image = image;
    this.#turn = turn;
  }

  /** What is stored now. */
  get image(): StorageImage {
    return this.#image;
  }

  /** Puts an earlier image back: a power cut, an eviction, a restored device. Open no log across it. */
  restore(image: StorageImage): void {
    this.#image = image;
  }

  /** The next transaction that has no fault yet rejects with `error`. */
  failNextTransaction(error: Error, when: FaultPoint): void {
    this.#faults.push({ error, when });
  }

  /** Runs `body` when all transactions asked for earlier have ended, in a turn of its own. */
  transact<Result>(body: (image: StorageImage) => StorageOutcome<Result>): Promise<Result> {
    const run = this.#last.then(async () => {
      await this.#turn();
      return this.#runNow(body);
    });
    // The queue goes on after a failure; the caller has it from `run`.
    this.#last = run.catch(() => {});
    return run;
  }

  #runNow<Result>(body: (image: StorageImage) => StorageOutcome<Result>): Result {
    const fault = this.#faults.shift();
    if (fault?.when === "before") throw fault.error;
    const { image = this.#image, result } = body(this.#image);
    if (fault?.when === "commit") throw fault.error;
    this.#image = image;
    if (fault !== undefined) throw fault.error;
    return result;
  }
}

const eventLoopTurn = (): Promise<void> =>
  new Promise((resolve) => {
    // A timer of Node takes a millisecond, its setImmediate a turn; browsers have timers alone.
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
