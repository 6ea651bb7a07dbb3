/**
 * Deletes the pages that nobody needs any more: those that a fill or a reset has replaced, and those
 * of a fill whose tab is gone. In bounded transactions, some time after they fell out of use; that
 * it may be done by any host at any time stands in the replica's stored-generations.ts.
 */
import type { Log } from "@rockpool/log";
import { storedGenerations } from "@rockpool/replica";
import type { HostEnvironment } from "../environment.ts";
import type { Ledger } from "../ledger.ts";

export interface GenerationsOptions {
  readonly log: Log;
  readonly ledger: Ledger;
  readonly environment: Pick<HostEnvironment, "locks" | "setTimer">;
  /** The database's name on this device. */
  readonly database: string;
  /** Moves what the tail holds into pages. */
  readonly checkpoint: () => Promise<unknown>;
  readonly onFailure: (error: unknown) => void;
  /** It went well, after failures perhaps. */
  readonly onRecovery: () => void;
}

/** Pages written or deleted in one transaction, at most about: some 10 ms. */
export const pagesPerTransaction = 64;
/** From an opening, or from other pages coming into force, to the sweep, in ms. */
const restMs = 2000;
/** From a failure to the next try, in ms. */
const retryMs = 60_000;

/** The name of the Web Lock that is held by whoever writes a generation. */
export const buildLockName = (database: string, generation: number): string =>
  `rockpool:build:${database}:${generation}`;

/** Deletes all of a generation that will never be in force again; `isEnough` ends it between two transactions. */
export const deletePages = async (
  log: Log,
  generation: number,
  isEnough: () => boolean = () => false,
): Promise<void> => {
  let isGone = false;
  while (!isGone && !isEnough()) isGone = await log.deleteGeneration(generation, pagesPerTransaction);
};

export class Generations {
  readonly #its: GenerationsOptions;
  #inForce: number;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(its: GenerationsOptions) {
    this.#its = its;
    this.#inForce = its.ledger.state.generation;
  }

  /** Sweeps what is left of the time before. */
  start(): void {
    this.#arm();
  }

  /** The state moved. */
  onRow(): void {
    const { generation } = this.#its.ledger.state;
    if (generation === this.#inForce) return;
    this.#inForce = generation;
    this.#arm();
  }

  /** Sweeps now. */
  run(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#running ??= this.#sweep()
      .then(this.#its.onRecovery, (error: unknown) => {
        this.#its.onFailure(error);
        this.#arm(retryMs);
      })
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

  #arm(delayMs = restMs): void {
    if (this.#closed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#its.environment.setTimer(() => void this.run(), delayMs);
  }

  async #sweep(): Promise<void> {
    const { log, ledger, checkpoint } = this.#its;
    const building = await ledger.read(true, (state) => [...state.building]);
    for (const generation of building) await this.#abandonIfDead(generation);
    for (let before = -1; !this.#closed;) {
      const start = await log.start();
      const { dead, outgoing } = storedGenerations(start);
      for (const generation of dead) await deletePages(log, generation, () => this.#closed);
      const at = start.meta?.checkpoint ?? 0;
      if (outgoing.length === 0 || at === before) return;
      before = at;
      await checkpoint();
    }
  }

  /** With the lock in hand nobody can be writing it, and who wanted to begin finds it given up. */
  async #abandonIfDead(generation: number): Promise<void> {
    const { ledger, environment, database } = this.#its;
    const name = buildLockName(database, generation);
    await environment.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock === null) return;
      await ledger.append((state) => ({
        row: state.building.has(generation) ? { type: "abandon", generations: [generation] } : undefined,
        result: undefined,
      }));
    });
  }
}
