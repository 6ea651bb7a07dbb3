/**
 * A watch: what stands when it begins, by revision, then every message as it comes, until the reader
 * leaves, the bucket is destroyed, or the connection or Rockpool is closed.
 */
import type { Kv } from "rockpool";
import { toNatsError } from "./errors.ts";
import type { KeyFilter } from "./key-filter.ts";
import { byRevision, isOver, type Lens, toMessage } from "./kept-versions.ts";
import { streamKey } from "./layout.ts";
import { type Message, operationOf } from "./message.ts";
import type { Stream } from "./stream.ts";
import { markerMs } from "./stream-config.ts";
import type { VersionFeed } from "./version-feed.ts";

/** Longest delay of a timer, in ms. Source: setTimeout takes 31 bits. */
const timerMsMax = 2 ** 31 - 1;

export interface WatchedMessages {
  /** What stood, by revision. */
  readonly initial: readonly Message[];
  /** Calls `give` with each message that follows; fulfilled when none will, with what ended it. */
  follow(give: (message: Message) => void): Promise<Error | undefined>;
  stop(): void;
}

/** `closing` ends it. @throws StreamNotFoundError */
export const watchMessages = async (
  stream: Stream,
  filter: KeyFilter,
  begin: "all" | "end",
  closing: AbortSignal,
): Promise<WatchedMessages> => {
  const kv = await stream.open();
  const { feed, lens, initial } = await stream.follow(filter, begin);
  return new Watch(kv, stream, filter, lens, feed, initial, closing);
};

class Watch implements WatchedMessages {
  readonly initial: readonly Message[];
  readonly #stream: Stream;
  readonly #filter: KeyFilter;
  readonly #lens: Lens;
  readonly #feed: VersionFeed;
  readonly #closing: AbortSignal;
  readonly #existence: ReadableStreamDefaultReader<readonly unknown[]>;
  /** When the last message of a key ends, where that leaves a marker. */
  readonly #endMsByKey = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  /** The latest that was given. */
  #versionstamp = "";
  readonly #end = (): void => this.stop();

  constructor(
    kv: Kv,
    stream: Stream,
    filter: KeyFilter,
    lens: Lens,
    feed: VersionFeed,
    initial: readonly Message[],
    closing: AbortSignal,
  ) {
    this.#stream = stream;
    this.#filter = filter;
    this.#lens = lens;
    this.#feed = feed;
    this.initial = initial;
    this.#closing = closing;
    this.#existence = kv.watch([streamKey(stream.name)]).getReader();
  }

  async follow(give: (message: Message) => void): Promise<Error | undefined> {
    for (const message of this.initial) this.#note(message);
    this.#schedule();
    this.#closing.addEventListener("abort", this.#end);
    if (this.#closing.aborted) this.stop();
    void this.#stopWithBucket();
    try {
      for (;;) {
        const next = await this.#feed.next();
        if (next === undefined || this.#isStopped) return undefined;
        const messages = next.versions
          .flatMap((version) => (version.type === "set" ? (toMessage(version, this.#lens) ?? []) : []))
          .filter((message) => this.#filter.matches(message.key) && !isOver(message, Date.now()))
          .filter(({ versionstamp }) => !next.isReset || versionstamp > this.#versionstamp)
          .toSorted(byRevision);
        for (const message of messages) {
          this.#note(message);
          give(message);
        }
        this.#schedule();
      }
    } catch (error) {
      return toNatsError(error) as Error;
    } finally {
      this.stop();
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#closing.removeEventListener("abort", this.#end);
    clearTimeout(this.#timer);
    void this.#feed.cancel();
    this.#existence.cancel().catch(() => {
      // It ended with Rockpool, as the feed did, which tells of it.
    });
  }

  async #stopWithBucket(): Promise<void> {
    try {
      for (;;) {
        const { value } = await this.#existence.read();
        if (value === undefined) return;
        if ((value[0] as { readonly value: unknown }).value === null) return this.stop();
      }
    } catch {
      // Rockpool is gone, which the feed tells of.
    }
  }

  #note(message: Message): void {
    if (message.versionstamp > this.#versionstamp) this.#versionstamp = message.versionstamp;
    const isMarked = markerMs(this.#lens.config) > 0 && operationOf(message) === "PUT";
    if (isMarked && message.expireAtMs !== undefined) this.#endMsByKey.set(message.key, message.expireAtMs);
    else this.#endMsByKey.delete(message.key);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#endMsByKey.size === 0) return;
    const next = Math.min(...this.#endMsByKey.values());
    const delayMs = Math.min(Math.max(next - Date.now() + 1, 0), timerMsMax);
    this.#timer = setTimeout(() => void this.#markEnds(), delayMs);
  }

  async #markEnds(): Promise<void> {
    const nowMs = Date.now();
    for (const [key, endMs] of this.#endMsByKey) {
      if (endMs > nowMs) continue;
      this.#endMsByKey.delete(key);
      await this.#stream.markEnd(key).catch(() => {
        // Rockpool is closed or its storage failed: the feed tells of it, and the next look makes the marker.
      });
    }
    this.#schedule();
  }
}
