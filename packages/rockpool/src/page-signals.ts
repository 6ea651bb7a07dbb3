/**
 * Signals that only the page gets and its worker does not: that it goes, is hidden, is looked at again,
 * came back from a freeze or from the back/forward cache. Notices may have been missed meanwhile, and
 * sockets died. That it is being frozen is told to nobody: its worker is frozen before it could hear it.
 * Where there is no page, as in Node, nothing is ever told.
 */

/** True while the page cannot be seen. */
export const isPageHidden = (): boolean =>
  typeof document !== "undefined" && document.visibilityState === "hidden";

/** Calls back when the page goes, for good or into the back/forward cache, until aborted. */
export const onGoing = (signal: AbortSignal, callback: () => void): void => {
  if (typeof document !== "undefined") globalThis.addEventListener("pagehide", callback, { signal });
};

/** Calls back when the page is hidden though it stays, until aborted. */
export const onHidden = (signal: AbortSignal, callback: () => void): void => {
  if (typeof document === "undefined") return;
  const onVisibility = (): void => {
    if (isPageHidden()) callback();
  };
  document.addEventListener("visibilitychange", onVisibility, { signal });
};

/** Calls back when the page is seen again, or is back, until aborted. */
export const onSeenAgain = (signal: AbortSignal, callback: () => void): void => {
  if (typeof document === "undefined") return;
  const onVisibility = (): void => {
    if (!isPageHidden()) callback();
  };
  const onShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) callback();
  };
  document.addEventListener("visibilitychange", onVisibility, { signal });
  document.addEventListener("resume", callback, { signal });
  globalThis.addEventListener("pageshow", onShow, { signal });
};
