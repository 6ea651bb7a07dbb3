/**
 * What presence is given to work with, and what it may hold: one budget for all buckets of a relay, so
 * that no number of documents, clients and connections makes it hold more.
 */
import type { RelayConfig } from "../relay-config.ts";
import type { Schedule } from "../schedule.ts";

export interface PresenceOptions {
  readonly config: RelayConfig;
  readonly now: () => number;
  readonly schedule: Schedule;
}

/** Characters of states that the relay holds. */
export class PresenceBudget {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get held(): number {
    return this.#held;
  }

  /** False when that is more than is left; nothing is taken then. */
  take(count: number): boolean {
    if (count > this.#max - this.#held) return false;
    this.#held += count;
    return true;
  }

  give(count: number): void {
    this.#held -= count;
  }
}
