/**
 * Timers, as they are passed in: a relay in virtual time brings its own.
 */

/** Runs once after a delay in ms; the function it returns cancels that. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

export const scheduleByTimer: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs).unref();
  return () => clearTimeout(timer);
};
