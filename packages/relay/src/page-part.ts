/**
 * One page of a fill as it is read: entries in key order go in until it is full, tombstones are
 * passed by. It ends at the last key it was given, so that nothing between two pages is left out.
 */
import {
  laterStamp,
  valueBytes,
  zeroStamp,
  type PackedKey,
  type PatchEntry,
  type Revision,
  type Stamp,
} from "@rockpool/model";
import type { DocumentUpdate } from "./document-state.ts";
import type { Page, PatchSize } from "./engine.ts";
import { documentEntryOf, isTombstone, patchEntryOf, type RelayEntry } from "./relay-entry.ts";

/** Entries passed by in one read, as a multiple of those it may hold: passing one costs far less. */
export const passedShare = 10;

export class PagePart {
  readonly #size: PatchSize;
  readonly #readUpdates: (key: PackedKey) => readonly DocumentUpdate[];
  readonly #entries: PatchEntry[] = [];
  #bytes = 0;
  #passed = 0;
  #last: PackedKey | undefined;
  /** Of tombstones too: what is written after a fill is later than the deletions that it shows. */
  #stamp: Stamp = zeroStamp;

  /** `readUpdates` reads all of a document, in order. */
  constructor(size: PatchSize, readUpdates: (key: PackedKey) => readonly DocumentUpdate[]) {
    this.#size = size;
    this.#readUpdates = readUpdates;
  }

  /** Adds the next entry by key; false when the page is full without it. */
  addEntry(entry: RelayEntry): boolean {
    const { entriesMax, bytesMax } = this.#size;
    const isFull =
      this.#entries.length >= entriesMax ||
      this.#bytes >= bytesMax ||
      this.#passed >= passedShare * entriesMax;
    if (isFull) return false;
    this.#last = entry.key;
    this.#stamp = laterStamp(this.#stamp, entry.stamp);
    if (isTombstone(entry)) this.#passed++;
    else this.#show(entry);
    return true;
  }

  /** The page, read at `head`; it is the last one if nothing had to be left out. */
  finish(head: Revision, isLast: boolean): Page {
    return {
      entries: this.#entries,
      next: isLast ? null : (this.#last ?? null),
      head,
      stamp: this.#stamp,
    };
  }

  #show(entry: RelayEntry): void {
    const { key, document, revision } = entry;
    const shown =
      document === undefined
        ? patchEntryOf(entry)
        : documentEntryOf(entry, this.#readUpdates(key), revision, false);
    this.#entries.push(shown);
    this.#bytes += key.length + (shown.value === undefined ? 0 : valueBytes(shown.value));
  }
}
