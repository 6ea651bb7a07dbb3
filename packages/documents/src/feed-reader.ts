/**
 * Reads a document's feed, item by item, and from its beginning again where that is asked for.
 */
import type { DocumentItem } from "rockpool/documents";
import { KvError } from "@rockpool/model";

export interface FeedReaderOptions {
  /** @throws KvError "closed" */
  readonly open: () => ReadableStream<DocumentItem>;
  readonly onItem: (item: DocumentItem) => void;
  /** It ended by itself, or what `onItem` threw ended it. */
  readonly onEnd: (reason: unknown) => void;
}

export class FeedReader {
  readonly #its: FeedReaderOptions;
  #feed: ReadableStreamDefaultReader<DocumentItem>;

  /** @throws as `open` */
  constructor(its: FeedReaderOptions) {
    this.#its = its;
    this.#feed = its.open().getReader();
    void this.#read(this.#feed);
  }

  /** Has all that stands told once more; nothing of the feed until now is told any more. @throws as `open` */
  readAnew(): void {
    void this.stop();
    this.#feed = this.#its.open().getReader();
    void this.#read(this.#feed);
  }

  async stop(): Promise<void> {
    await this.#feed.cancel().catch(() => {
      // It ended by an error already.
    });
  }

  async #read(feed: ReadableStreamDefaultReader<DocumentItem>): Promise<void> {
    const { onItem, onEnd } = this.#its;
    try {
      for (let next = await feed.read(); !next.done; next = await feed.read()) {
        if (feed === this.#feed) onItem(next.value);
      }
      const text = "The bucket was closed; edits since the last save are in doc alone";
      if (feed === this.#feed) onEnd(new KvError("closed", text));
    } catch (error) {
      if (feed === this.#feed) onEnd(error);
    }
  }
}
