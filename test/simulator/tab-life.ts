/**
 * Whether a tab runs, is frozen, or has ended. Everything that reaches a tab goes through here: it
 * waits while the tab is frozen, in order, and never arrives once the tab has ended.
 */
import type { HostLocks } from "@rockpool/host";
import type { Log } from "@rockpool/log";

export class TabLife {
  readonly #ending = new AbortController();
  /** What came since the tab was frozen; undefined while it runs. */
  #waiting: (() => void)[] | undefined;
  readonly #wakers = new Set<() => void>();

  /** Aborted at its end. */
  get end(): AbortSignal {
    return this.#ending.signal;
  }

  get hasEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  get isFrozen(): boolean {
    return this.#waiting !== undefined;
  }

  kill(): void {
    this.#waiting = undefined;
    this.#ending.abort();
  }

  freeze(): void {
    this.#waiting ??= [];
  }

  thaw(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const run of waiting) this.do(run);
    for (const wake of this.#wakers) this.do(wake);
  }

  /** Calls back whenever the tab goes on; the result stops. */
  onWake(callback: () => void): () => void {
    this.#wakers.add(callback);
    return () => this.#wakers.delete(callback);
  }

  /** Runs `run` now, when the tab goes on, or never. */
  do(run: () => void): void {
    if (this.hasEnded) return;
    if (this.#waiting === undefined) run();
    else this.#waiting.push(run);
  }

  /** `promise` as the tab sees it. */
  see<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (result) => this.do(() => resolve(result)),
        (error: unknown) => this.do(() => reject(error as Error)),
      );
    });
  }

  /** `locks` as the tab sees them: one that is granted to a frozen tab is held all the same. */
  seeLocks(locks: HostLocks): HostLocks {
    type Granted = (lock: Lock | null) => unknown;
    const request = (name: string, first: LockOptions | Granted, second?: Granted): Promise<unknown> => {
      const [options, granted] = typeof first === "function" ? [{}, first] : [first, second as Granted];
      const whenRunning: Granted = (lock) =>
        new Promise<void>((run) => this.do(run)).then(() => granted(lock));
      return this.see(locks.request(name, options, whenRunning));
    };
    // oxlint-disable-next-line typescript/consistent-type-assertions -- `request` has overloads
    return { request: request as LockManager["request"], query: () => this.see(locks.query()) };
  }
}

/** A log whose answers wait for a frozen tab, and never reach one that has ended. */
export const mortalLog = (log: Log, life: TabLife): Log => {
  const mortal = <T>(call: () => Promise<T>): Promise<T> =>
    life.hasEnded ? new Promise(() => {}) : life.see(call());
  return {
    start: (...given) => mortal(() => log.start(...given)),
    append: (tail, decide, options) => mortal(() => log.append(tail, decide, options)),
    read: (...given) => mortal(() => log.read(...given)),
    pagesByExpiry: (...given) => mortal(() => log.pagesByExpiry(...given)),
    pagesChangedSince: (...given) => mortal(() => log.pagesChangedSince(...given)),
    putPages: (...given) => mortal(() => log.putPages(...given)),
    deleteGeneration: (...given) => mortal(() => log.deleteGeneration(...given)),
    checkpoint: (checkpoint) => mortal(() => log.checkpoint(checkpoint)),
    giveUp: (what) => mortal(() => log.giveUp(what)),
    keepReserve: (bytes) => mortal(() => log.keepReserve(bytes)),
    rest: () => log.rest(),
    wake: () => log.wake(),
    close: () => mortal(() => log.close()),
    [Symbol.asyncDispose]: () => mortal(() => log.close()),
  };
};
