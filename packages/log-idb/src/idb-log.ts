/**
 * A Log in IndexedDB. Each call is one transaction (an append that guessed wrong, two), and each
 * write sends its `commit()` right behind its last request: without it a write can be lost, or wedge
 * the database, when its tab ends. Serial order is IndexedDB's: readwrite transactions on one store
 * run one after another in all tabs.
 */
import type {
  AppendOptions,
  Checkpoint,
  KnownPages,
  Log,
  LogAppend,
  LogRead,
  LogStart,
  Page,
  PageRange,
  VersionsOf,
} from "@rockpool/log";
import { KvError } from "@rockpool/model";
import type { PackedKey, Position, Versionstamp } from "@rockpool/model";
import { addGuess, appendDecided, settleGuess } from "./append.ts";
import type { Decide } from "./append.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { Connection } from "./connection.ts";
import { deleteGeneration, putPages } from "./generation.ts";
import { giveUp, keepReserve } from "./room.ts";
import { readPagesByExpiry, readPagesChangedSince, readRows, readStart } from "./read.ts";
import type { StoreName } from "./schema.ts";
import type { Body, Durability } from "./transaction.ts";

export interface IdbLogOptions {
  /** Default: the global one. */
  readonly indexedDB?: IDBFactory;
  /** Longest wait for the database to open and answer, in ms, before `stalled`. Default 5,000. */
  readonly openMsMax?: number;
  /** Longest life of a transaction, in ms, before its handle counts as dead. Default 20,000. */
  readonly transactionMsMax?: number;
  /** Hears once that the bucket is gone for good, `evicted` or `destroyed`: every call fails so from then on. */
  readonly onEnd?: (error: KvError) => void;
}

/**
 * Opens the log of a bucket, and makes its database where there is none.
 * @throws KvError "unavailable" | "stalled" | "newer-format" | "quota" | "corrupt"
 */
export const openIdbLog = async (databaseName: string, options: IdbLogOptions = {}): Promise<Log> => {
  const { openMsMax = 5_000, transactionMsMax = 20_000, onEnd = () => {} } = options;
  const indexedDB = options.indexedDB ?? platformFactory();
  const connection = new Connection({ databaseName, indexedDB, openMsMax, transactionMsMax, onEnd });
  await connection.open();
  return new IdbLog(connection);
};

/** Some browsers have none where a site may keep nothing, others throw where it is looked for. */
const platformFactory = (): IDBFactory => {
  let cause: unknown;
  try {
    const { indexedDB } = globalThis;
    // The type does not know of places without one.
    if ((indexedDB as IDBFactory | null | undefined) != null) return indexedDB;
  } catch (error) {
    cause = error;
  }
  throw new KvError("unavailable", "There is no IndexedDB here, or this site may not use it.", { cause });
};

class IdbLog implements Log {
  readonly #connection: Connection;
  /** False while the last append missed rows: a guess is likely wrong then, and costs more than it saves. */
  #isAlone = true;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  start(known?: KnownPages): Promise<LogStart> {
    return this.#call(() =>
      this.#read(["log", "pages", "pending", "meta"], (transaction) => readStart(transaction, known)),
    );
  }

  append(tail: Position, decide: Decide, options: AppendOptions = {}): Promise<LogAppend> {
    return this.#call(() => this.#append(tail, decide, options));
  }

  read(
    tail: Position,
    ranges: readonly PageRange[],
    versionsOf: readonly VersionsOf[] = [],
  ): Promise<LogRead> {
    // A transaction over "log" alone waits for fewer others.
    const stores: StoreName[] = ["log"];
    if (ranges.length > 0) stores.push("pages");
    if (versionsOf.length > 0) stores.push("values");
    return this.#call(() =>
      this.#read(stores, (transaction) => readRows(transaction, tail, ranges, versionsOf)),
    );
  }

  pagesByExpiry(generation: number, limit: number): Promise<readonly Page[]> {
    return this.#call(() =>
      this.#read(["pages"], (transaction) => readPagesByExpiry(transaction, generation, limit)),
    );
  }

  pagesChangedSince(generation: number, since: Versionstamp): Promise<readonly PackedKey[]> {
    return this.#call(() =>
      this.#read(["pages"], (transaction) => readPagesChangedSince(transaction, generation, since)),
    );
  }

  putPages(pages: readonly Page[]): Promise<void> {
    return this.#call(() => this.#write(["pages"], "relaxed", (transaction) => putPages(transaction, pages)));
  }

  deleteGeneration(generation: number, limit: number): Promise<boolean> {
    return this.#call(() =>
      this.#write(["pages", "values"], "relaxed", (transaction) =>
        deleteGeneration(transaction, generation, limit),
      ),
    );
  }

  checkpoint(checkpoint: Checkpoint): Promise<boolean> {
    const stores: readonly StoreName[] = ["log", "pages", "values", "pending", "meta"];
    return this.#call(() =>
      this.#write(stores, "relaxed", (transaction) => writeCheckpoint(transaction, checkpoint)),
    );
  }

  giveUp(what: "versions" | "reserve"): Promise<boolean> {
    return this.#call(() =>
      this.#write(["values", "meta"], "relaxed", (transaction) => giveUp(transaction, what)),
    );
  }

  keepReserve(bytes: number): Promise<void> {
    return this.#call(() =>
      this.#write(["meta"], "relaxed", (transaction) => keepReserve(transaction, bytes)),
    );
  }

  rest(): void {
    this.#connection.rest();
  }

  wake(): void {
    this.#connection.wake();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #append(tail: Position, decide: Decide, options: AppendOptions): Promise<LogAppend> {
    const appended = await this.#appendOnce(tail, decide, options);
    this.#isAlone = appended.missed.length === 0;
    return appended;
  }

  async #appendOnce(
    tail: Position,
    decide: Decide,
    { durability = "relaxed", atLeast }: AppendOptions,
  ): Promise<LogAppend> {
    // With `atLeast` the last position must be known first, so there is nothing to guess.
    const guess = atLeast === undefined && this.#isAlone ? decide([]) : undefined;
    if (guess?.type !== "row") {
      return this.#write(["log"], durability, (transaction) =>
        appendDecided(transaction, tail, decide, guess, atLeast),
      );
    }
    const position = await this.#write(["log"], durability, (transaction) =>
      addGuess(transaction, tail, guess.row),
    );
    if (position === tail + 1) return { missed: [], position, decision: "row" };
    return this.#settleGuess(tail, position, decide, durability);
  }

  async #settleGuess(
    tail: Position,
    position: Position,
    decide: Decide,
    durability: Durability,
  ): Promise<LogAppend> {
    let isVoid = false;
    const decideAgain: Decide = (missed) => {
      isVoid = true;
      return decide(missed);
    };
    try {
      return await this.#write(["log"], durability, (transaction) =>
        settleGuess(transaction, tail, position, decideAgain),
      );
    } catch (cause) {
      if (isVoid || !(cause instanceof KvError)) throw cause;
      throw new KvError("outcome-unknown", "The row was stored, but not where it was to stand.", { cause });
    }
  }

  #call<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#connection.call(work);
  }

  #read<Result>(stores: readonly StoreName[], body: Body<"readonly", Result>): Promise<Result> {
    return this.#connection.run({ stores, mode: "readonly", durability: "relaxed", body });
  }

  #write<Result>(
    stores: readonly StoreName[],
    durability: Durability,
    body: Body<"readwrite", Result>,
  ): Promise<Result> {
    return this.#connection.run({ stores, mode: "readwrite", durability, body });
  }
}
