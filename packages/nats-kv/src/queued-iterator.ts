/**
 * The iterator that NATS' client gives: a queue that grows with what comes and is read by one
 * `for await`, whose `break` stops what feeds it.
 */
import { InvalidOperationError } from "./errors.ts";

export interface QueuedIterator<T> {
  /** Once only. @throws InvalidOperationError at the first step of a second iteration */
  [Symbol.asyncIterator](): AsyncIterator<T>;
  /** Ends the iteration after what is queued; with an error, at once and by it. */
  stop(error?: Error): void;
  /** Items that the reader was given. */
  getProcessed(): number;
  /** Items that wait for the reader. */
  getPending(): number;
  /** Items that were queued. */
  getReceived(): number;
}

type Queued<T> = { readonly type: "item"; readonly item: T } | { readonly type: "call"; call(): void };

export class ItemQueue<T> implements QueuedIterator<T> {
  /** Fulfilled when it was stopped, by whomever, with the error it was stopped with. */
  readonly iterClosed: Promise<Error | undefined>;
  readonly #close: (error: Error | undefined) => void;
  #queue: Queued<T>[] = [];
  #wake: () => void = () => {};
  #isStopped = false;
  #isIterated = false;
  #isLeft = false;
  #error: Error | undefined;
  #processed = 0;
  #received = 0;

  constructor() {
    const closed = Promise.withResolvers<Error | undefined>();
    this.iterClosed = closed.promise;
    this.#close = closed.resolve;
  }

  push(item: T): void {
    if (this.#isStopped) return;
    this.#received++;
    this.#queue.push({ type: "item", item });
    this.#wake();
  }

  /** Has `call` called when the reader has been given all that was pushed before; at once when it has left. */
  pushCall(call: () => void): void {
    if (this.#isLeft) return call();
    if (this.#isStopped) return;
    this.#queue.push({ type: "call", call });
    this.#wake();
  }

  stop(error?: Error): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#error = error;
    this.#wake();
    this.#close(error);
  }

  getProcessed(): number {
    return this.#processed;
  }

  getPending(): number {
    return this.#queue.filter(({ type }) => type === "item").length;
  }

  getReceived(): number {
    return this.#received;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    if (this.#isIterated) throw new InvalidOperationError("iterator is already yielding");
    this.#isIterated = true;
    try {
      for (;;) {
        if (this.#error !== undefined) throw this.#error;
        const queued = this.#queue.shift();
        if (queued?.type === "call") queued.call();
        else if (queued !== undefined) {
          this.#processed++;
          yield queued.item;
        } else if (this.#isStopped) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#isLeft = true;
      this.stop();
    }
  }
}
