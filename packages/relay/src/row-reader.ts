/**
 * Reads the rows of one bucket, and tells of those that cannot be read instead of failing: what waits on one
 * row would else be all that every device of the bucket asks for.
 */
import type { CommitResult } from "@rockpool/model";
import type { DamageReport } from "./damage.ts";
import { keyText } from "./key-text.ts";
import type { RelayEntry } from "./relay-entry.ts";
import { readEntryRow, readResults, rowOf, type SqlValue } from "./sqlite-row.ts";

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

  /** The results that a row keeps; none where they cannot be read, as if they were no longer kept. */
  results(text: SqlValue | undefined, table: "results" | "retried", about: string): readonly CommitResult[] {
    const results = readResults(text);
    if (results !== undefined) return results;
    const fault = "its results: those commits are answered as unknown";
    this.#report.tell({ bucket: this.#bucket, table, row: about, fault });
    return [];
  }
}

const blobText = (blob: SqlValue | undefined): string =>
  blob instanceof Uint8Array ? `0x${Buffer.from(blob).toString("hex").slice(0, 200)}` : String(blob);
