/**
 * The pages that a host has at hand, bounded in number and in bytes: those that came first go first.
 */
import type { Page } from "@rockpool/log";

/** Pages kept in memory, at most, and the bytes of their entries. */
const pagesMax = 2000;
const bytesMax: number = 32 * 1024 * 1024;

export class PageCache {
  readonly pageByFirst: Map<Page["first"], Page> = new Map();
  #bytes = 0;

  add(page: Page): void {
    // Two who read at once may both have asked for it.
    if (!this.pageByFirst.has(page.first)) this.#bytes += weightOf(page);
    this.pageByFirst.set(page.first, page);
  }

  /** Between two computations, never in one: what one has read it must still find in its next run. */
  evict(): void {
    for (const [first, page] of this.pageByFirst) {
      if (this.pageByFirst.size <= pagesMax && this.#bytes <= bytesMax) return;
      this.pageByFirst.delete(first);
      this.#bytes -= weightOf(page);
    }
  }
}

/** Bytes that a page takes in memory, about. Its UTF-8 is not counted: that would cost more than a read. */
const weightOf = ({ entries }: Page): number => {
  let weight = 0;
  for (const { key, value } of entries) {
    weight += entryOverheadBytes + key.length;
    if (value !== undefined) weight += value.encoding === "u64" ? 8 : value.data.length;
  }
  return weight;
};

const entryOverheadBytes = 40;
