/**
 * Time and chance on the tab's side, for what waits there: retries, and the leases of locks. Passed
 * in, so that tests have them in hand.
 */
import type { HostEnvironment } from "@rockpool/host";

/** `now` must be the clock that the host has. */
export type TabClock = Pick<HostEnvironment, "now" | "random" | "setTimer" | "drawId">;

export const platformClock: TabClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  // Not `randomUUID`, which pages without HTTPS lack.
  drawId: () => crypto.getRandomValues(new Uint32Array(4)).join("-"),
};

/** Waits. @throws the signal's reason when it aborts before */
export const sleep = (clock: TabClock, delayMs: number, signal: AbortSignal | undefined): Promise<void> => {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.setTimer(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", abort, { once: true });
  });
};
