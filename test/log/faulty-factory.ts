/**
 * An IndexedDB that fails on demand. It opens real databases and plants faults in the handles it
 * gives: one that throws where a transaction begins, or a transaction whose commit goes wrong.
 */
import type { Log } from "@rockpool/log";
import { openIdbLog } from "@rockpool/log-idb";
import type { IdbLogOptions } from "@rockpool/log-idb";

/** What becomes of a write transaction when its commit is asked for. */
export type CommitFault = (commit: PlannedCommit) => void;

export interface PlannedCommit {
  readonly transaction: IDBTransaction;
  /** Commits after all. */
  readonly go: () => void;
  /** Tells whoever listens that the browser closed the handle. */
  readonly tellClosed: () => void;
}

export class FaultyFactory {
  /** Every handle it gave, in order. */
  readonly handles: IDBDatabase[] = [];
  /** How each write transaction was begun and ended. */
  readonly writes: { readonly durability: string | undefined; commits: number }[] = [];
  /** Errors of the next attempts to open, the first one first. */
  readonly openErrors: DOMException[] = [];
  /** The write transaction begun last. */
  lastWrite: IDBTransaction | undefined;
  /** Set: transactions throw it, those of opening excepted. */
  beginError: DOMException | undefined;
  /** Set: takes the place of the next commit of a write transaction. */
  commitFault: CommitFault | undefined;
  /** Tells whoever listens that the browser closed the last handle. */
  tellClosed: () => void = () => {};

  get factory(): IDBFactory {
    return {
      open: (name, version) => this.#open(name, version),
      deleteDatabase: (name) => indexedDB.deleteDatabase(name),
      databases: () => indexedDB.databases(),
      cmp: (first, second) => indexedDB.cmp(first, second),
    };
  }

  get lastHandle(): IDBDatabase {
    const handle = this.handles.at(-1);
    if (handle === undefined) throw new Error("no database was opened");
    return handle;
  }

  #open(name: string, version: number | undefined): IDBOpenDBRequest {
    const error = this.openErrors.shift();
    if (error !== undefined) throw error;
    const request = indexedDB.open(name, version);
    request.addEventListener("success", () => this.#plant(request.result));
    return request;
  }

  #plant(database: IDBDatabase): void {
    this.handles.push(database);
    const tellClosed = interceptClose(database);
    this.tellClosed = tellClosed;
    const begin = database.transaction.bind(database);
    database.transaction = (stores, mode, options) => {
      if (this.beginError !== undefined && String(stores) !== "meta") throw this.beginError;
      const transaction = begin(stores, mode, options);
      if (mode === "readwrite") this.#watch(transaction, options?.durability, tellClosed);
      return transaction;
    };
  }

  #watch(transaction: IDBTransaction, durability: string | undefined, tellClosed: () => void): void {
    const write = { durability, commits: 0 };
    this.writes.push(write);
    this.lastWrite = transaction;
    const go = transaction.commit.bind(transaction);
    transaction.commit = () => {
      write.commits += 1;
      const fault = this.commitFault;
      this.commitFault = undefined;
      if (fault === undefined) go();
      else fault({ transaction, go, tellClosed });
    };
  }
}

/** A log on a factory whose faults are at hand. */
export const openFaulty = async (
  databaseName: string,
  options: IdbLogOptions = {},
): Promise<{ readonly log: Log; readonly faults: FaultyFactory }> => {
  const faults = new FaultyFactory();
  return { faults, log: await openIdbLog(databaseName, { indexedDB: faults.factory, ...options }) };
};

/** What a dead handle throws where a transaction begins. */
export const deadHandleError = (): DOMException =>
  new DOMException("The database connection is closing.", "InvalidStateError");

/** It is undone, with no word why: as when the storage process dies. */
export const abortAtCommit: CommitFault = ({ transaction }) => transaction.abort();

/** The disk is full: the transaction alone says so. */
export const quotaAtCommit: CommitFault = ({ transaction }) => abortForQuota(transaction);

export const abortForQuota = (transaction: IDBTransaction | undefined): void => {
  if (transaction === undefined) throw new Error("there is no transaction to abort");
  Object.defineProperty(transaction, "error", { value: new DOMException("", "QuotaExceededError") });
  transaction.abort();
};

/** It is committed, and throws all the same. */
export const throwAfterCommit: CommitFault = ({ go }) => {
  go();
  throw new DOMException("", "InvalidStateError");
};

/** It is committed, and the handle dies before it could tell. */
export const closeAfterCommit: CommitFault = ({ go, tellClosed }) => {
  go();
  tellClosed();
};

/** Settles as a request does. */
export const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("no error was given")));
  });

/** Holds a readwrite transaction over `store` until the returned function is called. */
export const holdStore = async (name: string, store: string): Promise<() => Promise<void>> => {
  const database = await settled(indexedDB.open(name));
  const transaction = database.transaction(store, "readwrite");
  const ended = new Promise((resolve) => {
    transaction.addEventListener("complete", resolve);
  });
  let isHeld = true;
  const hold = (): void => {
    if (isHeld) transaction.objectStore(store).count().addEventListener("success", hold);
  };
  hold();
  return async () => {
    isHeld = false;
    await ended;
    database.close();
  };
};

/** Returns what calls the listeners of `close`: an event made here is none to every IndexedDB. */
const interceptClose = (database: IDBDatabase): (() => void) => {
  const listeners: (() => void)[] = [];
  const listen = database.addEventListener.bind(database);
  database.addEventListener = (type: string, listener: EventListenerOrEventListenerObject): void => {
    listen(type, listener);
    if (type === "close" && typeof listener === "function") listeners.push(() => listener(new Event(type)));
  };
  return () => {
    for (const tell of listeners) tell();
  };
};
