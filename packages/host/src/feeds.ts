/**
 * Feeds: the watches and change feeds of one tab. A feed gathers the keys that rows touched and
 * reads them at one state, so what a commit changed is never in two items and a slow reader gets
 * fewer, later items, not stale ones.
 */
import {
  inRange,
  type PackedKey,
  type PackedRange,
  type Versionstamp,
  zeroVersionstamp,
  lastVersionstampOf,
} from "@rockpool/model";
import {
  type EntryView,
  isPresent,
  listEntries,
  type Pages,
  type ReplicaState,
  type RowEffect,
  viewOf,
} from "@rockpool/replica";
import type { Ledger } from "./ledger.ts";

/** What a feed is about: some keys, or all keys of a range. */
export type FeedSelector =
  | { readonly type: "keys"; readonly keys: readonly PackedKey[] }
  | { readonly type: "range"; readonly range: PackedRange };

export interface FeedEntry {
  readonly key: PackedKey;
  readonly view: EntryView;
}

/** One item: entries read at one state. `initial`: all that stood when the feed began. */
export interface FeedItem {
  readonly initial: boolean;
  readonly entries: readonly FeedEntry[];
  readonly versionstamp: Versionstamp;
}

export interface FeedOptions {
  readonly selector: FeedSelector;
  /** Also hears of entries whose commit was ruled while their view stayed. */
  readonly pending: boolean;
  readonly onItem: (item: FeedItem) => void;
  readonly onError: (error: unknown) => void;
}

export class Feeds {
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #feeds = new Set<Feed>();

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  /** Starts a feed; the result ends it. */
  open(options: FeedOptions): () => void {
    const feed = new Feed(this.#ledger, this.#now, options);
    this.#feeds.add(feed);
    feed.pump();
    return () => {
      feed.stop();
      this.#feeds.delete(feed);
    };
  }

  onRow(effect: RowEffect): void {
    for (const feed of this.#feeds) feed.onRow(effect);
  }

  onGap(since: Versionstamp): void {
    for (const feed of this.#feeds) feed.onGap(since);
  }
}

class Feed {
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #options: FeedOptions;
  readonly #keys: ReadonlySet<PackedKey> | undefined;
  #dirty = new Set<PackedKey>();
  /** Everything changed after this is to be read; all of it at first. */
  #since: Versionstamp | undefined = zeroVersionstamp;
  #initial = true;
  #pumping = false;
  #stopped = false;

  constructor(ledger: Ledger, now: () => number, options: FeedOptions) {
    this.#ledger = ledger;
    this.#now = now;
    this.#options = options;
    this.#keys = options.selector.type === "keys" ? new Set(options.selector.keys) : undefined;
  }

  stop(): void {
    this.#stopped = true;
  }

  onRow(effect: RowEffect): void {
    for (const key of effect.changed) if (this.#isMine(key)) this.#dirty.add(key);
    if (this.#options.pending) {
      for (const key of effect.settledKeys) if (this.#isMine(key)) this.#dirty.add(key);
    }
    if (this.#dirty.size > 0) this.pump();
  }

  onGap(since: Versionstamp): void {
    this.#since = this.#since === undefined || since < this.#since ? since : this.#since;
    this.pump();
  }

  /** Delivers what is due, one item at a time. */
  pump(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    this.#deliverAll().catch((error: unknown) => this.#options.onError(error));
  }

  async #deliverAll(): Promise<void> {
    try {
      await this.#deliverDue();
    } finally {
      this.#pumping = false;
    }
    // A row that came between the last look and here found it pumping.
    if (this.#isDue()) this.pump();
  }

  async #deliverDue(): Promise<void> {
    // The first look is at the log's tail, so that a feed begins no earlier than its opener's writes.
    for (let strong = this.#initial; !this.#stopped && this.#isDue(); strong = false) {
      const taken = new Set<PackedKey>();
      let since: Versionstamp | undefined;
      const { entries, versionstamp } = await this.#ledger.read(strong, (state, pages) => {
        for (const key of this.#dirty) taken.add(key);
        this.#dirty.clear();
        since ??= this.#since;
        this.#since = undefined;
        return {
          entries: this.#entries(state, pages, taken, since),
          versionstamp: lastVersionstampOf(state.tail),
        };
      });
      if (this.#stopped) return;
      const initial = this.#initial;
      this.#initial = false;
      if (initial || entries.length > 0) this.#options.onItem({ initial, entries, versionstamp });
    }
  }

  #isDue(): boolean {
    return this.#dirty.size > 0 || this.#since !== undefined;
  }

  #isMine(key: PackedKey): boolean {
    const { selector } = this.#options;
    return selector.type === "keys" ? this.#keys?.has(key) === true : inRange(selector.range, key);
  }

  #entries(
    state: ReplicaState,
    pages: Pages,
    taken: ReadonlySet<PackedKey>,
    since: Versionstamp | undefined,
  ): readonly FeedEntry[] {
    const { selector } = this.#options;
    if (selector.type === "keys") {
      return selector.keys.map((key) => ({ key, view: viewOf(state, pages, key) }));
    }
    if (since === undefined) return [...taken].map((key) => ({ key, view: viewOf(state, pages, key) }));
    const nowMs = this.#now();
    const keep = this.#initial
      ? (view: EntryView): boolean => isPresent(view, nowMs)
      : (view: EntryView, key: PackedKey): boolean => view.versionstamp > since || taken.has(key);
    return listEntries(state, pages, selector.range, Number.POSITIVE_INFINITY, false, keep);
  }
}
