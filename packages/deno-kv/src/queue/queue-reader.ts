/**
 * Delivers the messages of a bucket to the listeners of one database. Every tab that listens has one.
 * Whoever takes a message moves it, on the condition that it is as it was seen, to the moment at which
 * it is given up as lost; renews that while its handler runs; and deletes it when the handler is done.
 * So of all tabs one delivers it, and when that tab dies another one does.
 */
import type { ChangeItem, Key, Kv as RockpoolKv, KvEntry } from "rockpool";
import { KvError } from "rockpool";
import { type Bucket, isRelayed } from "../bucket.ts";
import { queuesRefused } from "../errors.ts";
import type { KvQueueHandler } from "../kv.ts";
import { handlersMax } from "../limits.ts";
import { HeldMessage } from "./held-message.ts";
import { duePrefix, type Message, readDueKey } from "./message.ts";
import { reportError } from "./report-error.ts";

/** Longest wait of one timer, in ms; platforms take 32 bits. */
const timerMsMax = 2 ** 31 - 1;
/** Pause after a failure of the bucket, in ms. */
const retryMs = 1000;

export class QueueReader {
  readonly #kv: RockpoolKv;
  readonly #leaseMs: number;
  readonly #closed: AbortSignal;
  readonly #handlers: KvQueueHandler[] = [];
  /** Fulfilled when nothing more will come. */
  readonly #over = Promise.withResolvers<void>();
  #turn = 0;
  #running = 0;
  #isTaking = false;
  #looks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires, in ms since 1970. */
  #wakeMs = Number.POSITIVE_INFINITY;

  /** @throws KvError "closed" when the bucket is */
  constructor(kv: RockpoolKv, bucket: Bucket) {
    const { queueLeaseMs, closed } = bucket;
    this.#kv = kv;
    this.#leaseMs = queueLeaseMs;
    this.#closed = closed;
    closed.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
    const options = { include: "updates", values: false, deletes: false, signal: closed } as const;
    const { resolve, reject } = this.#over;
    this.#follow(kv.changes({ prefix: duePrefix }, options), bucket).then(resolve, reject);
  }

  /** Fulfilled when the database is closed, or the bucket ended; rejects when that got a relay, and with what else ends the feed. */
  async listen(handler: KvQueueHandler): Promise<void> {
    this.#handlers.push(handler);
    await this.#over.promise;
  }

  /** Looks at once, and whenever a message becomes due earlier than is known. */
  async #follow(feed: ReadableStream<ChangeItem<undefined>>, bucket: Bucket): Promise<void> {
    const reader = feed.getReader();
    try {
      await bucket.assertQueues();
      this.#wakeAt(0);
      for (let item = await reader.read(); !item.done; item = await reader.read()) {
        this.#wakeAt(earliestOf(item.value));
      }
    } catch (error) {
      // A bucket that is gone is as one that was closed: its messages are gone with it, or stay.
      if (!this.#closed.aborted && !isOver(error)) throw error;
    } finally {
      reader.cancel().catch(() => {
        // It failed, which is told already.
      });
    }
  }

  #wakeAt(dueMs: number): void {
    if (dueMs >= this.#wakeMs || this.#closed.aborted) return;
    clearTimeout(this.#timer);
    this.#wakeMs = dueMs;
    const waitMs = Math.min(Math.max(dueMs - Date.now(), 0), timerMsMax);
    this.#timer = setTimeout(() => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      void this.#look();
    }, waitMs);
  }

  /** Takes what is due, as far as there is room, and sleeps until the next one is. */
  async #look(): Promise<void> {
    this.#looks++;
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      while (!this.#closed.aborted && this.#running < handlersMax) {
        const looks = this.#looks;
        const next = await this.#takeDue();
        // Some were due, or somebody looked meanwhile: there may be more.
        if (next === null || looks !== this.#looks) continue;
        this.#wakeAt(next);
        return;
      }
    } catch (error) {
      if (this.#closed.aborted || isOver(error)) return;
      reportError(error);
      this.#wakeAt(Date.now() + retryMs);
    } finally {
      this.#isTaking = false;
    }
  }

  /** Null when some were due. Else when the next one is, in ms since 1970. */
  async #takeDue(): Promise<number | null> {
    const room = handlersMax - this.#running;
    const due: KvEntry<Message>[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for await (const entry of this.#kv.list<Message>({ prefix: duePrefix }, { limit: room })) {
      if (isRelayed(entry)) {
        this.#over.reject(queuesRefused());
        break;
      }
      const { dueMs } = readDueKey(entry.key);
      if (dueMs > Date.now()) {
        nextMs = dueMs;
        break;
      }
      due.push(entry);
    }
    await Promise.all(due.map((entry) => this.#take(entry)));
    return due.length > 0 ? null : nextMs;
  }

  async #take(entry: KvEntry<Message>): Promise<void> {
    const held = await HeldMessage.take(this.#kv, entry, this.#leaseMs);
    if (held === undefined || this.#closed.aborted) return;
    const handler = this.#handlers[this.#turn++ % this.#handlers.length] as KvQueueHandler;
    this.#running++;
    void this.#deliver(held, handler).finally(() => {
      this.#running--;
      this.#wakeAt(0);
    });
  }

  async #deliver(held: HeldMessage, handler: KvQueueHandler): Promise<void> {
    const stopRenewing = held.keepRenewing(this.#closed);
    try {
      await handler(held.payload);
    } catch (error) {
      reportError(error);
      held.hasFailed = true;
    }
    try {
      await stopRenewing();
      await held.answer();
    } catch (error) {
      // Where the bucket is closed it stays with the message, which is delivered again.
      if (!this.#closed.aborted && !isOver(error)) reportError(error);
    }
  }
}

/** True for an error after which the bucket gives none other. */
const isOver = (error: unknown): boolean =>
  error instanceof KvError && (error.code === "closed" || error.code === "destroyed");

const earliestOf = (item: ChangeItem<undefined>): number => {
  if (item.type !== "update") return 0;
  const keys: readonly Key[] = item.entries.map(({ key }) => key);
  return Math.min(...keys.map((key) => readDueKey(key).dueMs));
};
