/**
 * Makes a backup of a bucket while it is written to. What stands is read in pieces, each at a state
 * of its own; then what changed meanwhile is read again, until nothing is left that changed since:
 * what was read by then, later readings first, is one state of the bucket, named in the last line.
 * Nothing is read before it is asked for.
 */
import {
  createChecksum,
  lastVersionstampOf,
  type PackedKey,
  type PackedRange,
  packedPrefixRange,
  type Versionstamp,
} from "@rockpool/model";
import {
  isPresent,
  type ListedEntry,
  type Pages,
  type ReplicaState,
  type RowEffect,
  type Scanned,
  scanRange,
  viewOf,
} from "@rockpool/replica";
import { writeEnd, writeEntry, writeHeader, writeRestart } from "./backup-format.ts";
import type { Transferred } from "./transfer-api.ts";
import type { Ledger } from "../ledger.ts";

export interface BackupOptions {
  readonly ledger: Ledger;
  readonly bucket: string;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  /** Entries read at a time, at most. */
  readonly pieceEntries?: number;
}

/** What one look at the bucket came to. */
interface Look {
  readonly entries: readonly ListedEntry[];
  readonly replacements: number;
  /** Set when with these entries all is read: the state they come to. */
  readonly complete: Versionstamp | undefined;
}

const pieceEntriesDefault = 512;
const pieceBytes: number = 256 * 1024;
const piecePages = 32;
const everything = packedPrefixRange("" as PackedKey);

export class Backup {
  readonly #its: BackupOptions;
  readonly #checksum = createChecksum();
  /** Where the reading of what stands goes on; null when it is through. Keys before it were read. */
  #next: PackedKey | null = everything.start;
  /** Set when rows were missed: what was read is gone through again for what they changed. */
  #missed: { readonly since: Versionstamp } | undefined;
  /** Keys that were read and have changed since. */
  readonly #dirty = new Set<PackedKey>();
  /** How many times everything was replaced. */
  #replacements = 0;
  #corrections: number;
  #told = 0;
  #lines = 0;
  #entries = 0;
  #isBegun = false;

  constructor(its: BackupOptions) {
    this.#its = its;
    this.#corrections = this.#pieceEntries;
  }

  onRow({ changed, replaced }: RowEffect): void {
    if (replaced === true) return this.#startAgain();
    for (const key of changed) if (this.#next === null || key < this.#next) this.#dirty.add(key);
  }

  onGap(since: Versionstamp): void {
    const before = this.#missed?.since ?? since;
    this.#missed = { since: before < since ? before : since };
  }

  /** The next part; the caller asks no more after the last one. @throws KvError as a read does */
  async next(): Promise<Transferred> {
    const lines: string[] = [];
    if (!this.#isBegun) {
      const { bucket, readClock, ledger } = this.#its;
      lines.push(writeHeader({ bucket, createdAt: readClock(), settings: ledger.state.settings }));
    }
    while (this.#missed !== undefined) await this.#findMissed(this.#missed);
    const { entries, replacements, complete } = await this.#look();
    if (replacements !== this.#told && this.#lines > 0) lines.push(writeRestart());
    this.#told = replacements;
    const nowMs = this.#its.readClock();
    for (const { key, view } of entries) {
      const { value, expireAt } = view;
      if (!isPresent(view, nowMs) || value === undefined) lines.push(writeEntry({ key }));
      else lines.push(writeEntry({ key, value, ...(expireAt === undefined ? {} : { expireAt }) }));
    }
    this.#lines += lines.length - (this.#isBegun ? 0 : 1);
    this.#entries += entries.length;
    this.#isBegun = true;
    const bytes = encode(lines);
    this.#checksum.add(bytes);
    if (complete === undefined) return { bytes, entries: this.#entries, done: false };
    const end = { lines: this.#lines, versionstamp: complete, sha256: this.#checksum.digest() };
    return { bytes: encode([...lines, writeEnd(end)]), entries: this.#entries, done: true };
  }

  get #pieceEntries(): number {
    return this.#its.pieceEntries ?? pieceEntriesDefault;
  }

  #startAgain(): void {
    this.#replacements++;
    this.#next = everything.start;
    this.#missed = undefined;
    this.#dirty.clear();
  }

  /** Reads on, or again what has changed. What that leaves to do is noted at the state it was read at. */
  #look(): Promise<Look> {
    const { ledger } = this.#its;
    const [next, replacements] = [this.#next, this.#replacements];
    const taken = new Set<PackedKey>();
    // Twice as much as the last time, so that no writer is too fast for it.
    if (next === null) this.#corrections *= 2;
    return ledger.read(true, (state, pages) => {
      // A run that is void has moved on where it should not have.
      const from = this.#replacements === replacements ? next : everything.start;
      const entries = from === null ? this.#readAgain(state, pages, taken) : this.#readOn(state, pages, from);
      const isAll = this.#next === null && this.#missed === undefined && this.#dirty.size === 0;
      const complete = isAll ? lastVersionstampOf(state.tail) : undefined;
      return { entries, replacements: this.#replacements, complete };
    });
  }

  #readOn(state: ReplicaState, pages: Pages, from: PackedKey): readonly ListedEntry[] {
    const { entries, rest } = this.#scan(state, pages, { ...everything, start: from });
    this.#next = rest;
    const nowMs = this.#its.readClock();
    return entries.filter(({ view }) => isPresent(view, nowMs));
  }

  #readAgain(state: ReplicaState, pages: Pages, taken: Set<PackedKey>): readonly ListedEntry[] {
    for (const key of this.#dirty) {
      if (taken.size >= this.#corrections) break;
      taken.add(key);
      this.#dirty.delete(key);
    }
    return Array.from(taken, (key) => ({ key, view: viewOf(state, pages, key) }));
  }

  /** Goes through the keys that were read for those that have changed since. */
  async #findMissed(missed: { readonly since: Versionstamp }): Promise<void> {
    const end = this.#next ?? everything.end;
    for (let next: PackedKey | null = everything.start; next !== null && this.#missed === missed;) {
      const start: PackedKey = next;
      const { entries, rest, isLost } = await this.#its.ledger.read(true, (state, pages) => ({
        ...this.#scan(state, pages, { ...everything, start, end }),
        isLost: state.revealed > missed.since || state.forgotten > missed.since,
      }));
      // What replaced everything, and deletions that nothing tells of any more, were missed for good.
      if (isLost && this.#missed === missed) return this.#startAgain();
      for (const { key, view } of entries) if (view.versionstamp > missed.since) this.#dirty.add(key);
      next = rest;
    }
    if (this.#missed === missed) this.#missed = undefined;
  }

  /** What stands under the first keys of a range, deletions too. */
  #scan(state: ReplicaState, pages: Pages, range: PackedRange): Scanned {
    const limits = { entries: this.#pieceEntries, bytes: pieceBytes, pages: piecePages };
    return scanRange(
      state,
      pages,
      range,
      () => true,
      (key) => [viewOf(state, pages, key)],
      limits,
    );
  }
}

const encode = (lines: readonly string[]): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
