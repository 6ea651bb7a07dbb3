/**
 * Tells the app of what became of its commits. To describe that takes a look at storage, which may fail: it is
 * tried again, after longer and longer pauses, until the app is told or the host is closed.
 */
import type { HostEnvironment } from "../environment.ts";

/** Before the second attempt, in ms; twice as long before each later one, up to a minute. */
const pauseMsMin = 1000;
const pauseMsMax = 60_000;

export class Teller {
  readonly #setTimer: HostEnvironment["setTimer"];
  readonly #cancels = new Set<() => void>();
  #isClosed = false;

  constructor({ setTimer }: Pick<HostEnvironment, "setTimer">) {
    this.#setTimer = setTimer;
  }

  /** `telling` reads first and tells last, so that nothing is told twice. */
  tell(telling: () => Promise<void>, pauseMs: number = pauseMsMin): void {
    // Storage failed: calls of the app's meet the same fault and report it.
    telling().catch(() => this.#tellLater(telling, pauseMs));
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  #tellLater(telling: () => Promise<void>, pauseMs: number): void {
    if (this.#isClosed) return;
    const cancel = this.#setTimer(() => {
      this.#cancels.delete(cancel);
      this.tell(telling, Math.min(2 * pauseMs, pauseMsMax));
    }, pauseMs);
    this.#cancels.add(cancel);
  }
}
