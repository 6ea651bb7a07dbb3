/**
 * What a page hears of its own end, heard before others hear it: the bucket begins no transaction once it
 * knows that its page goes. Where there is no page, as in Node, nothing is ever told.
 */

/** Calls back when the page goes or is hidden, which may be the last that it hears, until aborted. */
export const onLeaving = (signal: AbortSignal, callback: () => void): void => {
  if (typeof document === "undefined") return;
  const onVisibility = (): void => {
    if (document.visibilityState === "hidden") callback();
  };
  globalThis.addEventListener("pagehide", callback, { signal, capture: true });
  document.addEventListener("visibilitychange", onVisibility, { signal, capture: true });
};
