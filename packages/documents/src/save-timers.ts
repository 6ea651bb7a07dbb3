/**
 * When what waits goes out: as soon as the turn is over after a pause, for others wait to see it; some time after
 * the last batch where one edit follows another; and again some time after a failure.
 */
import { retryDelayMs } from "./save-failure.ts";

/** Batches go out this long apart, in ms: a key that is held down is less than 20 commits a second. */
export const batchMs = 50;

/** Time, passed in so that tests have it in hand. */
export interface QueueClock {
  /** Gives a function that cancels it. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
}

export class SaveTimers {
  readonly #clock: QueueClock;
  readonly #onDue: () => void;
  #isWaiting = false;
  #cancelTurn: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(clock: QueueClock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  onEdit(): void {
    this.#isWaiting = true;
    if (this.#cancelPause === undefined) this.#cancelTurn ??= this.#clock.setTimer(this.#onDue, 0);
  }

  /** All that waits goes out now. */
  onSend(): void {
    this.cancel();
    this.#cancelPause = this.#clock.setTimer(() => {
      this.#cancelPause = undefined;
      if (this.#isWaiting) this.#onDue();
    }, batchMs);
  }

  /** So many in a row. */
  onFailure(failures: number): void {
    this.#cancelRetry ??= this.#clock.setTimer(this.#onDue, retryDelayMs(failures));
  }

  cancel(): void {
    this.#isWaiting = false;
    this.#cancelTurn?.();
    this.#cancelPause?.();
    this.#cancelRetry?.();
    this.#cancelTurn = this.#cancelPause = this.#cancelRetry = undefined;
  }
}
