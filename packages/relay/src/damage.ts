/**
 * What of the relay's file cannot be read, told to the relay's owner: each row once, with what is served in
 * its place and what to do. A file is seldom damaged in one row alone.
 */
import { KvError } from "@rockpool/model";

/** Where the file is damaged. */
export interface DamagedRow {
  readonly bucket: string;
  readonly table: "entries" | "updates" | "results" | "retried";
  /** What the row is about, readably. */
  readonly row: string;
  /** What cannot be read, and what is served in its place. */
  readonly fault: string;
}

const remedy = 'Check the disk; "rockpool-relay restore" puts a backup back';

export class DamageReport {
  readonly #onDamage: (error: KvError) => void;
  readonly #told = new Set<string>();

  constructor(onDamage: (error: KvError) => void) {
    this.#onDamage = onDamage;
  }

  tell({ bucket, table, row, fault }: DamagedRow): void {
    const message = `In the bucket "${bucket}" a row of the table ${table} cannot be read, ${row}: ${fault}. ${remedy}`;
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#onDamage(new KvError("damaged", message));
  }
}

/** A bucket that cannot be served, whatever is asked of it. */
export const damagedBucket = (bucket: string, cause: string): KvError =>
  new KvError(
    "damaged",
    `The bucket "${bucket}" cannot be served, the relay's file is damaged: ${cause}. ${remedy}`,
  );
