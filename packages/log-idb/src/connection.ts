/**
 * The connection of one log to its database. Handles die under a page (cleared data, a crashed
 * storage process, a deletion by another tab): a dead one is dropped and another opened, at most
 * `reopensMax` times without a transaction that ended well in between. What had not been committed
 * for certain is run again, once; what may have been is `outcome-unknown`.
 * @see https://github.com/Expensify/App/issues/87864 how often handles die in the field
 */
import { KvError } from "@rockpool/model";
import { deletedError, openDatabase } from "./open-database.ts";
import type { Handle } from "./open-database.ts";
import { faultOf } from "./storage-fault.ts";
import { runTransaction } from "./transaction.ts";
import type { TransactionPlan } from "./transaction.ts";
import { Watchdog } from "./watchdog.ts";

/** Attempts to open a database in a row, without a transaction that ended well in between. */
export const opensMax = 3;

export interface ConnectionOptions {
  readonly databaseName: string;
  readonly indexedDB: IDBFactory;
  readonly openMsMax: number;
  readonly transactionMsMax: number;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #watchdog: Watchdog;
  readonly #inFlight = new Set<Promise<unknown>>();
  #opening: Promise<Handle> | undefined;
  /** Of the first handle; those after it must be of the same database. */
  #identity: unknown;
  #opens = 0;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog(options.transactionMsMax);
  }

  /** Opens the first handle. @throws KvError "unavailable" | "newer-format" | "quota" | "corrupt" */
  async open(): Promise<void> {
    await this.#currentHandle();
  }

  /** Lets `work` run its transactions; it is in flight until it settles. @throws KvError "closed" */
  call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(new KvError("closed", "The log was closed."));
    const call = work();
    this.#inFlight.add(call);
    const forget = (): boolean => this.#inFlight.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Runs a transaction to its end. Rejects with a KvError, or with what is no fault of the storage. */
  async run<Mode extends IDBTransactionMode, Result>(plan: TransactionPlan<Mode, Result>): Promise<Result> {
    for (let isRetry = false; ; isRetry = true) {
      const handle = await this.#currentHandle();
      const end = await runTransaction(handle, plan, this.#watchdog);
      if (end.type === "refused") throw end.error;
      if (end.type === "done") {
        this.#opens = 0;
        return end.result;
      }
      await this.#drop(handle);
      if (end.mayBeCommitted) throw outcomeUnknownError(end.cause);
      if (isRetry) throw lostError(end.cause);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#inFlight);
    this.#watchdog.stop();
    const opening = this.#opening;
    this.#opening = undefined;
    await opening?.then(({ database }) => database.close(), ignore);
  }

  #currentHandle(): Promise<Handle> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#open();
    this.#opening = opening;
    // The next call tries anew.
    opening.catch(() => this.#forget(opening));
    return opening;
  }

  async #drop(handle: Handle): Promise<void> {
    handle.database.close();
    const opening = this.#opening;
    // Another call may have replaced it by now.
    if (opening !== undefined && (await opening.catch(ignore)) === handle) this.#forget(opening);
  }

  #forget(opening: Promise<Handle>): void {
    if (this.#opening === opening) this.#opening = undefined;
  }

  async #open(): Promise<Handle> {
    const { databaseName, indexedDB, openMsMax } = this.#options;
    const isFirst = this.#identity === undefined;
    let lastCause: unknown;
    while (this.#opens < opensMax) {
      this.#opens += 1;
      try {
        const handle = await openDatabase({ databaseName, indexedDB, mayCreate: isFirst, msMax: openMsMax });
        return this.#identified(handle);
      } catch (cause) {
        const fault = faultOf(cause);
        if (fault.type === "refused") throw fault.error;
        lastCause = fault.cause;
      }
    }
    throw isFirst ? unavailableError(lastCause) : lostError(lastCause);
  }

  #identified(handle: Handle): Handle {
    this.#identity ??= handle.identity;
    if (handle.identity === this.#identity) return handle;
    handle.database.close();
    throw deletedError();
  }
}

const unavailableError = (cause: unknown): KvError =>
  new KvError("unavailable", `IndexedDB did not open the bucket in ${opensMax} attempts.`, { cause });

const lostError = (cause: unknown): KvError =>
  new KvError("lost-connection", "The connection to IndexedDB was lost; nothing was written.", { cause });

const outcomeUnknownError = (cause: unknown): KvError =>
  new KvError("outcome-unknown", "The connection to IndexedDB was lost while it committed.", { cause });

const ignore = (): void => {};
