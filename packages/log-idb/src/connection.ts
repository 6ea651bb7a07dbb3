/**
 * The connection of one log to its database. Handles die under a page (cleared data, a crashed
 * storage process, a deletion by another tab): a dead one is dropped and another opened, at most
 * `opensMax` times without a transaction that ended well in between. What had not been committed
 * for certain is run again, once; what may have been is `outcome-unknown`. A database that is gone, or
 * another one in its place, is the end: its bucket was evicted.
 * @see https://github.com/Expensify/App/issues/87864 how often handles die in the field
 */
import { KvError } from "@rockpool/model";
import { evictedError, openDatabase } from "./open-database.ts";
import type { Handle } from "./open-database.ts";
import { faultOf } from "./storage-fault.ts";
import { commit, runTransaction } from "./transaction.ts";
import type { TransactionPlan } from "./transaction.ts";
import { isSilence, Watchdog } from "./watchdog.ts";

/** Attempts to open a database in a row, without a transaction that ended well in between. */
export const opensMax = 3;

export interface ConnectionOptions {
  readonly databaseName: string;
  readonly indexedDB: IDBFactory;
  readonly openMsMax: number;
  readonly transactionMsMax: number;
  /** Hears once that the bucket is gone for good, and why. */
  readonly onEnd: (error: KvError) => void;
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
  #resting: Gate | undefined;
  /** Set once the database is gone for good. */
  #ended: KvError | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog(options.transactionMsMax);
  }

  /** Opens the first handle. @throws KvError "unavailable" | "stalled" | "newer-format" | "quota" | "corrupt" */
  async open(): Promise<void> {
    await this.#currentHandle();
  }

  /** Lets `work` run its transactions; it is in flight until it settles. @throws KvError "closed" */
  call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError());
    const call = work();
    this.#inFlight.add(call);
    const forget = (): boolean => this.#inFlight.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Runs a transaction to its end. Rejects with a KvError, or with what is no fault of the storage. */
  async run<Mode extends IDBTransactionMode, Result>(plan: TransactionPlan<Mode, Result>): Promise<Result> {
    for (let isRetry = false; ; isRetry = true) {
      await this.#resting?.passed;
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

  /** Closes the handle behind the transactions under way; the others wait for `wake`. */
  rest(): void {
    if (this.#closed || this.#resting !== undefined) return;
    this.#resting = createGate();
    const opening = this.#opening;
    this.#opening = undefined;
    opening?.then(({ database }) => database.close(), ignore);
  }

  wake(): void {
    this.#resting?.open();
    this.#resting = undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Those that wait have begun nothing.
    this.#resting?.refuse(closedError());
    this.#resting = undefined;
    await Promise.allSettled(this.#inFlight);
    this.#watchdog.stop();
    const opening = this.#opening;
    this.#opening = undefined;
    await opening?.then(({ database }) => database.close(), ignore);
  }

  #currentHandle(): Promise<Handle> {
    // Another handle would wait behind the deletion, and then be one of nothing.
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
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
        const handle = await openDatabase({
          databaseName,
          indexedDB,
          mayCreate: isFirst,
          msMax: openMsMax,
          onDeletion: () => this.#end(destroyedError()),
        });
        return this.#identified(handle);
      } catch (cause) {
        const fault = faultOf(cause);
        if (fault.type === "refused") throw this.#endedBy(fault.error);
        lastCause = fault.cause;
      }
    }
    throw isFirst ? unavailableError(lastCause) : lostError(lastCause);
  }

  #identified(handle: Handle): Handle {
    this.#identity ??= handle.identity;
    if (handle.identity !== this.#identity) {
      handle.database.close();
      throw evictedError();
    }
    handle.lost.addEventListener("abort", () => this.#probe(), { once: true });
    return handle;
  }

  /** Browsers close the handles of a database they delete, and of one whose storage crashed: looks which it was. */
  #probe(): void {
    if (this.#closed) return;
    const probe = {
      stores: ["meta"],
      mode: "readonly",
      durability: "relaxed",
      body: async () => commit(undefined),
    } as const;
    // What it meets, the next call meets too; an eviction is told by then.
    this.call(() => this.run(probe)).catch(ignore);
  }

  #endedBy(error: unknown): unknown {
    if (error instanceof KvError && error.code === "evicted") this.#end(error);
    return this.#ended ?? error;
  }

  #end(error: KvError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#options.onEnd(error);
  }
}

/** What calls wait at while the connection rests. */
interface Gate {
  readonly passed: Promise<void>;
  readonly open: () => void;
  readonly refuse: (error: KvError) => void;
}

const createGate = (): Gate => {
  let [open, refuse]: [() => void, (error: KvError) => void] = [ignore, ignore];
  const passed = new Promise<void>((resolve, reject) => {
    [open, refuse] = [resolve, reject];
  });
  // Nobody may be waiting.
  passed.catch(ignore);
  return { passed, open, refuse };
};

const closedError = (): KvError => new KvError("closed", "The log was closed.");

const destroyedError = (): KvError =>
  new KvError("destroyed", "The bucket was deleted from this device; open it again to begin anew.");

const unavailableError = (cause: unknown): KvError =>
  new KvError("unavailable", `IndexedDB did not open the bucket in ${opensMax} attempts.`, { cause });

const lostError = (cause: unknown): KvError =>
  isSilence(cause)
    ? new KvError(
        "stalled",
        "IndexedDB gave no answer in time; nothing was written. Try again, or restart the browser.",
        { cause },
      )
    : new KvError("lost-connection", "The connection to IndexedDB was lost; nothing was written.", { cause });

const outcomeUnknownError = (cause: unknown): KvError =>
  new KvError("outcome-unknown", "The connection to IndexedDB was lost while it committed.", { cause });

const ignore = (): void => {};
