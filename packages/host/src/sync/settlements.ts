/**
 * Who waits to learn what became of a commit, and the answers. An answer comes with the row that
 * ruled, or, when that was missed, from what is left of it in the state.
 */
import { KvError, type Versionstamp } from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import { isUnruled, type ReplicaState } from "@rockpool/replica";
import type { TransportSettled } from "../ruling-api.ts";
import type { Ledger } from "../ledger.ts";

interface Waiter {
  readonly resolve: (settled: TransportSettled) => void;
  readonly reject: (error: unknown) => void;
}

export class Settlements {
  readonly #ledger: Ledger;
  readonly #waiters = new Map<Versionstamp, Waiter[]>();
  #closed = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @throws KvError "not-found" for a versionstamp that names no commit that is remembered; "closed" */
  async settled(versionstamp: Versionstamp): Promise<TransportSettled> {
    await this.#ledger.catchUp();
    const tracked = findTracked(this.#ledger.state, versionstamp);
    if (tracked === undefined) throw forgottenError(versionstamp);
    if (!isUnruled(tracked)) return settledOf(tracked);
    // Closed while the log was read: nobody would answer.
    if (this.#closed) throw closedError();
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const waiters = this.#waiters.get(versionstamp);
      if (waiters === undefined) this.#waiters.set(versionstamp, [waiter]);
      else waiters.push(waiter);
    });
  }

  /** Answers those who wait for a commit, if it is ruled. */
  answer(tracked: TrackedCommit): void {
    if (isUnruled(tracked)) return;
    for (const { resolve } of this.#take(tracked.versionstamp)) resolve(settledOf(tracked));
  }

  /** Rows were missed: what they ruled stands in the state. */
  onGap(): void {
    const forgotten = new Set(this.#waiters.keys());
    for (const tracked of this.#ledger.state.tracked.values()) {
      forgotten.delete(tracked.versionstamp);
      this.answer(tracked);
    }
    for (const versionstamp of forgotten) {
      for (const { reject } of this.#take(versionstamp)) reject(forgottenError(versionstamp));
    }
  }

  close(): void {
    this.#closed = true;
    for (const { reject } of [...this.#waiters.values()].flat()) reject(closedError());
    this.#waiters.clear();
  }

  /** Those who wait for a commit; they wait no more. */
  #take(versionstamp: Versionstamp): readonly Waiter[] {
    const waiters = this.#waiters.get(versionstamp) ?? [];
    this.#waiters.delete(versionstamp);
    return waiters;
  }
}

export const findTracked = (state: ReplicaState, versionstamp: Versionstamp): TrackedCommit | undefined => {
  for (const tracked of state.tracked.values()) if (tracked.versionstamp === versionstamp) return tracked;
  return undefined;
};

const settledOf = (tracked: TrackedCommit): TransportSettled =>
  tracked.state === "rejected"
    ? { type: "rejected", reason: tracked.reason ?? { type: "unknown" } }
    : { type: "confirmed", revision: tracked.revision ?? 0, superseded: tracked.supersededKeys ?? [] };

const closedError = (): KvError => new KvError("closed", "the bucket was closed before the relay ruled");

const forgottenError = (versionstamp: Versionstamp): KvError =>
  new KvError(
    "not-found",
    `no commit of versionstamp ${versionstamp} waits for the relay or is remembered here`,
  );
