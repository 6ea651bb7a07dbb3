/**
 * Reads the rows of one bucket, and tells of those that cannot be read instead of failing: what waits on one
 * row would else be all that every device of the bucket asks for.
 */
import type { CommitResult } from "@rockpool/model";
import type { DamageReport } from "./damage.ts";
import type { DocumentUpdate } from "./document-state.ts";
import { keyText } from "./key-text.ts";
import type { RelayEntry } from "./relay-entry.ts";
import { readEntryRow, readKey, readResults, readUpdateRow, rowOf, type SqlValue } from "./sqlite-row.ts";

export class RowReader {
  readonly #bucket: string;
  readonly #report: DamageReport;

  constructor(bucket: string, report: DamageReport) {
    this.#bucket = bucket;
    this.#report = report;
  }

  /** The entry of a row; undefined where its key or revision cannot be read. */
  entry(columns: unknown): RelayEntry | undefined {
    const row = rowOf(columns);
    const { entry, fault } = readEntryRow(row);
    if (fault !== undefined) {
      const about =
        entry === undefined ? `of the key ${blobText(row[0])}` : `of the key ${keyText(entry.key)}`;
      this.#report.tell({ bucket: this.#bucket, table: "entries", row: about, fault });
    }
    return entry;
  }

  /** Those that can be read, in order. */
  *entries(rows: Iterable<unknown>): Generator<RelayEntry> {
    for (const row of rows) {
      const entry = this.entry(row);
      if (entry !== undefined) yield entry;
    }
  }

  /** The update of a row; undefined where it cannot be read: the rest of its document is served. */
  update(columns: unknown): DocumentUpdate | undefined {
    const row = rowOf(columns);
    const update = readUpdateRow(row);
    if (update !== undefined) return update;
    const about = `of the key ${keyOf(row[0])} at the revision ${String(row[1])}`;
    const fault = "an update: the document is served without it";
    this.#report.tell({ bucket: this.#bucket, table: "updates", row: about, fault });
    return undefined;
  }

  /** The results that a row keeps; none where they cannot be read, as if they were no longer kept. */
  results(text: SqlValue | undefined, table: "results" | "retried", about: string): readonly CommitResult[] {
    const results = readResults(text);
    if (results !== undefined) return results;
    const fault = "its results: those commits are answered as unknown";
    this.#report.tell({ bucket: this.#bucket, table, row: about, fault });
    return [];
  }
}

const keyOf = (blob: SqlValue | undefined): string => {
  const key = readKey(blob);
  return key === undefined ? blobText(blob) : keyText(key);
};

const blobText = (blob: SqlValue | undefined): string =>
  blob instanceof Uint8Array ? `0x${Buffer.from(blob).toString("hex").slice(0, 200)}` : String(blob);
