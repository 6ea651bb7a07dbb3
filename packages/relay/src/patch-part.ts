/**
 * One part of a catch-up as it is read: entries and results in order of revision go in until it is
 * full, and it ends at a revision such that everything up to there is in it. A revision is never
 * split; a part whose one revision is larger than the maximum is whole all the same. Entries outside
 * the scope are passed by, of which there may be so many that a part ends without any.
 */
import {
  isInScope,
  valueBytes,
  wholeBucket,
  type CommitResult,
  type Patch,
  type PatchEntry,
  type Revision,
  type Scope,
} from "@rockpool/model";
import type { PatchQuery } from "./engine.ts";
import { passedShare } from "./page-part.ts";
import { highestStamp, patchEntryOf, type RelayEntry } from "./relay-entry.ts";

export class PatchPart {
  readonly #query: PatchQuery;
  readonly #scope: Scope;
  readonly #entries: RelayEntry[] = [];
  readonly #results: CommitResult[] = [];
  #entryBytes = 0;
  #passed = 0;
  #resultBytes = 0;
  /** Of the entry given last, in the scope or not. */
  #lastRevision: Revision | undefined;
  /** The last revision that is whole in this part; undefined while nothing had to be left out. */
  #end: Revision | undefined;

  constructor(query: PatchQuery) {
    this.#query = query;
    this.#scope = query.scope ?? wholeBucket;
  }

  /** Adds the next entry by revision; false when the part is full without it. */
  addEntry(entry: RelayEntry): boolean {
    const { entriesMax, bytesMax } = this.#query;
    const isFull =
      this.#entries.length >= entriesMax ||
      this.#entryBytes >= bytesMax ||
      this.#passed >= passedShare * entriesMax;
    const last = this.#lastRevision;
    if (isFull && last !== undefined && last !== entry.revision) return this.#endAt(last);
    this.#lastRevision = entry.revision;
    if (!isInScope(this.#scope, entry.key)) {
      this.#passed++;
      return true;
    }
    this.#entries.push(entry);
    this.#entryBytes += entry.key.length + (entry.value === undefined ? 0 : valueBytes(entry.value));
    return true;
  }

  /** Adds the next result by revision, after all entries; false when it and what follows do not belong. */
  addResult(result: CommitResult): boolean {
    if (this.#end !== undefined && result.revision > this.#end) return false;
    const { entriesMax, bytesMax } = this.#query;
    const last = this.#results.at(-1);
    const isFull = this.#results.length >= entriesMax || this.#resultBytes >= bytesMax;
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
      stamp: highestStamp(entries),
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
