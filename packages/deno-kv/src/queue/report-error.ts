/**
 * What a handler throws has no caller to go to: it is reported as an uncaught error is, and nothing ends
 * because of it.
 */

/** In a page as an `error` event of the window; in Node, which has none, as a warning. */
export const reportError = (error: unknown): void => {
  const platform = globalThis as {
    readonly reportError?: (error: unknown) => void;
    readonly process?: { readonly emitWarning?: (warning: string, type: string) => void };
  };
  if (platform.reportError !== undefined) return platform.reportError(error);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  platform.process?.emitWarning?.(`Exception in queue handler: ${text}`, "QueueWarning");
};
