/**
 * Signals that only the page gets and its worker does not: that it goes, is looked at again, and
 * came back from the back/forward cache. Notices may have been missed meanwhile, and sockets died.
 */

/** Calls back when the page goes, for good or into the back/forward cache, until aborted. */
export const onGoing = (signal: AbortSignal, callback: () => void): void => {
  if (typeof document !== "undefined") globalThis.addEventListener("pagehide", callback, { signal });
};

/** Calls back when the page is seen again, until aborted. Does nothing where there is no page. */
export const onSeenAgain = (signal: AbortSignal, callback: () => void): void => {
  if (typeof document === "undefined") return;
  const onVisibility = (): void => {
    if (document.visibilityState === "visible") callback();
  };
  const onShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) callback();
  };
  document.addEventListener("visibilitychange", onVisibility, { signal });
  globalThis.addEventListener("pageshow", onShow, { signal });
};
