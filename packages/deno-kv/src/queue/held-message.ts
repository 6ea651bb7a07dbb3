/**
 * A message that this tab took, and answers for until its handler is done: renewed meanwhile, and then
 * deleted, put off to its next attempt, or laid down under the keys that its sender named.
 */
import type { Kv as RockpoolKv, KvEntry } from "rockpool";
import { dueKey, type Message, payloadKey, readDueKey } from "./message.ts";
import { reportError } from "./report-error.ts";

/** How often a message is renewed in the time for which it is held. A hidden page's timers may be a minute late. */
const renewalsPerLease = 4;

interface Payload {
  readonly payload: unknown;
}

export class HeldMessage {
  readonly payload: unknown;
  /** To be set when the handler failed. */
  hasFailed = false;
  readonly #kv: RockpoolKv;
  readonly #id: string;
  readonly #leaseMs: number;
  /** The message as it was left last; undefined once another tab has it. */
  #entry: KvEntry<Message> | undefined;

  private constructor(kv: RockpoolKv, entry: KvEntry<Message>, payload: unknown, leaseMs: number) {
    this.#kv = kv;
    this.#entry = entry;
    this.#id = readDueKey(entry.key).id;
    this.payload = payload;
    this.#leaseMs = leaseMs;
  }

  /** Undefined when another one took it first, or its attempts are used up. */
  static async take(
    kv: RockpoolKv,
    entry: KvEntry<Message>,
    leaseMs: number,
  ): Promise<HeldMessage | undefined> {
    const { id } = readDueKey(entry.key);
    const { value } = await kv.get<Payload>(payloadKey(id));
    const held = new HeldMessage(kv, entry, value?.payload, leaseMs);
    if (value === null) {
      // It was answered for since it was listed, or other code deleted the payload.
      await held.#leave().commit();
      return undefined;
    }
    if (!entry.value.isTaken) return (await held.#hold(entry.value.backoff)) ? held : undefined;
    // Whoever had it is gone: an attempt that failed, for which the wait is over.
    const [interval, ...backoff] = entry.value.backoff;
    if (interval !== undefined) return (await held.#hold(backoff)) ? held : undefined;
    await held.#layDown();
    return undefined;
  }

  /** Renews the message until the function that it gives is called; that waits for a renewal under way. */
  keepRenewing(closed: AbortSignal): () => Promise<void> {
    let renewal: Promise<unknown> = Promise.resolve();
    const renew = async (): Promise<void> => {
      try {
        if (this.#entry !== undefined) await this.#hold(this.#entry.value.backoff);
      } catch (error) {
        // The next one may succeed; if none does, the message is delivered again.
        if (!closed.aborted) reportError(error);
      }
    };
    const timer = setInterval(() => {
      renewal = renewal.then(renew);
    }, this.#leaseMs / renewalsPerLease);
    const stop = (): void => clearInterval(timer);
    closed.addEventListener("abort", stop, { once: true });
    return async () => {
      stop();
      closed.removeEventListener("abort", stop);
      await renewal;
    };
  }

  /** Does what is to be done with it now. Nothing where another tab has it. */
  async answer(): Promise<void> {
    if (this.#entry === undefined) return;
    if (!this.hasFailed) {
      await this.#leave().delete(payloadKey(this.#id)).commit();
      return;
    }
    const [interval, ...backoff] = this.#entry.value.backoff;
    if (interval === undefined) return this.#layDown();
    const message: Message = { ...this.#entry.value, backoff, isTaken: false };
    const key = dueKey(Date.now() + interval, this.#id);
    await this.#leave().set(key, message, { expireIn: "never" }).commit();
  }

  /** True when it is this tab's until a lease from now. */
  async #hold(backoff: readonly number[]): Promise<boolean> {
    const { value } = this.#mustGetEntry();
    const message: Message = { ...value, backoff, isTaken: true };
    const key = dueKey(Date.now() + this.#leaseMs, this.#id);
    const result = await this.#leave().set(key, message, { expireIn: "never" }).commit();
    this.#entry = result.ok ? { key, value: message, versionstamp: result.versionstamp } : undefined;
    return result.ok;
  }

  /** Every attempt failed: the payload goes where its sender said. */
  async #layDown(): Promise<void> {
    // Read again: a handler may have changed what it was given.
    const { value } = await this.#kv.get<Payload>(payloadKey(this.#id));
    if (value === null) return;
    const operation = this.#leave().delete(payloadKey(this.#id));
    for (const key of this.#mustGetEntry().value.undelivered) operation.set(key, value.payload);
    await operation.commit();
  }

  /** An operation that takes the message from where it stands, if it is as it was left. */
  #leave(): ReturnType<RockpoolKv["atomic"]> {
    const entry = this.#mustGetEntry();
    return this.#kv.atomic().check(entry).delete(entry.key);
  }

  #mustGetEntry(): KvEntry<Message> {
    if (this.#entry === undefined) throw new Error("the message is another tab's by now");
    return this.#entry;
  }
}
