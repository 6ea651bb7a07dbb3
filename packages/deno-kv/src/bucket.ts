/**
 * The bucket that a database stands on, shared by the database, its operations and its lists: whether
 * it is open, and how its errors are told.
 */
import type { Kv as RockpoolKv } from "rockpool";
import { errors, queuesRefused, toDenoError } from "./errors.ts";
import { reservedPart } from "./keys.ts";

export interface BucketOptions {
  /** Whether closing the database closes the bucket with it. */
  readonly isOwned: boolean;
  /** How long a listener keeps a message that it does not answer for, in ms. */
  readonly queueLeaseMs: number;
}

export class Bucket {
  readonly kv: RockpoolKv;
  readonly queueLeaseMs: number;
  readonly #isOwned: boolean;
  readonly #closing = new AbortController();

  constructor(kv: RockpoolKv, { isOwned, queueLeaseMs }: BucketOptions) {
    this.kv = kv;
    this.queueLeaseMs = queueLeaseMs;
    this.#isOwned = isOwned;
  }

  /** Aborted when the database is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws BadResource */
  assertOpen(): void {
    if (this.closed.aborted) throw new errors.BadResource("Bad resource ID");
  }

  /** Asks each time: another tab may have given the bucket a relay. @throws NotSupported */
  async assertQueues(): Promise<void> {
    if (isRelayed(await this.kv.get([reservedPart], { consistency: "eventual" }))) throw queuesRefused();
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

/** Whether the bucket of an entry has a relay: entries have a revision there, if only null. */
export const isRelayed = (entry: object): boolean => "revision" in entry;
