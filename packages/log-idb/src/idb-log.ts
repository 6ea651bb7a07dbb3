/**
 * A Log in IndexedDB. Each call is one transaction with an explicit `commit()`, sent with its last
 * request: without it a write can be lost, or wedge the database, when its tab ends.
 * Serial order is IndexedDB's: readwrite transactions on one store run one after another in all tabs.
 */
import type { AppendOptions, Checkpoint, Decision, Log, LogAppend, LogRead, LogStart } from "@rockpool/log";
import type { PageRange, PlacedRow } from "@rockpool/log";
import { KvError } from "@rockpool/model";
import type { Position } from "@rockpool/model";
import { appendDecided, appendGuess } from "./append.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { Connection } from "./connection.ts";
import { readRows, readStart } from "./read.ts";

export interface IdbLogOptions {
  /** Default: the global one. */
  readonly indexedDB?: IDBFactory;
  /** Longest wait for the database to open and answer, in ms, before `unavailable`. Default 5,000. */
  readonly openMsMax?: number;
  /** Longest life of a transaction, in ms, before its handle counts as dead. Default 20,000. */
  readonly transactionMsMax?: number;
}

/**
 * Opens the log of a bucket, and makes its database where there is none.
 * @throws KvError "unavailable" | "newer-format" | "quota" | "corrupt"
 */
export const openIdbLog = async (databaseName: string, options: IdbLogOptions = {}): Promise<Log> => {
  const { indexedDB = globalThis.indexedDB, openMsMax = 5_000, transactionMsMax = 20_000 } = options;
  if (indexedDB === undefined) throw new KvError("unavailable", "There is no IndexedDB here.");
  const connection = new Connection({ databaseName, indexedDB, openMsMax, transactionMsMax });
  await connection.open();
  return new IdbLog(connection);
};

class IdbLog implements Log {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  start(): Promise<LogStart> {
    return this.#connection.run({
      stores: ["log", "pages", "pending", "meta"],
      mode: "readonly",
      durability: "relaxed",
      body: readStart,
    });
  }

  async append(
    tail: Position,
    decide: (missed: readonly PlacedRow[]) => Decision,
    { durability = "relaxed", atLeast }: AppendOptions = {},
  ): Promise<LogAppend> {
    // A position can only be named once the last one is known, so there is nothing to guess then.
    const guess = atLeast === undefined ? decide([]) : undefined;
    return this.#connection.run({
      stores: ["log"],
      mode: "readwrite",
      durability,
      body: (transaction) =>
        guess?.type === "row"
          ? appendGuess(transaction, tail, guess.row, decide)
          : appendDecided(transaction, tail, decide, guess, atLeast),
    });
  }

  read(tail: Position, ranges: readonly PageRange[]): Promise<LogRead> {
    return this.#connection.run({
      // A transaction over "log" alone waits for fewer others.
      stores: ranges.length === 0 ? ["log"] : ["log", "pages"],
      mode: "readonly",
      durability: "relaxed",
      body: (transaction) => readRows(transaction, tail, ranges),
    });
  }

  checkpoint(checkpoint: Checkpoint): Promise<boolean> {
    return this.#connection.run({
      stores: ["log", "pages", "pending", "meta"],
      mode: "readwrite",
      durability: "relaxed",
      body: (transaction) => writeCheckpoint(transaction, checkpoint),
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
