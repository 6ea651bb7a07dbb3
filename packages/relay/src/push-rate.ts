/**
 * Bounds how often a session pushes: as many pushes as a second allows at once, and then as many as
 * time gives back (a token bucket).
 */
export class PushRate {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #atMs: number;

  /** `now` is a clock in ms. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#atMs = now();
  }

  /** Counts a push; how long to wait, in ms, when it is one too many, else 0. */
  take(): number {
    const nowMs = this.#now();
    // A clock that is set back gives nothing back.
    const given = (Math.max(0, nowMs - this.#atMs) * this.#perSecond) / 1000;
    this.#left = Math.min(this.#perSecond, this.#left + given);
    this.#atMs = nowMs;
    if (this.#left < 1) return Math.ceil(((1 - this.#left) * 1000) / this.#perSecond);
    this.#left--;
    return 0;
  }
}
