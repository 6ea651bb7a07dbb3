/**
 * Ends one transaction of this realm's IndexedDB in the middle: every request of a write transaction
 * is counted, and the one asked for is its last.
 */

import { abortForQuota } from "../log/faulty-factory.ts";

const methods = ["add", "put", "delete", "get", "getKey", "getAll", "getAllKeys", "count"] as const;

export type AbortReason = "quota" | "full" | "no reason";

export interface RequestCounter {
  /** Requests of write transactions since the last `abortAt`. */
  readonly count: number;
  /**
   * The request of this number, from 0, aborts its transaction, for want of space or without a reason;
   * with "full" every later one does as well. -1: none does.
   */
  abortAt(request: number, why?: AbortReason): void;
  /** Gives IndexedDB back as it was. */
  restore(): void;
}

export const countRequests = (): RequestCounter => {
  let count = 0;
  let doomed = -1;
  let reason: AbortReason = "no reason";
  const { prototype } = IDBObjectStore;
  const originals = methods.map((name) => [name, prototype[name]] as const);
  for (const [name, original] of originals) {
    const wrapped = function (this: IDBObjectStore, ...given: unknown[]): unknown {
      const request = (original as (...given: unknown[]) => unknown).apply(this, given);
      if (this.transaction.mode !== "readwrite") return request;
      const isDoomed = reason === "full" ? doomed >= 0 && count >= doomed : count === doomed;
      count++;
      if (!isDoomed) return request;
      if (reason !== "no reason") abortForQuota(this.transaction);
      else this.transaction.abort();
      return request;
    };
    Object.assign(prototype, { [name]: wrapped });
  }
  return {
    get count() {
      return count;
    },
    abortAt: (request, why = "no reason") => {
      count = 0;
      doomed = request;
      reason = why;
    },
    restore: () => {
      for (const [name, original] of originals) Object.assign(prototype, { [name]: original });
    },
  };
};
