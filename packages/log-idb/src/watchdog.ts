/**
 * A timer for what may never answer. It counts short ticks instead of one long wait: a frozen or
 * sleeping tab is one late tick then, not a time-out that wins against the answers waiting beside it.
 */
const ticks = 4;

/** Calls `onSilent` after `msMax`, unless the returned function is called first. */
export const whenSilent = (msMax: number, onSilent: (cause: DOMException) => void): (() => void) => {
  let ticksLeft = ticks;
  const timer = setInterval(() => {
    ticksLeft -= 1;
    if (ticksLeft > 0) return;
    stop();
    onSilent(new DOMException(`IndexedDB gave no answer in ${msMax} ms.`, "TimeoutError"));
  }, msMax / ticks);
  const stop = (): void => clearInterval(timer);
  return stop;
};
