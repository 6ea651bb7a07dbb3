/**
 * Hand-tuned IndexedDB in the page, one record an entry and one transaction a call: what everything
 * is measured against.
 */

export interface RawStore {
  put(key: string, value: unknown): Promise<void>;
  /** All in one transaction. */
  putAll(entries: readonly (readonly [string, unknown])[]): Promise<void>;
  get(key: string): Promise<unknown>;
  getAll(keys: readonly string[]): Promise<unknown[]>;
  list(from: string, count: number): Promise<unknown[]>;
  close(): void;
}

export const openRawStore = async (name: string): Promise<RawStore> => {
  const opening = indexedDB.open(name, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore("entries"));
  const database = await answerOf(opening);
  const entries = (mode: IDBTransactionMode): IDBObjectStore =>
    database.transaction("entries", mode, { durability: "relaxed" }).objectStore("entries");
  const write = async (change: (store: IDBObjectStore) => void): Promise<void> => {
    const store = entries("readwrite");
    change(store);
    store.transaction.commit();
    await completionOf(store.transaction);
  };
  return {
    put: (key, value) => write((store) => store.put(value, key)),
    putAll: (pairs) =>
      write((store) => {
        for (const [key, value] of pairs) store.put(value, key);
      }),
    get: (key) => answerOf(entries("readonly").get(key)),
    getAll: (keys) => {
      const store = entries("readonly");
      return Promise.all(keys.map((key) => answerOf(store.get(key))));
    },
    list: (from, count) => answerOf(entries("readonly").getAll(IDBKeyRange.lowerBound(from), count)),
    close: () => database.close(),
  };
};

const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

const completionOf = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
