/**
 * One part of a catch-up as it is read: entries and results in order of revision go in until it is
 * full, and it ends at a revision such that everything up to there is in it. A revision is never
 * split; a part whose one revision is larger than the maximum is whole all the same.
 */
import {
  laterStamp,
  valueBytes,
  zeroStamp,
  type CommitResult,
  type Patch,
  type PatchEntry,
  type Revision,
  type Stamp,
} from "@rockpool/model";
import type { PatchSize } from "./engine.ts";
import { patchEntryOf, type RelayEntry } from "./relay-entry.ts";

export class PatchPart {
  readonly #size: PatchSize;
  readonly #entries: RelayEntry[] = [];
  readonly #results: CommitResult[] = [];
  #entryBytes = 0;
  #resultBytes = 0;
  /** The last revision that is whole in this part; undefined while nothing had to be left out. */
  #end: Revision | undefined;

  constructor(size: PatchSize) {
    this.#size = size;
  }

  /** Adds the next entry by revision; false when the part is full without it. */
  addEntry(entry: RelayEntry): boolean {
    const last = this.#entries.at(-1);
    const isFull = this.#entries.length >= this.#size.entriesMax || this.#entryBytes >= this.#size.bytesMax;
    if (isFull && last !== undefined && last.revision !== entry.revision) return this.#endAt(last.revision);
    this.#entries.push(entry);
    this.#entryBytes += entry.key.length + (entry.value === undefined ? 0 : valueBytes(entry.value));
    return true;
  }

  /** Adds the next result by revision, after all entries; false when it and what follows do not belong. */
  addResult(result: CommitResult): boolean {
    if (this.#end !== undefined && result.revision > this.#end) return false;
    const last = this.#results.at(-1);
    const isFull = this.#results.length >= this.#size.entriesMax || this.#resultBytes >= this.#size.bytesMax;
    if (isFull && last !== undefined) return this.#endAt(last.revision);
    this.#results.push(result);
    this.#resultBytes += bytesOfResult(result);
    return true;
  }

  /** The patch from `from` to where the part ends, read at `head`. */
  finish(from: Revision, head: Revision): Patch {
    const to = this.#end ?? head;
    const entries = this.#entries.filter(({ revision }) => revision <= to);
    return {
      from,
      to,
      head,
      upToDate: to === head,
      entries: entries.map((entry): PatchEntry => patchEntryOf(entry)),
      results: this.#results,
      stamp: entries.reduce<Stamp>((stamp, entry) => laterStamp(stamp, entry.stamp), zeroStamp),
    };
  }

  #endAt(revision: Revision): false {
    this.#end = revision;
    return false;
  }
}

/** About the size of a result on the wire. */
const bytesOfResult = ({ ruling }: CommitResult): number => {
  if (ruling.type === "accepted") return 100 + 40 * ruling.superseded.length;
  return ruling.reason.type === "check" ? 100 + 6 * ruling.reason.checks.length : 200;
};
