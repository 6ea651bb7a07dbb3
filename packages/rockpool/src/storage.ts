/**
 * The browser's storage for this site: what it holds, and whether the browser keeps it when the disk
 * is full. All of it belongs to the site, not to one bucket. Only the page may ask for it to be kept.
 */

/** What the browser tells of this site's storage; null where it does not tell, as in Node. */
export interface StorageReport {
  /** False: the browser may delete everything, buckets included, when the disk is full. */
  readonly persisted: boolean | null;
  /** Bytes that the site uses, about. */
  readonly usage: number | null;
  /** Bytes that the site may use, about; a write may fail long before. */
  readonly quota: number | null;
}

/**
 * Asks the browser to keep this site's storage; true when it does. It may ask the user, for as long
 * as they like. False where it cannot be asked: never rejects.
 */
export const askToPersist = async (): Promise<boolean> => (await answerOf("persist")) ?? false;

/** Never rejects: what cannot be had is null. */
export const storageReport = async (): Promise<StorageReport> => {
  const [persisted, estimate] = await Promise.all([answerOf("persisted"), answerOf("estimate")]);
  return {
    persisted,
    usage: estimate?.usage ?? null,
    quota: estimate?.quota ?? null,
  };
};

type Question = "persist" | "persisted" | "estimate";

/** Null where the browser has no such question, or refuses it: in a frame without an origin, say. */
const answerOf = async <Q extends Question>(
  question: Q,
): Promise<Awaited<ReturnType<StorageManager[Q]>> | null> => {
  const storage: Partial<StorageManager> | undefined = globalThis.navigator?.storage;
  try {
    return ((await storage?.[question]?.()) ?? null) as Awaited<ReturnType<StorageManager[Q]>> | null;
  } catch {
    // Refused; that there is no answer is the answer.
    return null;
  }
};
