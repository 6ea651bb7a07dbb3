/**
 * Listing as Deno KV does it: batch by batch, each a snapshot; `break` leaves the iterator usable;
 * the cursor names the last entry yielded, and is "" once everything was.
 */
import {
  checkSelector,
  encodeCursor,
  listBatchDefault,
  listBatchMax,
  type PackedKey,
  type PackedRange,
  resolveSelector,
  resumeRange,
  type Selector,
} from "@rockpool/model";
import { isStrong } from "./consistency.ts";
import type { ListOptions } from "../kv.ts";

export interface BatchAsk {
  readonly range: PackedRange;
  readonly limit: number;
  readonly reverse: boolean;
  readonly strong: boolean;
}

/** What is listed: how a batch is read, and what is yielded for each thing found in it. */
export interface ListSource<Found, Item> {
  readonly read: (ask: BatchAsk, signal: AbortSignal | undefined) => Promise<readonly Found[]>;
  readonly keyOf: (found: Found) => PackedKey;
  readonly toItem: (found: Found) => Item;
}

export class ListIterator<Found, Item> implements AsyncIterableIterator<Item> {
  readonly #selector: Selector;
  readonly #source: ListSource<Found, Item>;
  readonly #reverse: boolean;
  readonly #consistency: unknown;
  readonly #signal: AbortSignal | undefined;
  readonly #batchSize: number;
  #limit: number;
  #cursor: string | undefined;
  /** The whole range, for cursors; undefined until the first read. */
  #range: PackedRange | undefined;
  #rest: PackedRange | undefined;
  #batch: readonly Found[] = [];
  #index = 0;
  #exhausted = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws TypeError | Error for options and selectors that Deno refuses at the call */
  constructor(selector: Selector, options: ListOptions, source: ListSource<Found, Item>) {
    this.#selector = checkSelector(selector);
    this.#source = source;
    const { limit, batchSize, reverse, consistency, cursor, signal } = options;
    if (limit !== undefined && !isPositiveInteger(limit)) {
      throw new Error(`Limit must be a positive integer: received ${String(limit)}`);
    }
    if (batchSize !== undefined && batchSize !== null && !isPositiveInteger(batchSize)) {
      throw new Error(`batchSize must be a positive integer: received ${String(batchSize)}`);
    }
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#batchSize = batchSize ?? Math.min(limit ?? listBatchDefault, 500);
    this.#reverse = reverse === true;
    this.#consistency = consistency;
    this.#signal = signal;
    this.#cursor = cursor === "" || cursor === null ? undefined : cursor;
  }

  get cursor(): string {
    if (this.#cursor === undefined) throw new Error("Cannot get cursor before first iteration");
    return this.#cursor;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    // Calls made side by side take turns, so that no entry is yielded twice.
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => undefined);
    return next;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<Item, undefined>> {
    this.#signal?.throwIfAborted();
    if (this.#limit <= 0) return { done: true, value: undefined };
    if (this.#index >= this.#batch.length && !this.#exhausted) await this.#fetch();
    const found = this.#batch[this.#index];
    if (found === undefined) {
      this.#cursor = "";
      return { done: true, value: undefined };
    }
    this.#index++;
    this.#limit--;
    this.#cursor = encodeCursor(this.#range as PackedRange, this.#source.keyOf(found));
    return { done: false, value: this.#source.toItem(found) };
  }

  async #fetch(): Promise<void> {
    if (this.#batchSize > listBatchMax) {
      throw new TypeError(
        `Too many entries (max ${listBatchMax}): received ${this.#batchSize}; ask for fewer at a time`,
      );
    }
    const isFirst = this.#range === undefined;
    this.#range ??= resolveSelector(this.#selector);
    this.#rest ??=
      isFirst && this.#cursor !== undefined
        ? resumeRange(this.#range, this.#cursor, this.#reverse)
        : this.#range;
    const limit = Math.min(this.#batchSize, this.#limit);
    const ask = {
      range: this.#rest,
      limit,
      reverse: this.#reverse,
      strong: isStrong(this.#consistency),
    };
    const found = await this.#source.read(ask, this.#signal);
    this.#batch = found;
    this.#index = 0;
    const last = found.at(-1);
    if (last === undefined || found.length < limit) this.#exhausted = true;
    if (last !== undefined) {
      this.#rest = resumeRange(
        this.#range,
        encodeCursor(this.#range, this.#source.keyOf(last)),
        this.#reverse,
      );
    }
  }
}

const isPositiveInteger = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value > 0;
