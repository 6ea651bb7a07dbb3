/**
 * When what waits goes out: after a moment of quiet, after a longer one in any case, and again some time after
 * a failure.
 */
import { retryDelayMs } from "./save-failure.ts";

/** A batch goes out this long after its last edit, in ms. */
export const quietMs = 50;
/** And no longer than this after its first, in ms. */
export const batchMsMax = 200;

/** Time, passed in so that tests have it in hand. */
export interface QueueClock {
  /** Gives a function that cancels it. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
}

export class SaveTimers {
  readonly #clock: QueueClock;
  readonly #onDue: () => void;
  #cancelQuiet: (() => void) | undefined;
  #cancelBatch: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(clock: QueueClock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  onEdit(): void {
    this.#cancelQuiet?.();
    this.#cancelQuiet = this.#clock.setTimer(this.#onDue, quietMs);
    this.#cancelBatch ??= this.#clock.setTimer(this.#onDue, batchMsMax);
  }

  /** So many in a row. */
  onFailure(failures: number): void {
    this.#cancelRetry ??= this.#clock.setTimer(this.#onDue, retryDelayMs(failures));
  }

  cancel(): void {
    this.#cancelQuiet?.();
    this.#cancelBatch?.();
    this.#cancelRetry?.();
    this.#cancelQuiet = this.#cancelBatch = this.#cancelRetry = undefined;
  }
}
