/**
 * Watches and change feeds as streams. A stream asks its host for an item when its reader wants one,
 * and holds one at most: what changes meanwhile the host gathers, and gives as it then is.
 */
import type { ChangesRequest, FeedItem, FeedRequest, FeedVersion, HostEvent } from "@rockpool/host";
import { type PackedKey, unpackError } from "@rockpool/model";
import { type KvVersion, toVersion } from "../reads/history.ts";
import type { HostConnection } from "../host-connection.ts";
import type { ChangeItem } from "./changes.ts";
import type { KvEntryMaybe } from "../entry.ts";
import { toEntry } from "../transport.ts";

type FeedEvent = Extract<HostEvent, { type: "feed" | "feed-error" }>;

export class FeedClient {
  readonly #connection: HostConnection;
  readonly #sourceById = new Map<number, FeedSource<unknown>>();
  #nextId = 1;

  constructor(connection: HostConnection) {
    this.#connection = connection;
  }

  onEvent(event: FeedEvent): void {
    const source = this.#sourceById.get(event.id);
    if (event.type === "feed") return source?.take(event.item);
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

  /** The entries of `keys`, at once and whenever one of them changed; with `raw`, whenever one was written. */
  watch(keys: readonly PackedKey[], raw: boolean): ReadableStream<KvEntryMaybe<unknown>[]> {
    // As in Deno: there is nothing to wait for.
    if (keys.length === 0) return new ReadableStream({ start: (controller) => controller.close() });
    return this.open({ type: "watch", keys, raw }, entriesOf);
  }

  /** What stands or changed under a selection, then its changes. `signal` ends it with the signal's reason. */
  changes(
    request: ChangesRequest,
    signal: AbortSignal | undefined,
  ): ReadableStream<ChangeItem<unknown, unknown>> {
    return this.open(request, toChangeItem, signal);
  }

  /** What `read` makes of the items that a host gives for a request. */
  open<Item extends FeedItem, T>(
    request: FeedRequest,
    read: (item: Item) => T,
    signal?: AbortSignal,
  ): ReadableStream<T> {
    const id = this.#nextId++;
    const listening = new AbortController();
    const forget = (): void => {
      listening.abort();
      if (this.#sourceById.delete(id)) this.#connection.closeFeed(id);
    };
    const source = new FeedSource(read as (item: FeedItem) => T, () => this.#connection.pullFeed(id), forget);
    const stream = new ReadableStream<T>(source);
    if (signal?.aborted === true) {
      source.fail(signal.reason);
      return stream;
    }
    const abort = (): void => {
      forget();
      source.fail(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true, signal: listening.signal });
    this.#sourceById.set(id, source as FeedSource<unknown>);
    this.#connection.openFeed(id, request).catch((error: unknown) => {
      if (this.#sourceById.delete(id)) source.fail(error);
    });
    return stream;
  }
}

class FeedSource<T> implements UnderlyingDefaultSource<T> {
  readonly #read: (item: FeedItem) => T;
  readonly #ask: () => void;
  readonly #onCancel: () => void;
  #controller: ReadableStreamDefaultController<T> | undefined;
  /** Fulfils the pull that waits for an item. */
  #pulled: (() => void) | undefined;

  constructor(read: (item: FeedItem) => T, ask: () => void, onCancel: () => void) {
    this.#read = read;
    this.#ask = ask;
    this.#onCancel = onCancel;
  }

  start(controller: ReadableStreamDefaultController<T>): void {
    this.#controller = controller;
  }

  /** The stream pulls again only when this is fulfilled. */
  pull(): Promise<void> {
    this.#ask();
    return new Promise((resolve) => {
      this.#pulled = resolve;
    });
  }

  cancel(): void {
    this.#onCancel();
  }

  take(item: FeedItem): void {
    this.#controller?.enqueue(this.#read(item));
    this.#pulled?.();
  }

  end(): void {
    this.#controller?.close();
  }

  fail(error: unknown): void {
    this.#controller?.error(error);
  }
}

/** With versions in place of entries where the history was asked for. */
const toChangeItem = (item: Exclude<FeedItem, { type: "document" }>): ChangeItem<unknown, unknown> => {
  if (item.type !== "update" && item.type !== "versions") return item;
  const { versionstamp, more } = item;
  const entries = item.type === "update" ? entriesOf(item) : item.versions.map(toFeedVersion);
  return { type: "update", entries, versionstamp, ...(more === undefined ? {} : { more }) };
};

/** Without a value where values were not asked for. */
const toFeedVersion = ({ key, isDeletion, ...version }: FeedVersion): KvVersion<unknown> => {
  const type = isDeletion ? "delete" : "set";
  return {
    ...toVersion<unknown>(key, version),
    type,
    ...(isDeletion || version.value !== undefined ? {} : { value: undefined }),
  };
};

const entriesOf = (item: FeedItem): KvEntryMaybe<unknown>[] =>
  item.type === "update" ? item.entries.map((entry) => toEntry<unknown>(entry)) : [];
