/**
 * Listing as Deno KV does it: batch by batch, each a snapshot; `break` leaves the iterator usable;
 * the cursor names the last entry yielded, and is "" once everything was.
 */
import type { HostAnswer, HostRequest, TransportEntry } from "@rockpool/host";
import {
  checkSelector,
  encodeCursor,
  listBatchDefault,
  listBatchMax,
  type PackedRange,
  resolveSelector,
  resumeRange,
  type Selector,
} from "@rockpool/model";
import type { KvEntry, KvListIterator, ListOptions } from "./kv.ts";
import { toEntry } from "./transport.ts";

type Send = (request: HostRequest) => Promise<HostAnswer>;

export class ListIterator<T> implements KvListIterator<T> {
  readonly #selector: Selector;
  readonly #send: Send;
  readonly #reverse: boolean;
  readonly #strong: boolean;
  readonly #batchSize: number;
  #limit: number;
  #cursor: string | undefined;
  /** The whole range, for cursors; undefined until the first read. */
  #range: PackedRange | undefined;
  #rest: PackedRange | undefined;
  #batch: readonly TransportEntry[] = [];
  #index = 0;
  #exhausted = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws TypeError | Error for options and selectors that Deno refuses at the call */
  constructor(selector: Selector, options: ListOptions, send: Send) {
    this.#selector = checkSelector(selector);
    this.#send = send;
    const { limit, batchSize, reverse, consistency, cursor } = options;
    if (limit !== undefined && !isPositiveInteger(limit)) {
      throw new Error(`Limit must be a positive integer: received ${String(limit)}`);
    }
    if (batchSize !== undefined && batchSize !== null && !isPositiveInteger(batchSize)) {
      throw new Error(`batchSize must be a positive integer: received ${String(batchSize)}`);
    }
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#batchSize = batchSize ?? Math.min(limit ?? listBatchDefault, 500);
    this.#reverse = reverse === true;
    this.#strong = consistency !== "eventual";
    this.#cursor = cursor === "" || cursor === null ? undefined : cursor;
  }

  get cursor(): string {
    if (this.#cursor === undefined) throw new Error("Cannot get cursor before first iteration");
    return this.#cursor;
  }

  next(): Promise<IteratorResult<KvEntry<T>, undefined>> {
    // Calls made side by side take turns, so that no entry is yielded twice.
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => undefined);
    return next;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<KvEntry<T>, undefined>> {
    if (this.#limit <= 0) return { done: true, value: undefined };
    if (this.#index >= this.#batch.length && !this.#exhausted) await this.#fetch();
    const entry = this.#batch[this.#index];
    if (entry === undefined) {
      this.#cursor = "";
      return { done: true, value: undefined };
    }
    this.#index++;
    this.#limit--;
    this.#cursor = encodeCursor(this.#range as PackedRange, entry.key);
    return { done: false, value: toEntry<T>(entry) as KvEntry<T> };
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
    const answer = await this.#send({
      type: "list",
      range: this.#rest,
      limit,
      reverse: this.#reverse,
      strong: this.#strong,
    });
    if (answer.type !== "entries") throw new TypeError("the host answered a list with something else");
    this.#batch = answer.entries;
    this.#index = 0;
    const last = answer.entries.at(-1);
    if (last === undefined || answer.entries.length < limit) this.#exhausted = true;
    if (last !== undefined) {
      this.#rest = resumeRange(this.#range, encodeCursor(this.#range, last.key), this.#reverse);
    }
  }
}

const isPositiveInteger = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value > 0;
