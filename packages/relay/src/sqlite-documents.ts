/**
 * The updates of documents in the SQLite file: a row for each, in order of revision and place, and one for
 * all those before, once they were compacted. Works within the transaction of the caller.
 */
import type { PackedKey, Revision } from "@rockpool/model";
import {
  compactedEntry,
  createBase,
  isUnchanged,
  type CompactionTask,
  type DocumentBase,
} from "./compaction.ts";
import type { DocumentRules } from "./document-rules.ts";
import type { DocumentUpdate } from "./document-state.ts";
import type { RelayEntry } from "./relay-entry.ts";
import type { RowReader } from "./row-reader.ts";
import { keyToBlob, writeEntryRow } from "./sqlite-row.ts";
import type { Statements } from "./sqlite-statements.ts";
import type { TurnOutcome } from "./turn.ts";

/** The documents of one bucket. */
export class SqliteDocuments {
  readonly #statements: Statements;
  readonly #bucket: number;
  readonly #rows: RowReader;
  /** Entries of documents that cannot be compacted, until the engine is opened again. */
  readonly #faulty = new Set<PackedKey>();

  constructor(statements: Statements, bucket: number, rows: RowReader) {
    this.#statements = statements;
    this.#bucket = bucket;
    this.#rows = rows;
  }

  entry(key: PackedKey): RelayEntry | undefined {
    const row = this.#statements.getEntry.get(this.#bucket, keyToBlob(key));
    return row === undefined ? undefined : this.#rows.entry(row);
  }

  /** All of a document that can be read, in order. */
  updatesOf(key: PackedKey): readonly DocumentUpdate[] {
    return [...this.#read(this.#statements.updatesOf.iterate(this.#bucket, keyToBlob(key)))];
  }

  /** Those of all documents above a revision, in order of revision. */
  updatesAfter(revision: Revision): Iterable<DocumentUpdate> {
    return this.#read(this.#statements.updatesAfter.iterate(this.#bucket, revision));
  }

  /** Keeps what a turn made of documents. */
  keep({ ended, ruled }: Pick<TurnOutcome, "ended" | "ruled">): void {
    for (const key of ended) this.#statements.dropUpdates.run(this.#bucket, keyToBlob(key));
    for (const update of ruled.updates) this.#add(update);
  }

  /** A document whose updates have piled up; undefined when there is none. */
  nextTask(): CompactionTask | undefined {
    for (const row of this.#statements.entriesToCompact.all(this.#bucket, this.#faulty.size + 1)) {
      const entry = this.#rows.entry(row);
      if (entry?.document !== undefined && !this.#faulty.has(entry.key)) {
        return { entry, updates: this.updatesOf(entry.key) };
      }
    }
    return undefined;
  }

  /** What all updates of the task come to; throws for a document that is left as it is. */
  async createBase(task: CompactionTask, rules: DocumentRules): Promise<DocumentBase> {
    try {
      return await createBase(task, rules);
    } catch (error) {
      this.#faulty.add(task.entry.key);
      throw error;
    }
  }

  /** Puts the base in the place of what it holds; false when that is no longer there. */
  keepBase(task: CompactionTask, base: DocumentBase): boolean {
    const { key } = task.entry;
    const entry = this.entry(key);
    if (entry === undefined || !isUnchanged(task, entry, this.updatesOf(key))) return false;
    this.#statements.dropUpdatesUpTo.run(this.#bucket, keyToBlob(key), base.revision);
    this.#add(base);
    this.#statements.putEntry.run(this.#bucket, ...writeEntryRow(compactedEntry(entry, task, base)));
    return true;
  }

  #add({ key, revision, place, isBase, update }: DocumentUpdate): void {
    this.#statements.putUpdate.run(
      this.#bucket,
      keyToBlob(key),
      revision,
      place,
      isBase === true ? 1 : 0,
      update,
    );
  }

  *#read(rows: Iterable<unknown>): Generator<DocumentUpdate> {
    for (const row of rows) {
      const update = this.#rows.update(row);
      if (update !== undefined) yield update;
    }
  }
}
