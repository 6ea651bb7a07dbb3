/**
 * One IndexedDB transaction from its creation to its end. It always settles: by `complete`, by
 * `abort` (which follows every `error`), by the handle's `close`, or because it has been silent for
 * too long. What it reports says whether it may have been committed.
 */
import type { IDBPTransaction } from "idb";
import type { Handle } from "./open-database.ts";
import type { LogSchema, StoreName } from "./schema.ts";
import { faultOf } from "./storage-fault.ts";
import type { Watchdog } from "./watchdog.ts";

export type LogTransaction<Mode extends IDBTransactionMode> = IDBPTransaction<
  LogSchema,
  readonly StoreName[],
  Mode
>;

/** What a body wants when it has sent its last request. */
export interface Verdict<Result> {
  readonly end: "commit" | "abort";
  /** A promise of what the requests give is waited for when they were committed. */
  readonly result: Result | Promise<Result>;
}

export const commit = <Result>(result: Result | Promise<Result>): Verdict<Result> => ({
  end: "commit",
  result,
});
export const rollback = <Result>(result: Result): Verdict<Result> => ({ end: "abort", result });

/** Sends its requests and awaits nothing but them, or the transaction ends under it. */
export type Body<Mode extends IDBTransactionMode, Result> = (
  transaction: LogTransaction<Mode>,
) => Promise<Verdict<Result>>;

/** "strict" also survives a power cut. Given per transaction. */
export type Durability = "relaxed" | "strict";

export interface TransactionPlan<Mode extends IDBTransactionMode, Result> {
  readonly stores: readonly StoreName[];
  readonly mode: Mode;
  readonly durability: Durability;
  readonly body: Body<Mode, Result>;
}

export type TransactionEnd<Result> =
  | { readonly type: "done"; readonly result: Result }
  /** Nothing was written, and asking again is of no use. */
  | { readonly type: "refused"; readonly error: unknown }
  /** The handle may be dead. Unless `mayBeCommitted`, nothing was written. */
  | { readonly type: "lost"; readonly cause: unknown; readonly mayBeCommitted: boolean };

/** Runs `plan` until it ends or the watchdog has had enough of it. Never rejects. */
export const runTransaction = async <Mode extends IDBTransactionMode, Result>(
  { database, lost }: Handle,
  { stores, mode, durability, body }: TransactionPlan<Mode, Result>,
  watchdog: Watchdog,
): Promise<TransactionEnd<Result>> => {
  let transaction: LogTransaction<Mode>;
  try {
    transaction = database.transaction(stores, mode, { durability });
  } catch (cause) {
    return failed(cause, false);
  }
  const ending = endingOf(transaction, lost, watchdog);
  const answering = answer(transaction, body);
  // A readonly transaction sees only what was committed: its answer stands as soon as it is there.
  const ended = mode === "readonly" ? await Promise.race([answering, ending]) : await ending;
  if (ended.type === "silent") {
    const wasOpen = abortIfOpen(transaction);
    return { type: "lost", cause: ended.cause, mayBeCommitted: mode !== "readonly" && !wasOpen };
  }
  const answered = await answering;
  if (answered.type === "given") {
    const isRefused = ended.type === "abort" && answered.verdict.end === "commit";
    return isRefused ? failed(ended.cause, true) : { type: "done", result: await answered.verdict.result };
  }
  if (ended.type === "complete") return outlived(answered.cause);
  // An abort that nobody asked for has a cause of its own, which the requests it took along do not tell.
  return failed((ended.type === "abort" ? ended.cause : undefined) ?? answered.cause, false);
};

/** For requests whose failure aborts the transaction, which then reports it. */
export const ignoreRejection = (promise: Promise<unknown>): void => {
  promise.catch(() => {});
};

type Ending =
  | { readonly type: "complete" }
  | { readonly type: "abort"; readonly cause: unknown }
  | { readonly type: "silent"; readonly cause: unknown };

const endingOf = <Mode extends IDBTransactionMode>(
  transaction: LogTransaction<Mode>,
  lost: AbortSignal,
  watchdog: Watchdog,
): Promise<Ending> => {
  // idb's own promise rejects at `error`, before the transaction has an error to tell.
  ignoreRejection(transaction.done);
  return new Promise((resolve) => {
    const settle = (ending: Ending): void => {
      stopWatch();
      lost.removeEventListener("abort", onLost);
      resolve(ending);
    };
    const onLost = (): void => settle({ type: "silent", cause: lost.reason });
    const stopWatch = watchdog.watch((cause) => settle({ type: "silent", cause }));
    lost.addEventListener("abort", onLost);
    transaction.addEventListener("complete", () => settle({ type: "complete" }));
    transaction.addEventListener("abort", () => settle({ type: "abort", cause: transaction.error }));
  });
};

type Answer<Result> =
  | { readonly type: "given"; readonly verdict: Verdict<Result> }
  | { readonly type: "failed"; readonly cause: unknown };

/** Runs the body and sends what it wants. An exception of it aborts: else what was sent would be committed. */
const answer = async <Mode extends IDBTransactionMode, Result>(
  transaction: LogTransaction<Mode>,
  body: Body<Mode, Result>,
): Promise<Answer<Result>> => {
  try {
    const verdict = await body(transaction);
    ignoreRejection(Promise.resolve(verdict.result));
    if (verdict.end === "abort") transaction.abort();
    else transaction.commit();
    return { type: "given", verdict };
  } catch (cause) {
    abortIfOpen(transaction);
    return { type: "failed", cause };
  }
};

/** False when it was too late: it has ended, or its commit was sent. */
const abortIfOpen = <Mode extends IDBTransactionMode>(transaction: LogTransaction<Mode>): boolean => {
  try {
    transaction.abort();
    return true;
  } catch {
    return false;
  }
};

const failed = <Result>(cause: unknown, wasCommitSent: boolean): TransactionEnd<Result> => {
  const fault = faultOf(cause);
  return fault.type === "lost" ? { ...fault, mayBeCommitted: wasCommitSent } : fault;
};

/** A body that awaited more than its requests: what it had sent was committed, so never run it again. */
const outlived = <Result>(cause: unknown): TransactionEnd<Result> => ({
  type: "refused",
  error: new Error("Rockpool invariant broken: a transaction ended before its body", { cause }),
});
