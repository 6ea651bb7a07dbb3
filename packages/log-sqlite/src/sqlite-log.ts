/**
 * A Log in an SQLite file. Each call is one transaction in a turn of its own; those of all logs of the
 * process run one after another, and no other process has the file. Reading costs next to nothing here,
 * so an append reads first and decides once: it guesses nothing, and leaves no gaps.
 */
import { resolve } from "node:path";
import {
  type AppendOptions,
  type Checkpoint,
  type Decision,
  type KnownPages,
  type Log,
  type LogAppend,
  type LogRead,
  type LogStart,
  mustKnowFormat,
  type Page,
  type PageKey,
  type PageRange,
  type PendingRecord,
  type PlacedRow,
  type Row,
  stillKnown,
  type Version,
  type VersionsOf,
} from "@rockpool/log";
import { assert, KvError, type PackedKey, type Position, type Versionstamp } from "@rockpool/model";
import { type HeldFile, holdFile } from "./held-file.ts";
import { addRow, lastPosition, readMeta, writeCheckpoint, writePages } from "./checkpoint.ts";
import { decodeRecord } from "./record-codec.ts";
import { dropReserve, writeReserve } from "./reserve.ts";
import { blobToKey, columnsOf, firstColumns, keyToBlob, type Statements } from "./statements.ts";

export interface SqliteLogOptions {
  /** Hears once that the bucket is gone for good, `destroyed`: every call fails so from then on. */
  readonly onEnd?: (error: KvError) => void;
}

/**
 * Opens the log in a file, which is made when it is new; its folder must exist.
 * @throws KvError "blocked" where another process or thread has it open | "unavailable" | "corrupt" | "newer-format" | "quota"
 */
export const openSqliteLog = async (file: string, { onEnd }: SqliteLogOptions = {}): Promise<Log> => {
  const held = await holdFile(resolve(file));
  const stopListening = onEnd === undefined ? ignore : held.bucket.onEnd(onEnd);
  return new SqliteLog(held, stopListening);
};

class SqliteLog implements Log {
  readonly #held: HeldFile;
  readonly #stopListening: () => void;
  readonly #inFlight = new Set<Promise<unknown>>();
  #closed = false;

  constructor(held: HeldFile, stopListening: () => void) {
    this.#held = held;
    this.#stopListening = stopListening;
  }

  start(known?: KnownPages): Promise<LogStart> {
    return this.#read((statements) => {
      const meta = readMeta(statements);
      mustKnowFormat(meta);
      const rows = rowsAfter(statements, 0);
      const pageKeys = stillKnown(known, meta, rows) ?? statements.pageKeys.all().map(pageKeyOf);
      return { meta, pageKeys, pending: recordsIn<PendingRecord>(statements.allPending.all()), rows };
    });
  }

  append(
    tail: Position,
    decide: (missed: readonly PlacedRow[]) => Decision,
    { durability, atLeast = 0 }: AppendOptions = {},
  ): Promise<LogAppend> {
    return this.#write((statements) => {
      const missed = rowsAfter(statements, tail);
      const decision = decide(missed);
      if (decision.type !== "row") return { missed, position: undefined, decision: decision.type };
      const position = Math.max(atLeast, lastPosition(statements) + 1);
      assert(position > tail, `a row at ${position} would stand before the tail ${tail}`);
      addRow(statements, decision.row, position);
      return { missed, position, decision: decision.type };
    }, durability);
  }

  read(
    tail: Position,
    ranges: readonly PageRange[],
    versionsOf: readonly VersionsOf[] = [],
  ): Promise<LogRead> {
    return this.#read((statements) => ({
      missed: rowsAfter(statements, tail),
      pages: ranges.map(({ generation, from, to }) =>
        recordsIn<Page>(statements.pagesInRange.all(generation, keyToBlob(from), keyToBlob(to))),
      ),
      versions: versionsOf.map(({ generation, key }) =>
        recordsIn<Version>(statements.versionsOf.all(generation, keyToBlob(key))),
      ),
    }));
  }

  pagesByExpiry(generation: number, limit: number): Promise<readonly Page[]> {
    return this.#read(({ pagesByExpiry }) => recordsIn<Page>(pagesByExpiry.all(generation, limit)));
  }

  pagesChangedSince(generation: number, since: Versionstamp): Promise<readonly PackedKey[]> {
    return this.#read(({ pagesChangedSince }) =>
      firstColumns(pagesChangedSince.all(generation, since)).map(blobToKey),
    );
  }

  putPages(pages: readonly Page[]): Promise<void> {
    return this.#write((statements) => writePages(statements, pages));
  }

  deleteGeneration(generation: number, limit: number): Promise<boolean> {
    return this.#writeAndShrink(({ dropVersions, hasVersions, dropPages, countPages }) => {
      dropVersions.run(generation, limit);
      if (isTrue(hasVersions.get(generation))) return false;
      dropPages.run(generation, limit);
      return Number(columnsOf(countPages.get(generation))[0]) === 0;
    });
  }

  checkpoint(checkpoint: Checkpoint): Promise<boolean> {
    return this.#writeAndShrink((statements) => writeCheckpoint(statements, checkpoint));
  }

  async giveUp(what: "versions" | "reserve"): Promise<boolean> {
    return what === "versions"
      ? this.#write(({ clearVersions }) => Number(clearVersions.run().changes) > 0)
      : this.#read(() => dropReserve(this.#held.bucket.path));
  }

  keepReserve(bytes: number): Promise<void> {
    return this.#read(() => writeReserve(this.#held.bucket.path, bytes));
  }

  /** There are no pages in Node that go and come back. */
  rest(): void {}

  wake(): void {}

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#inFlight);
    this.#stopListening();
    this.#held.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read<Result>(work: (statements: Statements) => Result): Promise<Result> {
    return this.#call(() => this.#held.bucket.read(work));
  }

  #write<Result>(
    work: (statements: Statements) => Result,
    durability?: AppendOptions["durability"],
  ): Promise<Result> {
    return this.#call(() => this.#held.bucket.write(work, durability));
  }

  /** As `#write`, for what may leave much of the file free. */
  #writeAndShrink<Result>(work: (statements: Statements) => Result): Promise<Result> {
    const { bucket } = this.#held;
    return this.#call(async () => {
      const result = await bucket.write(work);
      await bucket.shrink();
      return result;
    });
  }

  #call<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(new KvError("closed", "The log was closed."));
    const call = run();
    this.#inFlight.add(call);
    const forget = (): boolean => this.#inFlight.delete(call);
    call.then(forget, forget);
    return call;
  }
}

const rowsAfter = ({ rowsAfter }: Statements, tail: Position): readonly PlacedRow[] =>
  rowsAfter.all(tail).map((found) => {
    const [row, position] = columnsOf(found);
    return { ...(decodeRecord(row as Uint8Array) as Row), position: position as Position };
  });

const recordsIn = <Record>(rows: readonly unknown[]): readonly Record[] =>
  firstColumns(rows).map((bytes) => decodeRecord(bytes as Uint8Array) as Record);

const pageKeyOf = (row: unknown): PageKey => {
  const [generation, first] = columnsOf(row);
  return { generation: generation as number, first: blobToKey(first) };
};

const isTrue = (row: unknown): boolean => columnsOf(row)[0] === 1;

const ignore = (): void => {};
