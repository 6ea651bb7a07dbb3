/**
 * Puts the backend where `@forge/kvs` looks for the platform: `__forge_fetch__`, which it reads anew at
 * each call. Requests to anything but the store go on to what stood there before.
 */
import { createForgeKvs, type ForgeKvs, type ForgeKvsOptions, type ForgeRequest } from "./forge-kvs.ts";

/** Whom a request is for; the store's are of type "kvs". */
export interface ForgeTarget {
  readonly type: string;
  readonly provider?: string;
  readonly remote?: string;
}

export type ForgeFetch = (target: ForgeTarget, path: string, request?: ForgeRequest) => Promise<Response>;

const hook = "__forge_fetch__";
const platform = globalThis as { [hook]?: ForgeFetch };

/**
 * As `createForgeKvs`, in place of the platform until it is closed. Call it before the app's first
 * request; the order of imports does not matter. Installed twice, the later one answers.
 */
export const installForgeKvs = (options: ForgeKvsOptions): ForgeKvs => {
  const backend = createForgeKvs(options);
  const before = platform[hook];
  const forgeFetch: ForgeFetch = async (target, path, request) => {
    if (target.type === "kvs") return backend.handle(path, request);
    if (before !== undefined) return before(target, path, request);
    throw new Error(`only the store of Forge is here: a request to ${target.type} ${path} goes nowhere`);
  };
  platform[hook] = forgeFetch;
  const close = async (): Promise<void> => {
    if (platform[hook] === forgeFetch) {
      if (before === undefined) delete platform[hook];
      else platform[hook] = before;
    }
    await backend.close();
  };
  return {
    handle: (path, request) => backend.handle(path, request),
    close,
    [Symbol.asyncDispose]: close,
  };
};
