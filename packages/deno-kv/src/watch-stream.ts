/**
 * A watch as Deno gives it: the stream of the bucket, with entries as Deno has them, closed with the
 * database. It holds nothing itself: what a slow reader gets is the bucket's doing.
 */
import type { Key } from "rockpool";
import type { Bucket } from "./bucket.ts";
import { toEntryMaybe } from "./entry.ts";
import { toDenoError } from "./errors.ts";
import type { KvEntryMaybe } from "./kv.ts";

/** @throws KvError when the bucket is closed */
export const watchKeys = (
  bucket: Bucket,
  keys: readonly Key[],
  raw: boolean,
): ReadableStream<KvEntryMaybe<unknown>[]> => {
  const reader = bucket.kv.watch<unknown[]>(keys, { raw }).getReader();
  const ended = new AbortController();
  const pull = async (
    controller: ReadableStreamDefaultController<KvEntryMaybe<unknown>[]>,
  ): Promise<void> => {
    try {
      const { done, value } = await reader.read();
      if (ended.signal.aborted) return;
      if (!done) return controller.enqueue(value.map((entry) => toEntryMaybe(entry)));
    } catch (error) {
      ended.abort();
      throw toDenoError(error);
    }
    ended.abort();
    controller.close();
  };
  const start = (controller: ReadableStreamDefaultController<KvEntryMaybe<unknown>[]>): void => {
    const close = (): void => {
      ended.abort();
      controller.close();
      reader.cancel().catch(() => {
        // The bucket is gone already: whoever reads on is told of the close.
      });
    };
    bucket.closed.addEventListener("abort", close, { signal: ended.signal });
  };
  const cancel = (reason: unknown): Promise<void> => {
    ended.abort();
    return reader.cancel(reason);
  };
  return new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 });
};
