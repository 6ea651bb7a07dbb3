/**
 * Deno's `Kv` over a bucket: arguments are judged as Deno judges them, its limits included, and the
 * bucket does the rest. Asynchronous methods reject and never throw at once; `list`, `watch` and `close` throw.
 */
import { type CommitOptions, type Key, KvError, type Kv as RockpoolKv } from "rockpool";
import { AtomicOperation } from "./atomic-operation.ts";
import { Bucket, type BucketOptions } from "./bucket.ts";
import { toEntryMaybe } from "./entry.ts";
import { toDenoError, wrongType } from "./errors.ts";
import { toKey } from "./keys.ts";
import type {
  AtomicOperation as OperationFace,
  Kv as Face,
  KvCommitResult,
  KvConsistencyLevel,
  KvEnqueueOptions,
  KvEntryMaybe,
  KvKey,
  KvListIterator as IteratorFace,
  KvListOptions,
  KvListSelector,
  KvQueueHandler,
} from "./kv.ts";
import { readRangesMax, watchedKeysMax } from "./limits.ts";
import { KvListIterator } from "./list-iterator.ts";
import { QueueReader } from "./queue/queue-reader.ts";
import { watchKeys } from "./watch-stream.ts";

interface ReadOptions {
  consistency?: KvConsistencyLevel;
}

export class Kv implements Face {
  readonly #bucket: Bucket;
  #queue: QueueReader | undefined;

  /** Made by `openKv` alone. @throws TypeError for whoever else calls it */
  constructor(bucket?: unknown) {
    if (!(bucket instanceof Bucket)) {
      throw new TypeError("Deno.Kv can not be constructed: use Deno.openKv instead");
    }
    this.#bucket = bucket;
  }

  atomic(): OperationFace {
    return new AtomicOperation(this.#bucket);
  }

  commitVersionstamp(): symbol {
    return this.#bucket.kv.commitVersionstamp();
  }

  async get<T = unknown>(key: KvKey, options?: ReadOptions): Promise<KvEntryMaybe<T>> {
    return this.#bucket.use(async (kv) => toEntryMaybe(await kv.get<T>(toKey(key), options ?? {})));
  }

  async getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: KvKey }],
    options?: ReadOptions,
  ): Promise<{ [K in keyof T]: KvEntryMaybe<T[K]> }> {
    return this.#bucket.use(async (kv) => {
      if (keys.length > readRangesMax) throw new TypeError(`Too many ranges (max ${readRangesMax})`);
      const entries = await kv.getMany<unknown[]>(
        keys.map((key) => toKey(key)),
        options ?? {},
      );
      return entries.map((entry) => toEntryMaybe(entry)) as { [K in keyof T]: KvEntryMaybe<T[K]> };
    });
  }

  async set(
    key: KvKey,
    value: unknown,
    options?: { expireIn?: number } & CommitOptions,
  ): Promise<KvCommitResult> {
    const operation = this.atomic().set(key, value, options);
    return commitWrite(operation, options);
  }

  async delete(key: KvKey, options?: CommitOptions): Promise<void> {
    await commitWrite(this.atomic().delete(key), options);
  }

  list<T = unknown>(selector: KvListSelector, options?: KvListOptions): IteratorFace<T> {
    return new KvListIterator<T>(this.#bucket, selector, options ?? {});
  }

  async enqueue(value: unknown, options?: KvEnqueueOptions): Promise<KvCommitResult> {
    return commitWrite(this.atomic().enqueue(value, options), undefined);
  }

  async listenQueue(handler: KvQueueHandler): Promise<void> {
    if (this.#bucket.closed.aborted) throw new Error("Queue already closed");
    await this.#bucket.use((kv) => {
      this.#queue ??= new QueueReader(kv, this.#bucket);
      return this.#queue.listen(handler);
    });
  }

  watch<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: KvKey }],
    options: { raw?: boolean } = {},
  ): ReadableStream<{ [K in keyof T]: KvEntryMaybe<T[K]> }> {
    this.#bucket.assertOpen();
    try {
      if (!Array.isArray(keys)) throw wrongType("array", keys);
      if (keys.length > watchedKeysMax) throw new TypeError(`Too many keys (max ${watchedKeysMax})`);
      const known: readonly Key[] = keys.map((key: KvKey) => toKey(key));
      return watchKeys(this.#bucket, known, options.raw === true) as ReadableStream<never>;
    } catch (error) {
      throw toDenoError(error);
    }
  }

  close(): void {
    this.#bucket.assertOpen();
    this.#bucket.close();
  }

  [Symbol.dispose](): void {
    this.#bucket.close();
  }
}

/** Commits what has no checks of the app's own, and so is done or throws. */
const commitWrite = async (
  operation: OperationFace,
  options: CommitOptions | null | undefined,
): Promise<KvCommitResult> => {
  const committed = await operation.commit(options ?? undefined);
  if (committed.ok) return committed;
  // With `conflict: "revision"` each write holds only where the relay has what it was written over.
  throw new KvError(
    "conflict",
    "another device changed the entry before the relay had this write of it; nothing was written. Read the entry and decide again",
  );
};

/** Opens a database over a bucket that is open. */
export const kvOver = (kv: RockpoolKv, options: BucketOptions): Face => new Kv(new Bucket(kv, options));
