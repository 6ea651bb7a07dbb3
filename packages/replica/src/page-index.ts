/**
 * Where pages are and what is in those at hand, and in the older versions of keys. A computation asks
 * for entries; pages and versions it needed and did not find are noted, so that its caller can read
 * them and run it again. It is the only way anything here looks at pages, so nothing can take a page
 * that is not there for an empty one.
 */
import type { PackedKey } from "@rockpool/model";
import type { Page, PageEntry, PageKey, PageRange, Version, VersionsOf } from "@rockpool/log";
import { lowerBound } from "./sorted-keys.ts";

/** The addresses of one generation's pages, ascending. */
export class PageIndex {
  readonly generation: number;
  readonly firsts: readonly PackedKey[];

  constructor(generation: number, keys: readonly PageKey[]) {
    this.generation = generation;
    this.firsts = keys.filter((key) => key.generation === generation).map((key) => key.first);
  }

  /** Index of the page that covers `key`; -1 when there are no pages. */
  at(key: PackedKey): number {
    const index = lowerBound(this.firsts, key);
    return this.firsts[index] === key ? index : index - 1;
  }

  /** The pages at some indexes, ascending, as runs of neighbours: each to be read by one request. */
  rangesOf(indexes: readonly number[]): readonly PageRange[] {
    const ranges: { -readonly [K in keyof PageRange]: PageRange[K] }[] = [];
    let last = -2;
    for (const index of indexes) {
      const first = this.firsts[index];
      if (first === undefined) continue;
      const range = ranges.at(-1);
      if (index === last + 1 && range !== undefined) range.to = first;
      else ranges.push({ generation: this.generation, from: first, to: first });
      last = index;
    }
    return ranges;
  }
}

/** What a computation needed and did not find. */
export interface Lacking {
  /** Indexes in the page index, ascending. */
  readonly pages: readonly number[];
  readonly versions: readonly VersionsOf[];
}

/** Pages read so far, by their first key, with what is missing for the computation under way. */
export class Pages {
  readonly index: PageIndex;
  readonly #pageByFirst: Map<PackedKey, Page>;
  readonly #lacking = new Set<number>();
  readonly #versionsByKey = new Map<PackedKey, readonly Version[]>();
  readonly #lackingVersions = new Set<PackedKey>();

  constructor(index: PageIndex, pageByFirst: Map<PackedKey, Page> = new Map()) {
    this.index = index;
    this.#pageByFirst = pageByFirst;
  }

  /** The entry a page holds under `key`. Undefined also when the page is lacking, which is noted. */
  entry(key: PackedKey): PageEntry | undefined {
    const page = this.page(this.index.at(key));
    return page === undefined ? undefined : findEntry(page.entries, key);
  }

  /** The page at an index of the page index; undefined when there is none or it is lacking. */
  page(index: number): Page | undefined {
    const first = this.index.firsts[index];
    if (first === undefined) return undefined;
    const page = this.#pageByFirst.get(first);
    if (page === undefined) this.#lacking.add(index);
    return page;
  }

  /** Notes that the pages from one index to another will be needed as well. */
  expect(from: number, to: number): void {
    for (let index = Math.max(0, from); index <= Math.min(to, this.index.firsts.length - 1); index++) {
      if (!this.#pageByFirst.has(this.index.firsts[index] as PackedKey)) this.#lacking.add(index);
    }
  }

  /** The older versions on disk of a key, oldest first. Empty also when they are lacking, which is noted. */
  versions(key: PackedKey): readonly Version[] {
    // Where there are no pages nothing was replaced in one.
    if (this.index.firsts.length === 0) return [];
    const versions = this.#versionsByKey.get(key);
    if (versions === undefined) this.#lackingVersions.add(key);
    return versions ?? [];
  }

  add(pages: readonly Page[]): void {
    for (const page of pages) {
      if (page.generation === this.index.generation) this.#pageByFirst.set(page.first, page);
    }
  }

  addVersions(key: PackedKey, versions: readonly Version[]): void {
    this.#versionsByKey.set(key, versions);
  }

  /** Older versions are seldom read twice, and there may be much of them. */
  forgetVersions(): void {
    this.#versionsByKey.clear();
  }

  /** What was noted as lacking since the last call; undefined when nothing was. The result of a run is void if any. */
  takeLacking(): Lacking | undefined {
    if (this.#lacking.size === 0 && this.#lackingVersions.size === 0) return undefined;
    const { generation } = this.index;
    const lacking = {
      pages: [...this.#lacking].toSorted((a, b) => a - b),
      versions: Array.from(this.#lackingVersions, (key) => ({ generation, key })),
    };
    this.#lacking.clear();
    this.#lackingVersions.clear();
    return lacking;
  }
}

const findEntry = (entries: readonly PageEntry[], key: PackedKey): PageEntry | undefined => {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as PageEntry).key < key) low = middle + 1;
    else high = middle;
  }
  const entry = entries[low];
  return entry?.key === key ? entry : undefined;
};
