/**
 * A watch: all entries of some keys, at once and whenever one of them changed; always as they are
 * when the tab asks, so what was missed in between is passed over.
 */
import { lastVersionstampOf, type PackedKey, type Versionstamp } from "@rockpool/model";
import { type RowEffect, viewOf } from "@rockpool/replica";
import type { FeedSource, FeedsOptions } from "./feed-source.ts";
import type { FeedItem, WatchRequest } from "./feed-api.ts";
import { toTransportEntry } from "../transport.ts";

export class WatchFeed implements FeedSource {
  readonly #its: FeedsOptions;
  readonly #request: WatchRequest;
  readonly #keys: ReadonlySet<PackedKey>;
  /** The versionstamps of what was given last; undefined before the first look. */
  #given: readonly (Versionstamp | null)[] | undefined;
  isDue = true;

  constructor(its: FeedsOptions, request: WatchRequest) {
    this.#its = its;
    this.#request = request;
    this.#keys = new Set(request.keys);
  }

  onRow({ changed, replaced }: RowEffect): void {
    if (replaced === true || changed.some((key) => this.#keys.has(key))) this.isDue = true;
  }

  onGap(): void {
    this.isDue = true;
  }

  /** A look that shows nothing new gives nothing, unless `raw`. */
  async next(): Promise<FeedItem | undefined> {
    const { keys, raw } = this.#request;
    // The first look is at the log's tail, so that a watch begins no earlier than its opener's writes.
    const { state, versionstamp, views } = await this.#its.ledger.read(
      this.#given === undefined,
      (state, pages) => {
        this.isDue = false;
        const views = keys.map((key) => ({ key, view: viewOf(state, pages, key) }));
        return { state, versionstamp: lastVersionstampOf(state.tail), views };
      },
    );
    const nowMs = this.#its.readClock();
    const entries = views.map(({ key, view }) => toTransportEntry(state, key, view, nowMs));
    const versionstamps = entries.map(({ versionstamp }) => versionstamp);
    const isSame = this.#given?.every((given, index) => given === versionstamps[index]) === true;
    this.#given = versionstamps;
    if (isSame && !raw) return undefined;
    return { type: "update", entries, versionstamp };
  }
}
