/**
 * The contract of a log: one append-only list of rows with the pages, pending records and meta of
 * its last checkpoint, shared by all hosts of a bucket on a device.
 *
 * Appends of all hosts have one serial order (https://jepsen.io/consistency/models/strict-serializable).
 * A row counts once its promise is fulfilled; it is stored whole or not at all. Every promise
 * settles: an abort, an error and a dead handle reject with a KvError whose code says which.
 * What is passed in must not change before the promise settles; what comes out is the caller's.
 */
import type { PackedKey, Position } from "@rockpool/model";
import type { Meta, Page, PageKey, PendingRecord } from "./page.ts";
import type { PlacedRow, Row } from "./row.ts";

/** What a replica starts from, read in one transaction. */
export interface LogStart {
  /** Undefined in a bucket that never had a checkpoint. */
  readonly meta: Meta | undefined;
  /** Addresses of all pages, ascending by generation, then key. */
  readonly pageKeys: readonly PageKey[];
  readonly pending: readonly PendingRecord[];
  /** Every row of the log, ascending. */
  readonly rows: readonly PlacedRow[];
}

/** Pages asked of `read`: those of `generation` whose `first` lies in [from, to], both inclusive. */
export interface PageRange {
  readonly generation: number;
  readonly from: PackedKey;
  readonly to: PackedKey;
}

export interface LogRead {
  /** The rows after the tail the reader named, ascending. */
  readonly missed: readonly PlacedRow[];
  /** For each range asked, its pages, ascending by key. */
  readonly pages: readonly (readonly Page[])[];
}

/** - `row`: append it. - `none`: append nothing. - `retry`: give up, the caller must catch up first. */
export type Decision =
  | { readonly type: "row"; readonly row: Row }
  | { readonly type: "none" }
  | { readonly type: "retry" };

export interface AppendOptions {
  /** "strict" also survives a power cut. Default "relaxed": survives a crash of the browser. */
  readonly durability?: "relaxed" | "strict";
  /**
   * The row is placed at this position or later. A host's first append names now in ms × 1024, so
   * that a position lost with the power is never given again.
   */
  readonly atLeast?: Position;
}

export interface LogAppend {
  /** The rows that stood after the tail the caller named. */
  readonly missed: readonly PlacedRow[];
  /** Where the row was placed; undefined when none was. */
  readonly position: Position | undefined;
  readonly decision: Decision["type"];
}

/** What a checkpoint at `meta.checkpoint` writes, in one transaction. */
export interface Checkpoint {
  /** The checkpoint it began from; if meta names another by now, nothing is written. */
  readonly base: Position;
  readonly meta: Meta;
  readonly putPages: readonly Page[];
  readonly deletePages: readonly PageKey[];
  readonly putPending: readonly PendingRecord[];
  readonly deletePending: readonly Position[];
}

export interface Log extends AsyncDisposable {
  /** All that a replica starts from. @throws KvError "newer-format" | "unavailable" | "closed" */
  start(): Promise<LogStart>;

  /**
   * In one readwrite transaction: reads the rows after `tail`, calls `decide` with them and adds
   * the row it returns. `decide` is synchronous and may be called more than once, first with no rows as
   * a guess, then with those that were missed; only the last call counts. It must not throw.
   * A tail is 0, the checkpoint, or the position of a row that was read or placed here; nothing else
   * tells what was missed. A row that would not stand after it is refused.
   * @throws KvError "quota" | "lost-connection" | "outcome-unknown" | "closed"
   */
  append(
    tail: Position,
    decide: (missed: readonly PlacedRow[]) => Decision,
    options?: AppendOptions,
  ): Promise<LogAppend>;

  /** In one readonly transaction: the rows after `tail`, and pages. */
  read(tail: Position, ranges: readonly PageRange[]): Promise<LogRead>;

  /**
   * In one transaction: verifies the base, writes pages, pending records and meta, deletes the rows
   * up to `meta.checkpoint`, and appends a `checkpoint` row. False when the base was not current.
   * `meta.checkpoint` is the position of a row that stands in the log, or the base itself.
   */
  checkpoint(checkpoint: Checkpoint): Promise<boolean>;

  /** Closes this handle; a call in flight settles first. Closing twice is harmless. */
  close(): Promise<void>;
}
