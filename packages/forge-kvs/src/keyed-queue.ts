/**
 * Work on one key, one after another: what reads a key and then writes it does not race with another
 * call of the same tab.
 */

export class KeyedQueue {
  readonly #lastByKey = new Map<string, Promise<unknown>>();

  /** Runs `work` when all that was given for this key before has ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#lastByKey.get(key) ?? Promise.resolve();
    const result = before.then(work);
    // How it ends is for its caller; the next one waits for the end alone.
    const ended = result.catch(() => undefined);
    this.#lastByKey.set(key, ended);
    try {
      return await result;
    } finally {
      if (this.#lastByKey.get(key) === ended) this.#lastByKey.delete(key);
    }
  }
}
