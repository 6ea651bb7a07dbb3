/**
 * A bucket's file as all of this process have it open: one connection, which holds the file's lock from
 * its first look until the last of them lets go. `node:sqlite` works in the calling thread, so that
 * nothing comes between the statements of a transaction; each transaction waits for a turn of the event
 * loop of its own, or a loop of awaited calls would keep sockets and timers waiting.
 */
import { chmodSync, existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { KvError } from "@rockpool/model";
import { pragmaOf, prepareFile } from "./schema.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { blockedError, faultOf, isHeldByAnother } from "./storage-fault.ts";

export type Durability = "relaxed" | "strict";

/** Somebody's share of an open file. */
export interface HeldFile {
  readonly bucket: BucketFile;
  /** Closes the file behind the last one who holds it. Once more is harmless. */
  readonly release: () => void;
}

/** Files beside a bucket's own that go with it: SQLite's, and the room put aside. */
const suffixes = ["-wal", "-shm", "-journal", "-reserve"] as const;

/** The file whose only use is to be deleted when the disk is full. */
export const reserveFileOf = (file: string): string => `${file}-reserve`;

interface Opening {
  readonly opened: Promise<BucketFile>;
  holders: number;
}

/** By absolute path. */
const openingByFile = new Map<string, Opening>();

/**
 * Opens a bucket's file, made when it is new, or takes a share of it where this process has it open.
 * @throws KvError "blocked" | "unavailable" | "corrupt" | "newer-format" | "quota"
 */
export const holdFile = async (file: string): Promise<HeldFile> => {
  const opening = openingByFile.get(file) ?? { opened: openFile(file), holders: 0 };
  openingByFile.set(file, opening);
  // Before the first wait: whoever closes meanwhile must see that somebody is coming.
  opening.holders++;
  /** True for the last one. */
  const leave = (): boolean => {
    opening.holders--;
    if (opening.holders === 0 && openingByFile.get(file) === opening) openingByFile.delete(file);
    return opening.holders === 0;
  };
  try {
    const bucket = await opening.opened;
    let isHeld = true;
    const release = (): void => {
      const isLast = isHeld && leave();
      isHeld = false;
      if (isLast) bucket.close();
    };
    return { bucket, release };
  } catch (error) {
    leave();
    throw error;
  }
};

export class BucketFile {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /** Hear that the bucket is gone for good. */
  readonly #onEnds = new Set<(error: KvError) => void>();
  #durability: Durability = "relaxed";
  #ended: KvError | undefined;

  constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  /** Runs `work` in one transaction, all or nothing. @throws KvError, or what `work` threw that is no fault of SQLite */
  async write<Result>(
    work: (statements: Statements) => Result,
    durability: Durability = "relaxed",
  ): Promise<Result> {
    await eventLoopTurn();
    this.#assertLive();
    this.#demand(durability);
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
    this.#ended = new KvError(
      "destroyed",
      "The bucket was deleted from this device; open it again to begin anew.",
    );
    openingByFile.delete(this.path);
    // With the lock in hand, so that no other process opens what is about to go; Windows deletes no open file.
    this.#leaveWal();
    if (process.platform === "win32") this.close();
    removeFiles(this.path);
    this.close();
    for (const tell of this.#onEnds) tell(this.#ended);
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

/** Attempts to have a file that another has: two who open it at the same moment can be in each other's way. */
const attemptsMax = 5;
const pauseMsMax = 30;

const openFile = async (file: string): Promise<BucketFile> => {
  for (let attempt = 1; ; attempt++) {
    const { bucket, cause } = tryToOpen(file);
    if (bucket !== undefined) return bucket;
    if (attempt === attemptsMax) throw blockedError(file, cause);
    await new Promise((resolve) => setTimeout(resolve, pauseMsMax * (0.5 + Math.random() / 2)));
  }
};

/** Gives why not, where another has the file or deleted it meanwhile. */
const tryToOpen = (file: string): { readonly bucket?: BucketFile; readonly cause?: unknown } => {
  try {
    const bucket = openNow(file);
    if (existsSync(file)) return { bucket };
    bucket.close();
    return { cause: new Error(`${file} was deleted while it was opened`) };
  } catch (cause) {
    if (isHeldByAnother(cause)) return { cause };
    throw faultOf(cause, file, "open");
  }
};

/**
 * Nothing but SQLite may open the file: closing any handle of it would end the locks that other threads
 * of this process have. @see https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
const openNow = (file: string): BucketFile => {
  const isNew = !existsSync(file);
  const database = new DatabaseSync(file);
  try {
    // Secrets and their key stand in it.
    if (isNew) chmodSync(file, 0o600);
    prepareFile(database, file);
    return new BucketFile(file, database);
  } catch (cause) {
    database.close();
    throw cause;
  }
};

const removeFiles = (file: string): void => {
  for (const suffix of ["", ...suffixes]) rmSync(`${file}${suffix}`, { force: true });
};

const eventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
