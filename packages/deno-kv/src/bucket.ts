/**
 * The bucket that a database stands on, shared by the database, its operations and its lists: whether
 * it is open, and how its errors are told.
 */
import type { Kv as RockpoolKv } from "rockpool";
import { errors, toDenoError } from "./errors.ts";
import { reservedPart } from "./keys.ts";

export interface BucketOptions {
  /** Whether closing the database closes the bucket with it. */
  readonly isOwned: boolean;
  /** How long a listener keeps a message that it does not answer for, in ms. */
  readonly queueLeaseMs: number;
}

export class Bucket {
  readonly kv: RockpoolKv;
  readonly hasRelay: boolean;
  readonly queueLeaseMs: number;
  readonly #isOwned: boolean;
  readonly #closing = new AbortController();

  private constructor(kv: RockpoolKv, hasRelay: boolean, { isOwned, queueLeaseMs }: BucketOptions) {
    this.kv = kv;
    this.hasRelay = hasRelay;
    this.queueLeaseMs = queueLeaseMs;
    this.#isOwned = isOwned;
  }

  static async over(kv: RockpoolKv, options: BucketOptions): Promise<Bucket> {
    // Entries have a revision, if only null, where there is a relay.
    const hasRelay = "revision" in (await kv.get([reservedPart], { consistency: "eventual" }));
    return new Bucket(kv, hasRelay, options);
  }

  /** Aborted when the database is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws BadResource */
  assertOpen(): void {
    if (this.closed.aborted) throw new errors.BadResource("Bad resource ID");
  }

  /** @throws NotSupported */
  assertQueues(): void {
    if (!this.hasRelay) return;
    throw new errors.NotSupported(
      "a bucket that has a relay has no queue: which device takes a message could only be ruled by the relay, and each would take it while offline. Open a bucket without the option relay for messages",
    );
  }

  /** @throws BadResource, and what `work` throws in Deno's words */
  async use<T>(work: (kv: RockpoolKv) => Promise<T>): Promise<T> {
    this.assertOpen();
    try {
      return await work(this.kv);
    } catch (error) {
      throw toDenoError(error);
    }
  }

  /** Harmless when closed already. */
  close(): void {
    if (this.closed.aborted) return;
    this.#closing.abort();
    if (this.#isOwned) this.kv[Symbol.dispose]();
  }
}
