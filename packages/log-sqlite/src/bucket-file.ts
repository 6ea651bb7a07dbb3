/**
 * A bucket's file as this process has it open: one connection, which all of the process share.
 * `node:sqlite` works in the calling thread, so that nothing comes between the statements of a
 * transaction; each transaction waits for a turn of the event loop of its own, or a loop of awaited
 * calls would keep sockets and timers waiting.
 */
import { rmSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { KvError } from "@rockpool/model";
import { pragmaOf } from "./schema.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { faultOf } from "./storage-fault.ts";

export type Durability = "relaxed" | "strict";

/** Files beside a bucket's own that go with it: SQLite's, and the room put aside. */
const suffixes = ["-wal", "-shm", "-journal", "-reserve"] as const;

/** The file whose only use is to be deleted when the disk is full. */
export const reserveFileOf = (file: string): string => `${file}-reserve`;

export class BucketFile {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #inode: number | undefined;
  /** Hear that the bucket is gone for good. */
  readonly #onEnds = new Set<(error: KvError) => void>();
  #durability: Durability = "relaxed";
  #ended: KvError | undefined;

  constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#inode = inodeOf(path);
  }

  /** Runs `work` in one transaction, all or nothing; on a full disk perhaps twice. @throws KvError, or what `work` threw that is no fault of SQLite */
  async write<Result>(
    work: (statements: Statements) => Result,
    durability: Durability = "relaxed",
  ): Promise<Result> {
    await eventLoopTurn();
    this.#assertLive();
    this.#assertInPlace();
    this.#demand(durability);
    try {
      return this.#transact(work);
    } catch (error) {
      // The write-ahead log may have the room that is wanted.
      const isFull = error instanceof KvError && error.code === "quota";
      if (!isFull || !this.#emptyWal()) throw error;
      return this.#transact(work);
    }
  }

  /** Runs `work`, which only reads. @throws as `write` */
  async read<Result>(work: (statements: Statements) => Result): Promise<Result> {
    await eventLoopTurn();
    this.#assertLive();
    try {
      return work(this.#statements);
    } catch (cause) {
      throw faultOf(cause, this.path, "work");
    }
  }

  /**
   * Gives free space of the file back to the disk, piece by piece, until less than half of it is free. A
   * failure is of no account: on a full disk there is no room to make room, and the next call tries again.
   */
  async shrink(): Promise<void> {
    for (let freeBefore = Number.POSITIVE_INFINITY; this.#database.isOpen;) {
      try {
        const pages = pragmaOf(this.#database, "page_count");
        const free = pragmaOf(this.#database, "freelist_count");
        if (free < freePagesMin || free < pages / 2 || free >= freeBefore) return;
        freeBefore = free;
        this.#database.exec(`PRAGMA incremental_vacuum(${freePagesAtOnce})`);
      } catch {
        return this.#rollBack();
      }
      await eventLoopTurn();
    }
  }

  /** Calls back once if the file is destroyed; the result ends that. */
  onEnd(callback: (error: KvError) => void): () => void {
    this.#onEnds.add(callback);
    return () => this.#onEnds.delete(callback);
  }

  /** Deletes the file under all who hold it: each hears of it, and every call fails with `destroyed`. */
  destroy(): void {
    if (this.#ended !== undefined) return;
    this.#ended = destroyedError();
    // With the lock in hand, so that no other process opens what is about to go; Windows deletes no open file.
    this.#leaveWal();
    if (process.platform === "win32") this.close();
    removeFiles(this.path);
    this.close();
    for (const tell of this.#onEnds) tell(this.#ended);
  }

  /** What is written to a file that was deleted is gone with the process: better that it is said. */
  #assertInPlace(): void {
    if (inodeOf(this.path) === this.#inode) return;
    this.#ended = evictedError(this.path);
    for (const tell of this.#onEnds) tell(this.#ended);
    throw this.#ended;
  }

  /** Once more is harmless. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Closing a file in WAL mode deletes its log by name: another's, if a new file has its place by then. */
  #leaveWal(): void {
    try {
      this.#database.exec("PRAGMA journal_mode = DELETE");
    } catch {
      // On a full disk it cannot; all of it goes anyway.
    }
  }

  #transact<Result>(work: (statements: Statements) => Result): Result {
    const { begin, commit } = this.#statements;
    let phase: "work" | "commit" = "work";
    try {
      begin.run();
      const result = work(this.#statements);
      phase = "commit";
      commit.run();
      return result;
    } catch (cause) {
      this.#rollBack();
      throw faultOf(cause, this.path, phase);
    }
  }

  /** Moves the write-ahead log into the file, and gives its room back to the disk. False when the disk is too full. */
  #emptyWal(): boolean {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return true;
    } catch {
      // What stands in the log stands.
      return false;
    }
  }

  #assertLive(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** A commit that was synchronised survives a power cut; any survives the process, since the system has it. */
  #demand(durability: Durability): void {
    if (durability === this.#durability) return;
    this.#database.exec(`PRAGMA synchronous = ${durability === "strict" ? "FULL" : "NORMAL"}`);
    this.#durability = durability;
  }

  /** SQLite has rolled back by itself after some errors, such as a full disk. */
  #rollBack(): void {
    if (this.#database.isTransaction) this.#statements.rollback.run();
  }
}

/** Free pages of 4 KB below which a file is not shrunk, and how many are given back in one turn: some 10 ms of work. */
const freePagesMin = 1024;
const freePagesAtOnce = 128;

/** Deletes a bucket's file and those that go with it. */
export const removeFiles = (file: string): void => {
  for (const suffix of ["", ...suffixes]) rmSync(`${file}${suffix}`, { force: true });
};

const inodeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino;

const destroyedError = (): KvError =>
  new KvError("destroyed", "The bucket was deleted from this device; open it again to begin anew.");

const evictedError = (file: string): KvError =>
  new KvError(
    "evicted",
    `The bucket's file ${file} was deleted or replaced while it was open, and what it held is gone from this device: open it again to begin anew.`,
  );

const eventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
