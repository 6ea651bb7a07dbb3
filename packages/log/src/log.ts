/**
 * The contract of a log: one append-only list of rows with the pages, pending records and meta of
 * its last checkpoint, shared by all hosts of a bucket on a device.
 *
 * Appends of all hosts have one serial order (https://jepsen.io/consistency/models/strict-serializable).
 * A row counts once its promise is fulfilled; it is stored whole or not at all. Every promise
 * settles: an abort, an error and a dead handle reject with a KvError whose code says which.
 * What is passed in must not change before the promise settles; what comes out is the caller's.
 */
import type { PackedKey, Position, Versionstamp } from "@rockpool/model";
import type { Meta, Page, PageKey, PendingRecord, Version, VersionsOf } from "./page.ts";
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

/** The addresses of the pages that stood at a checkpoint, as a `start` gave them. */
export interface KnownPages {
  readonly checkpoint: Position;
  readonly pageKeys: readonly PageKey[];
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
  /** For each key asked, its older versions, ascending by versionstamp. */
  readonly versions: readonly (readonly Version[])[];
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
  readonly putVersions: readonly Version[];
  /** Of each of these keys the latest `keep` older versions stay, those of `putVersions` included. */
  readonly trimVersions: readonly (VersionsOf & { readonly keep: number })[];
}

export interface Log extends AsyncDisposable {
  /**
   * All that a replica starts from. The addresses of `known` are given back unread if its checkpoint
   * still stands and no row after it reveals a fill: they are what takes long in a large bucket.
   * @throws KvError "newer-format" | "unavailable" | "closed"
   */
  start(known?: KnownPages): Promise<LogStart>;

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

  /** In one readonly transaction: the rows after `tail`, pages, and older versions of keys. */
  read(tail: Position, ranges: readonly PageRange[], versionsOf?: readonly VersionsOf[]): Promise<LogRead>;

  /** The pages of a generation in which something ends or is forgotten first, by `earliestExpiry`, at most `limit`. */
  pagesByExpiry(generation: number, limit: number): Promise<readonly Page[]>;

  /** The first keys of the pages of a generation that hold an entry later than `since`, ascending by key. */
  pagesChangedSince(generation: number, since: Versionstamp): Promise<readonly PackedKey[]>;

  /**
   * Writes pages of a generation that is being built, all or none; nobody sees them before a `fill`
   * row names it.
   */
  putPages(pages: readonly Page[]): Promise<void>;

  /**
   * Deletes at most `limit` pages and `limit` older versions of a generation that will never be in
   * force again: its pages last, so that `start` names it until nothing of it is left. True then.
   */
  deleteGeneration(generation: number, limit: number): Promise<boolean>;

  /**
   * In one transaction: verifies the base, writes pages, pending records and meta, deletes the rows
   * up to `meta.checkpoint`, and appends a `checkpoint` row. False when the base was not current.
   * `meta.checkpoint` is the position of a row that stands in the log, or the base itself.
   */
  checkpoint(checkpoint: Checkpoint): Promise<boolean>;

  /**
   * Gives up what a full disk makes worth giving up, in a transaction that only deletes: browsers grant
   * those what they refuse to others. False when there was none.
   * - `versions`: the older versions of all keys. - `reserve`: what `keepReserve` put aside.
   */
  giveUp(what: "versions" | "reserve"): Promise<boolean>;

  /** Puts room aside until it is `bytes` at least, about. @throws KvError "quota" when there is not so much */
  keepReserve(bytes: number): Promise<void>;

  /**
   * Lets go of the storage when the page goes: transactions under way end, and calls made from now on
   * wait for `wake`, which does nothing to a log that is awake. Closing ends the wait with `closed`.
   */
  rest(): void;
  wake(): void;

  /** Closes this handle; a call in flight settles first. Closing twice is harmless. */
  close(): Promise<void>;
}
