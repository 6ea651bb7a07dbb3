/**
 * A list as Deno gives it. Its selector is copied and its options are checked at the call; its keys at
 * the first `next`.
 */
import type { KvEntry as RockpoolEntry, KvListIterator as RockpoolIterator, ListOptions } from "rockpool";
import type { Bucket } from "./bucket.ts";
import { toEntry } from "./entry.ts";
import { wrongType } from "./errors.ts";
import { toSelector } from "./keys.ts";
import type { KvEntry, KvListIterator as Face, KvListOptions, KvListSelector } from "./kv.ts";
import { batchEntriesMax } from "./limits.ts";

export class KvListIterator<T> implements Face<T> {
  readonly #bucket: Bucket;
  readonly #entries: RockpoolIterator<T>;
  /** Why its first `next` will reject. */
  readonly #fault: unknown;

  /** @throws TypeError | Error for a selector and options that Deno refuses at the call */
  constructor(bucket: Bucket, selector: KvListSelector, options: KvListOptions) {
    this.#bucket = bucket;
    let known = selector as ReturnType<typeof toSelector>;
    try {
      known = toSelector(selector);
      checkOptions(options);
    } catch (error) {
      this.#fault = error;
    }
    this.#entries = bucket.kv.list<T>(known, options as ListOptions);
  }

  get cursor(): string {
    return this.#entries.cursor;
  }

  next(): Promise<IteratorResult<KvEntry<T>, undefined>> {
    return this.#bucket.use(async () => {
      if (this.#fault !== undefined) throw this.#fault;
      const { done, value } = (await this.#entries.next()) as IteratorResult<RockpoolEntry<T>, undefined>;
      return done === true ? { done, value: undefined } : { done: false, value: toEntry(value) };
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What only the first read finds. @throws TypeError */
const checkOptions = ({ cursor, batchSize }: KvListOptions): void => {
  if (cursor !== undefined && cursor !== null && typeof cursor !== "string") {
    throw wrongType("string", cursor);
  }
  if (typeof batchSize === "number" && batchSize > batchEntriesMax) {
    throw new TypeError(`Too many entries (max ${batchEntriesMax})`);
  }
};
