/**
 * Where a bucket is kept and where its host runs, decided from what was asked and what the platform
 * is. Nothing falls back to memory unless the app said so, outside a browser excepted.
 */
import { KvError } from "@rockpool/model";

/** What the platform has, as far as it decides. */
export interface Platform {
  readonly hasWorker: boolean;
  readonly hasIndexedDb: boolean;
  /** A page or a worker of a browser, where memory is no place to keep data. */
  readonly isBrowser: boolean;
  readonly userAgent: string;
}

export const currentPlatform = (): Platform => ({
  hasWorker: typeof Worker !== "undefined",
  hasIndexedDb: hasIndexedDb(),
  isBrowser: typeof document !== "undefined" || "WorkerGlobalScope" in globalThis,
  userAgent: globalThis.navigator?.userAgent ?? "",
});

/**
 * Where the host runs: with "auto" in a worker where there can be one, but not on WebKit, which wedges
 * a database for good when a worker ends with a write under way.
 * @see https://github.com/WebKit/WebKit/pull/73930
 */
export const placementOn = (
  asked: "auto" | "worker" | "main",
  { hasWorker, hasIndexedDb, userAgent }: Platform,
): "worker" | "main" => {
  if (asked !== "auto") return asked;
  return hasWorker && hasIndexedDb && !isWebKit(userAgent) ? "worker" : "main";
};

/** What keeps buckets here. @throws KvError "unavailable" in a browser without IndexedDB */
export const engineOn = ({ hasIndexedDb, isBrowser }: Platform): "indexeddb" | "memory" => {
  if (hasIndexedDb) return "indexeddb";
  if (!isBrowser) return "memory";
  throw new KvError(
    "unavailable",
    'there is no IndexedDB here, or this page may not use it; fallback: "memory" opens the bucket in memory then',
  );
};

/** Safari and all browsers on iOS; Chromium says that it is WebKit too. */
const isWebKit = (userAgent: string): boolean =>
  userAgent.includes("AppleWebKit") && !/Chrome|Chromium/.test(userAgent);

/** Where a site may keep nothing, some browsers throw at the mere look. */
const hasIndexedDb = (): boolean => {
  try {
    return (globalThis.indexedDB as IDBFactory | null | undefined) != null;
  } catch {
    return false;
  }
};
