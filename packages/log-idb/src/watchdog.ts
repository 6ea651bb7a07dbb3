/**
 * Notices what never answers. One slow ticker serves all that is watched and goes on for a tick when
 * nothing is, for a timer each would cost an append a tenth of its time. It counts ticks instead of
 * reading a clock: a frozen or sleeping tab is one late tick then, not a time-out for all at once.
 */
const ticksMax = 4;

/** True of what a watchdog gave as the cause. */
export const isSilence = (cause: unknown): boolean =>
  cause instanceof DOMException && cause.name === "TimeoutError";

export class Watchdog {
  readonly #msMax: number;
  /** Ticks that are left to each, by what is to be called after them. */
  readonly #ticksLeft = new Map<(cause: DOMException) => void, number>();
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor(msMax: number) {
    this.#msMax = msMax;
  }

  /** Calls `onSilent` after `msMax`, or up to a tick sooner, unless the returned function is called first. */
  watch(onSilent: (cause: DOMException) => void): () => void {
    this.#ticksLeft.set(onSilent, ticksMax);
    this.#ticker ??= setInterval(() => this.#tick(), this.#msMax / ticksMax);
    return () => this.#ticksLeft.delete(onSilent);
  }

  #tick(): void {
    if (this.#ticksLeft.size === 0) return this.stop();
    for (const [onSilent, ticksLeft] of this.#ticksLeft) {
      this.#ticksLeft.set(onSilent, ticksLeft - 1);
      if (ticksLeft > 1) continue;
      this.#ticksLeft.delete(onSilent);
      onSilent(new DOMException(`IndexedDB gave no answer in ${this.#msMax} ms.`, "TimeoutError"));
    }
  }

  /** Watches nothing any more, until `watch` is called again. */
  stop(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#ticksLeft.clear();
  }
}
