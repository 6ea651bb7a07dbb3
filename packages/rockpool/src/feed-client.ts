/**
 * Watches and change feeds as streams. What a slow reader has not taken is merged by key, so the
 * buffer holds each key once and the reader gets the latest.
 */
import type { FeedRequest, HostEvent, TransportEntry } from "@rockpool/host";
import { type PackedKey, type PackedRange, unpackError } from "@rockpool/model";
import type { HostConnection } from "./host-connection.ts";
import type { ChangeItem, KvEntryMaybe } from "./kv.ts";
import { toEntry } from "./transport.ts";

type FeedEvent = Extract<HostEvent, { type: "feed" | "feed-error" }>;
type FeedItem = Extract<HostEvent, { type: "feed" }>;

/** What a stream has not given to its reader yet. */
interface FeedBuffer<T> {
  take(item: FeedItem): void;
  /** The next item for the reader; undefined when there is none. */
  give(): T | undefined;
}

export class FeedClient {
  readonly #connection: HostConnection;
  readonly #sourceById = new Map<number, FeedSource<unknown>>();
  #nextId = 1;

  constructor(connection: HostConnection) {
    this.#connection = connection;
  }

  onEvent(event: FeedEvent): void {
    const source = this.#sourceById.get(event.id);
    if (event.type === "feed") return source?.take(event);
    this.#sourceById.delete(event.id);
    source?.fail(unpackError(event.error));
  }

  /** Ends every stream by an error: the host is gone. */
  fail(error: unknown): void {
    for (const source of this.#sourceById.values()) source.fail(error);
    this.#sourceById.clear();
  }

  /** Ends every stream cleanly. */
  close(): void {
    for (const source of this.#sourceById.values()) source.end();
    this.#sourceById.clear();
  }

  /** The entries of `keys`, at once and whenever one of them changed. */
  watch(keys: readonly PackedKey[]): ReadableStream<KvEntryMaybe<unknown>[]> {
    // As in Deno: there is nothing to wait for.
    if (keys.length === 0) return new ReadableStream({ start: (controller) => controller.close() });
    return this.#open(new WatchBuffer(), { type: "keys", keys }, false);
  }

  /** What stands in `range`, then its changes. */
  changes(range: PackedRange, pending: boolean): ReadableStream<ChangeItem<unknown>> {
    return this.#open(new ChangesBuffer(), { type: "range", range }, pending);
  }

  #open<T>(buffer: FeedBuffer<T>, request: FeedRequest, pending: boolean): ReadableStream<T> {
    const id = this.#nextId++;
    const source = new FeedSource(buffer, () => {
      this.#sourceById.delete(id);
      this.#connection.closeFeed(id);
    });
    this.#sourceById.set(id, source as FeedSource<unknown>);
    const stream = new ReadableStream<T>(source);
    this.#connection.openFeed(id, request, pending).catch((error: unknown) => {
      if (this.#sourceById.delete(id)) source.fail(error);
    });
    return stream;
  }
}

class FeedSource<T> implements UnderlyingDefaultSource<T> {
  readonly #buffer: FeedBuffer<T>;
  readonly #onCancel: () => void;
  #controller: ReadableStreamDefaultController<T> | undefined;

  constructor(buffer: FeedBuffer<T>, onCancel: () => void) {
    this.#buffer = buffer;
    this.#onCancel = onCancel;
  }

  start(controller: ReadableStreamDefaultController<T>): void {
    this.#controller = controller;
  }

  pull(): void {
    while ((this.#controller?.desiredSize ?? 0) > 0) {
      const item = this.#buffer.give();
      if (item === undefined) return;
      this.#controller?.enqueue(item);
    }
  }

  cancel(): void {
    this.#onCancel();
  }

  take(item: FeedItem): void {
    this.#buffer.take(item);
    this.pull();
  }

  end(): void {
    this.#controller?.close();
  }

  fail(error: unknown): void {
    this.#controller?.error(error);
  }
}

/** The latest entries of some keys; a look that shows nothing new gives nothing. */
class WatchBuffer implements FeedBuffer<KvEntryMaybe<unknown>[]> {
  #latest: readonly TransportEntry[] | undefined;
  #given: readonly (string | null)[] | undefined;

  take({ entries }: FeedItem): void {
    this.#latest = entries;
  }

  give(): KvEntryMaybe<unknown>[] | undefined {
    const entries = this.#latest;
    this.#latest = undefined;
    if (entries === undefined) return undefined;
    const versionstamps = entries.map(({ versionstamp }) => versionstamp);
    if (this.#given?.every((versionstamp, index) => versionstamp === versionstamps[index])) return undefined;
    this.#given = versionstamps;
    return entries.map((entry) => toEntry<unknown>(entry));
  }
}

/** Changed entries by key, and whether the initial ones are complete. */
class ChangesBuffer implements FeedBuffer<ChangeItem<unknown>> {
  readonly #entryByKey = new Map<PackedKey, TransportEntry>();
  #versionstamp = "";
  #ready: "not yet" | "due" | "told" = "not yet";

  take({ entries, versionstamp }: FeedItem): void {
    for (const entry of entries) this.#entryByKey.set(entry.key, entry);
    this.#versionstamp = versionstamp;
    if (this.#ready === "not yet") this.#ready = "due";
  }

  give(): ChangeItem<unknown> | undefined {
    const versionstamp = this.#versionstamp;
    if (this.#entryByKey.size > 0) {
      const entries = Array.from(this.#entryByKey.values(), (entry) => toEntry<unknown>(entry));
      this.#entryByKey.clear();
      return { type: "update", entries, versionstamp };
    }
    if (this.#ready !== "due") return undefined;
    this.#ready = "told";
    return { type: "ready", versionstamp };
  }
}
