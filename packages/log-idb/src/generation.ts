/**
 * Generations of pages that are not in force: one that is being written, and one that is over. What
 * is written here nobody reads before a row of the log names it, and what is deleted nobody will.
 */
import type { Page } from "@rockpool/log";
import { commit, ignoreRejection } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

export const putPages = async (
  transaction: LogTransaction<"readwrite">,
  pages: readonly Page[],
): Promise<Verdict<void>> => {
  const store = transaction.objectStore("pages");
  for (const page of pages) ignoreRejection(store.put(page));
  return commit(undefined);
};

export const deleteGeneration = async (
  transaction: LogTransaction<"readwrite">,
  generation: number,
  limit: number,
): Promise<Verdict<boolean>> => {
  const range = IDBKeyRange.bound([generation], [generation, []]);
  const pages = transaction.objectStore("pages");
  const values = transaction.objectStore("values");
  const [pageKeys, valueKeys] = await Promise.all([
    pages.getAllKeys(range, limit + 1),
    values.getAllKeys(range, limit + 1),
  ]);
  for (const key of valueKeys.slice(0, limit)) ignoreRejection(values.delete(key));
  if (valueKeys.length > limit) return commit(false);
  for (const key of pageKeys.slice(0, limit)) ignoreRejection(pages.delete(key));
  return commit(pageKeys.length <= limit);
};
