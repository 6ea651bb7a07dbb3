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
  type PackedKey,
  type Patch,
  type PatchEntry,
  type Revision,
  type Scope,
} from "@rockpool/model";
import type { DocumentUpdate } from "./document-state.ts";
import type { PatchQuery } from "./engine.ts";
import { passedShare } from "./page-part.ts";
import { documentEntryOf, highestStamp, patchEntryOf, type RelayEntry } from "./relay-entry.ts";

export class PatchPart {
  readonly #query: PatchQuery;
  readonly #scope: Scope;
  readonly #entries: RelayEntry[] = [];
  readonly #updates: DocumentUpdate[] = [];
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

  /** Adds entries and updates of documents, each ascending by revision, until the part is full. */
  addChanges(entries: Iterable<RelayEntry>, updates: Iterable<DocumentUpdate>): void {
    for (const change of byRevision(entries, updates)) {
      if (!this.#add(change)) return;
    }
  }

  /** Adds the next entry or update by revision; false when the part is full without it. */
  #add(entry: RelayEntry | DocumentUpdate): boolean {
    const { entriesMax, bytesMax } = this.#query;
    const isFull =
      this.#entries.length + this.#updates.length >= entriesMax ||
      this.#entryBytes >= bytesMax ||
      this.#passed >= passedShare * entriesMax;
    const last = this.#lastRevision;
    if (isFull && last !== undefined && last !== entry.revision) return this.#endAt(last);
    this.#lastRevision = entry.revision;
    if (!isInScope(this.#scope, entry.key)) {
      this.#passed++;
      return true;
    }
    if ("update" in entry) {
      this.#updates.push(entry);
      this.#entryBytes += entry.key.length + entry.update.length;
    } else {
      this.#entries.push(entry);
      this.#entryBytes += entry.key.length + (entry.value === undefined ? 0 : valueBytes(entry.value));
    }
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

  /** The patch from `from` to where the part ends, read at `head`; `read` reads the entries of documents. */
  finish(from: Revision, head: Revision, read: (key: PackedKey) => RelayEntry | undefined): Patch {
    const to = this.#end ?? head;
    const entries = this.#entries.filter(({ revision }) => revision <= to);
    const documents = this.#documents(to, read);
    return {
      from,
      to,
      head,
      upToDate: to === head,
      entries: [...entries.map(patchEntryOf), ...documents.map(({ shown }) => shown)].toSorted(
        (a, b) => a.revision - b.revision,
      ),
      results: this.#results,
      stamp: highestStamp([...entries, ...documents.map(({ entry }) => entry)]),
    };
  }

  /** Each document with its updates in this part: behind those of earlier parts, unless a base begins them anew. */
  #documents(
    to: Revision,
    read: (key: PackedKey) => RelayEntry | undefined,
  ): readonly { readonly entry: RelayEntry; readonly shown: PatchEntry }[] {
    const updates = this.#updates.filter(({ revision }) => revision <= to);
    return [...Map.groupBy(updates, ({ key }) => key)].flatMap(([key, added]) => {
      const entry = read(key);
      // What cannot be read of its entry is shown as an entry that cannot be read.
      if (entry?.document === undefined) return [];
      const appends = !added.some(({ isBase }) => isBase);
      const { revision = to } = added.at(-1) ?? {};
      return [{ entry, shown: documentEntryOf(entry, added, revision, appends) }];
    });
  }

  #endAt(revision: Revision): false {
    this.#end = revision;
    return false;
  }
}

/** Documents' entries are left out: their updates tell of them. */
function* byRevision(
  entries: Iterable<RelayEntry>,
  updates: Iterable<DocumentUpdate>,
): Generator<RelayEntry | DocumentUpdate> {
  const rest = updates[Symbol.iterator]();
  try {
    let next = rest.next();
    for (const entry of entries) {
      if (entry.document !== undefined) continue;
      for (; next.done !== true && next.value.revision <= entry.revision; next = rest.next()) {
        yield next.value;
      }
      yield entry;
    }
    for (; next.done !== true; next = rest.next()) yield next.value;
  } finally {
    rest.return?.();
  }
}

/** About the size of a result on the wire. */
const bytesOfResult = ({ ruling }: CommitResult): number => {
  if (ruling.type === "accepted") return 100 + 40 * ruling.superseded.length;
  return ruling.reason.type === "check" ? 100 + 6 * ruling.reason.checks.length : 200;
};
