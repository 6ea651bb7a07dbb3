/**
 * The relay's own engine: one SQLite file in WAL mode with synchronous=FULL, so a commit that was
 * acknowledged survives a power cut. `node:sqlite` works in the calling thread: every method does
 * its work in one go, and nothing comes in between. A row that cannot be read stops nothing but itself.
 */
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import {
  assert,
  isStamp,
  KvError,
  rangesOfScope,
  type CommitName,
  type PackedKey,
  type Patch,
  type ReplicaId,
  type Revision,
  type Stamp,
  zeroStamp,
} from "@rockpool/model";
import type { DocumentRules } from "./document-rules.ts";
import type { DocumentBase } from "./compaction.ts";
import type {
  BucketState,
  Compaction,
  Engine,
  EntryReading,
  Page,
  PageQuery,
  PatchQuery,
  RuledTurn,
  Sweep,
  SweepOptions,
  Turn,
} from "./engine.ts";
import { DamageReport, damagedBucket } from "./damage.ts";
import type { EngineOptions } from "./memory-engine.ts";
import { PagePart } from "./page-part.ts";
import { PatchPart } from "./patch-part.ts";
import { RowReader } from "./row-reader.ts";
import { SqliteDocuments } from "./sqlite-documents.ts";
import { addResults, keepResults, KeptResults } from "./sqlite-results.ts";
import { isCount, keyToBlob, rowOf, writeEntryRow, type SqlValue } from "./sqlite-row.ts";
import { prepareSchema } from "./sqlite-schema.ts";
import { prepareStatements, type Statements } from "./sqlite-statements.ts";
import { sweepBucket } from "./sqlite-sweep.ts";
import { ruleTurn, type TurnOutcome } from "./turn.ts";
import { yjsDocuments } from "./yjs-documents.ts";

/**
 * Opens or makes the file. One relay at a time may have it open; any tool may read it meanwhile.
 * @throws KvError "newer-format" | "unavailable"
 */
export const openSqliteEngine = async (file: string, options: SqliteEngineOptions = {}): Promise<Engine> =>
  new SqliteEngine(
    openDatabase(file),
    options.randomId ?? (() => crypto.randomUUID()),
    new DamageReport(options.onDamage ?? ((error) => process.emitWarning(error))),
    options.documents ?? yjsDocuments,
  );

export interface SqliteEngineOptions extends EngineOptions {
  /**
   * Hears once of each row that cannot be read (code "damaged"), with bucket, table and key; the rest is
   * served. Without it they are warnings of the process.
   */
  readonly onDamage?: (error: KvError) => void;
}

interface OpenBucket extends Pick<BucketState, "epoch" | "epochs"> {
  readonly id: number;
  readonly rows: RowReader;
  readonly documents: SqliteDocuments;
}

class SqliteEngine implements Engine {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #randomId: () => string;
  readonly #report: DamageReport;
  readonly #documents: DocumentRules;
  readonly #bucketByName = new Map<string, OpenBucket>();

  constructor(
    database: DatabaseSync,
    randomId: () => string,
    report: DamageReport,
    documents: DocumentRules,
  ) {
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#randomId = randomId;
    this.#report = report;
    this.#documents = documents;
  }

  async openBucket(name: string): Promise<BucketState> {
    this.#assertOpen();
    const { epoch, epochs, id } = this.#bucketByName.get(name) ?? this.#beginEpoch(name);
    const { head, floor } = this.#heights(name, id);
    return { epoch, epochs, head, floor };
  }

  async rule(name: string, turn: Turn): Promise<RuledTurn> {
    const { id, epochs, rows, documents } = this.#mustGetBucket(name);
    return this.#inTransaction(name, "BEGIN IMMEDIATE", () => {
      const kept = new KeptResults(this.#statements, id, rows);
      const { head, stampFloor } = this.#heights(name, id);
      const outcome = ruleTurn(
        {
          head,
          stampFloor,
          epochs,
          documents: this.#documents,
          entry: (key: PackedKey) => documents.entry(key),
          host: (host: string) => kept.host(host),
          result: (commit: CommitName) => kept.result(commit),
        },
        turn,
      );
      this.#keep(id, outcome, turn.nowMs);
      documents.keep(outcome);
      return outcome.ruled;
    });
  }

  async readPatch(name: string, replica: ReplicaId, from: Revision, query: PatchQuery): Promise<Patch> {
    const { id, rows, documents } = this.#mustGetBucket(name);
    const { entriesAfter, resultsAfter } = this.#statements;
    return this.#inTransaction(name, "BEGIN", () => {
      const part = new PatchPart(query);
      const changedAfter = Math.max(from, query.entriesAfter ?? 0);
      part.addChanges(
        rows.entries(entriesAfter.iterate(id, changedAfter)),
        documents.updatesAfter(changedAfter),
      );
      addResults(part, from, resultsAfter.iterate(id, replica, from), rows);
      return part.finish(from, this.#heights(name, id).head, (key) => documents.entry(key));
    });
  }

  async readPage(name: string, { scope, after, ...size }: PageQuery): Promise<Page> {
    const { id, rows, documents } = this.#mustGetBucket(name);
    const { entriesInRange } = this.#statements;
    return this.#inTransaction(name, "BEGIN", () => {
      const part = new PagePart(size, (key) => documents.updatesOf(key));
      const { head } = this.#heights(name, id);
      for (const { start, end } of rangesOfScope(scope)) {
        // The least key behind `after` is itself and a zero byte.
        const first = after < start ? start : (`${after}\0` as PackedKey);
        for (const entry of rows.entries(entriesInRange.iterate(id, keyToBlob(first), keyToBlob(end)))) {
          if (!part.addEntry(entry)) return part.finish(head, false);
        }
      }
      return part.finish(head, true);
    });
  }

  async readEntry(name: string, key: PackedKey): Promise<EntryReading> {
    const { id, documents } = this.#mustGetBucket(name);
    return this.#inTransaction(name, "BEGIN", () => {
      const entry = documents.entry(key);
      const updates = entry?.document === undefined ? [] : documents.updatesOf(key);
      return { entry, updates, head: this.#heights(name, id).head };
    });
  }

  async compact(name: string): Promise<Compaction> {
    const { documents } = this.#mustGetBucket(name);
    const task = this.#inTransaction(name, "BEGIN", () => documents.nextTask());
    if (task === undefined) return { isCompacted: false, isDone: true };
    let base: DocumentBase;
    try {
      base = await documents.createBase(task, this.#documents);
    } catch (fault) {
      return { isCompacted: false, isDone: false, fault };
    }
    // Others get their turn: what they change is seen below.
    await setImmediate();
    this.#assertOpen();
    const isCompacted = this.#inTransaction(name, "BEGIN IMMEDIATE", () => documents.keepBase(task, base));
    return { isCompacted, isDone: false };
  }

  async sweep(name: string, options: SweepOptions): Promise<Sweep> {
    const { id, rows } = this.#mustGetBucket(name);
    return this.#inTransaction(name, "BEGIN IMMEDIATE", () =>
      sweepBucket(this.#statements, { id, rows, ...this.#heights(name, id) }, options),
    );
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #beginEpoch(name: string): OpenBucket {
    const { addBucket, getBucket, addEpoch, allEpochs } = this.#statements;
    const bucket = this.#inTransaction(name, "BEGIN IMMEDIATE", () => {
      addBucket.run(name);
      const [id] = rowOf(getBucket.get(name)) as [number];
      const { head } = this.#heights(name, id);
      const epoch = this.#randomId();
      addEpoch.run(id, epoch, head + 1);
      const epochs = allEpochs.all(id).map((row) => {
        const [listed, firstRevision] = rowOf(row);
        if (typeof listed !== "string" || !isCount(firstRevision)) {
          throw damagedBucket(name, "one of its epochs cannot be read");
        }
        return { epoch: listed, firstRevision };
      });
      const rows = new RowReader(name, this.#report);
      return { id, epoch, epochs, rows, documents: new SqliteDocuments(this.#statements, id, rows) };
    });
    this.#bucketByName.set(name, bucket);
    return bucket;
  }

  #keep(id: number, { ruled, results }: TurnOutcome, nowMs: number): void {
    const { putEntry, setHead } = this.#statements;
    for (const entry of ruled.changed) putEntry.run(id, ...writeEntryRow(entry));
    keepResults(this.#statements, { bucket: id, turn: ruled.to, ruledMs: Math.trunc(nowMs), results });
    if (ruled.to > ruled.from) setHead.run(ruled.to, id);
  }

  #heights(
    name: string,
    id: number,
  ): { readonly head: Revision; readonly floor: Revision; readonly stampFloor: Stamp } {
    const [head, floor, stampFloor] = rowOf(this.#statements.getHead.get(id));
    const isRead = isRevision(head) && isRevision(floor) && (stampFloor === null || isStamp(stampFloor));
    if (!isRead) throw damagedBucket(name, "how far its history goes cannot be read");
    return { head, floor, stampFloor: stampFloor ?? zeroStamp };
  }

  #inTransaction<Result>(name: string, begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => Result): Result {
    this.#database.exec(begin);
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back on its own after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw isDamage(error) ? damagedBucket(name, error.message) : error;
    }
  }

  #mustGetBucket(name: string): OpenBucket {
    this.#assertOpen();
    const bucket = this.#bucketByName.get(name);
    assert(bucket !== undefined, `bucket ${name} is not open`);
    return bucket;
  }

  #assertOpen(): void {
    if (!this.#database.isOpen) throw new KvError("closed", "The engine was closed; open another one");
  }
}

const isRevision = (value: SqlValue | undefined): value is Revision => value === 0 || isCount(value);

/** Source: sqlite.org/rescode.html; the low byte of an extended code. */
const sqliteCorrupt = 11;

/** True where SQLite itself finds the file damaged, not one row of ours. */
const isDamage = (error: unknown): error is Error =>
  error instanceof Error &&
  "errcode" in error &&
  typeof error.errcode === "number" &&
  error.errcode % 256 === sqliteCorrupt;

const openDatabase = (file: string): DatabaseSync => {
  try {
    const database = new DatabaseSync(file, { timeout: busyMsMax });
    database.exec(pragmas);
    prepareSchema(database);
    return database;
  } catch (cause) {
    if (cause instanceof KvError) throw cause;
    throw new KvError("unavailable", `The relay's file ${file} cannot be opened: ${String(cause)}`, {
      cause,
    });
  }
};

/** How long another process (a backup, a tool) may hold the file, in ms. */
const busyMsMax = 5000;

/** A checkpoint every 4,096 pages (16 MB) costs less than one every thousand. */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 4096;
  PRAGMA cache_size = -16384;
`;
