/**
 * Watches and change feeds as streams. What a slow reader has not taken is merged by key, so the
 * buffer holds each key once and the reader gets the latest.
 */
import type { HostEvent, TransportEntry } from "@rockpool/host";
import { type PackedKey, type PackedRange, unpackError } from "@rockpool/model";
import type { HostConnection } from "./host-connection.ts";
import type { ChangeItem, KvEntryMaybe } from "./kv.ts";
import { toEntry } from "./transport.ts";

type FeedEvent = Extract<HostEvent, { type: "feed" | "feed-error" }>;

export class FeedClient {
  readonly #connection: HostConnection;
  readonly #onEventById = new Map<number, (event: FeedEvent) => void>();
  readonly #closers = new Set<() => void>();
  #nextId = 1;

  constructor(connection: HostConnection) {
    this.#connection = connection;
  }

  onEvent(event: FeedEvent): void {
    this.#onEventById.get(event.id)?.(event);
  }

  /** Ends every stream cleanly. */
  close(): void {
    for (const close of [...this.#closers]) close();
  }

  /** The entries of `keys`, at once and whenever one of them changed. */
  watch(keys: readonly PackedKey[]): ReadableStream<KvEntryMaybe<unknown>[]> {
    let latest: readonly TransportEntry[] | undefined;
    let shown: readonly (string | null)[] | undefined;
    return this.#stream({
      request: { type: "keys", keys },
      pending: false,
      take: ({ entries }) => {
        latest = entries;
      },
      give: () => {
        const entries = latest;
        latest = undefined;
        const versionstamps = entries?.map(({ versionstamp }) => versionstamp);
        if (entries === undefined || versionstamps === undefined) return undefined;
        // A change and its undoing between two looks is no change.
        if (shown?.every((versionstamp, index) => versionstamp === versionstamps[index])) return undefined;
        shown = versionstamps;
        return entries.map((entry) => toEntry<unknown>(entry));
      },
    });
  }

  changes(range: PackedRange, pending: boolean): ReadableStream<ChangeItem<unknown>> {
    const entryByKey = new Map<PackedKey, TransportEntry>();
    let versionstamp = "";
    let isReady = false;
    let toldReady = false;
    return this.#stream<ChangeItem<unknown>>({
      request: { type: "range", range },
      pending,
      take: (item) => {
        for (const entry of item.entries) entryByKey.set(entry.key, entry);
        versionstamp = item.versionstamp;
        isReady = true;
      },
      give: () => {
        if (entryByKey.size > 0) {
          const entries = [...entryByKey.values()].map((entry) => toEntry<unknown>(entry));
          entryByKey.clear();
          return { type: "update", entries, versionstamp };
        }
        if (!isReady || toldReady) return undefined;
        toldReady = true;
        return { type: "ready", versionstamp };
      },
    });
  }

  #stream<T>(feed: {
    readonly request: Parameters<HostConnection["openFeed"]>[1];
    readonly pending: boolean;
    readonly take: (item: Extract<HostEvent, { type: "feed" }>) => void;
    /** The next item for the reader; undefined when there is none. */
    readonly give: () => T | undefined;
  }): ReadableStream<T> {
    const id = this.#nextId++;
    const close = (): void => {
      this.#onEventById.delete(id);
      this.#closers.delete(end);
    };
    let end = (): void => {};
    let pull = (): void => {};
    return new ReadableStream<T>({
      start: (controller) => {
        const fail = (error: unknown): void => {
          close();
          controller.error(error);
        };
        const offer = (): void => {
          while ((controller.desiredSize ?? 0) > 0) {
            const item = feed.give();
            if (item === undefined) return;
            controller.enqueue(item);
          }
        };
        pull = offer;
        end = () => {
          close();
          controller.close();
        };
        this.#closers.add(end);
        this.#onEventById.set(id, (event) => {
          if (event.type === "feed-error") return fail(unpackError(event.error));
          feed.take(event);
          offer();
        });
        this.#connection.openFeed(id, feed.request, feed.pending).catch((error: unknown) => {
          if (this.#onEventById.has(id)) fail(error);
        });
      },
      pull: () => pull(),
      cancel: () => {
        close();
        this.#connection.closeFeed(id);
      },
    });
  }
}
