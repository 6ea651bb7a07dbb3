/**
 * A bound on waiting for what may never answer: IndexedDB says nothing while a frozen tab is in its way.
 */

/** Settles as `promise`, or rejects with what `late` makes after `msMax`. */
export const within = <T>(promise: Promise<T>, msMax: number, late: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), msMax);
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
