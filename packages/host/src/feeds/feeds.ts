/**
 * Feeds: the watches, change feeds and documents of one tab. An item is made and sent when the tab asks for one,
 * so nothing queues up between the two, and a tab that does not ask costs no more than its feed holds.
 */
import { packError, type Position } from "@rockpool/model";
import type { RowEffect } from "@rockpool/replica";
import { ChangeFeed } from "./change-feed.ts";
import { DocumentFeed } from "./document-feed.ts";
import type { FeedSource, FeedsOptions } from "./feed-source.ts";
import type { FeedItem, FeedRequest } from "./feed-api.ts";
import { WatchFeed } from "./watch-feed.ts";

export class Feeds {
  readonly #its: FeedsOptions;
  readonly #feedById = new Map<number, Feed>();

  constructor(its: FeedsOptions) {
    this.#its = its;
  }

  open(id: number, request: FeedRequest): void {
    const { emit } = this.#its;
    const source = sourceOf(this.#its, request);
    const onError = (error: unknown): void => {
      this.#feedById.delete(id);
      emit({ type: "feed-error", id, error: packError(error) });
    };
    this.#feedById.set(id, new Feed(source, (item) => emit({ type: "feed", id, item }), onError));
  }

  /** The tab wants one more item. */
  pull(id: number): void {
    this.#feedById.get(id)?.pull();
  }

  close(id: number): void {
    this.#feedById.get(id)?.stop();
    this.#feedById.delete(id);
  }

  closeAll(): void {
    for (const id of this.#feedById.keys()) this.close(id);
  }

  onRow(effect: RowEffect, position: Position): void {
    for (const feed of this.#feedById.values()) feed.onRow(effect, position);
  }

  onGap(): void {
    for (const feed of this.#feedById.values()) feed.onGap();
  }

  /** The session with the relay is another. */
  onSession(): void {
    for (const feed of this.#feedById.values()) feed.run();
  }
}

const sourceOf = (its: FeedsOptions, request: FeedRequest): FeedSource => {
  switch (request.type) {
    case "watch":
      return new WatchFeed(its, request);
    case "changes":
      return new ChangeFeed(its, request);
    case "document":
      return new DocumentFeed(its, request);
  }
};

/** Brings a source's items to a tab that asks for them. */
class Feed {
  readonly #source: FeedSource;
  readonly #onItem: (item: FeedItem) => void;
  readonly #onError: (error: unknown) => void;
  #isWanted = false;
  #isRunning = false;
  #isStopped = false;

  constructor(source: FeedSource, onItem: (item: FeedItem) => void, onError: (error: unknown) => void) {
    this.#source = source;
    this.#onItem = onItem;
    this.#onError = onError;
  }

  pull(): void {
    this.#isWanted = true;
    this.run();
  }

  onRow(effect: RowEffect, position: Position): void {
    this.#source.onRow(effect, position);
    this.run();
  }

  onGap(): void {
    this.#source.onGap();
    this.run();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Goes on if something is due and wanted. */
  run(): void {
    if (this.#isRunning || !this.#canGoOn) return;
    this.#isRunning = true;
    void this.#deliver();
  }

  async #deliver(): Promise<void> {
    try {
      while (this.#canGoOn) {
        const item = await this.#source.next();
        if (item === undefined || this.#isStopped) continue;
        this.#isWanted = false;
        this.#onItem(item);
      }
    } catch (error) {
      if (!this.#isStopped) this.#onError(error);
      this.#isStopped = true;
    }
    this.#isRunning = false;
  }

  get #canGoOn(): boolean {
    return this.#isWanted && !this.#isStopped && this.#source.isDue;
  }
}
