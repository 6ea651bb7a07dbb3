/**
 * Commits as a tab makes them: sent to the host and, where the app wants to know what the relay says,
 * fulfilled with its ruling.
 */
import {
  KvError,
  type RejectionReason,
  resolveSelector,
  type PackedKey,
  type Selector,
  type Versionstamp,
} from "@rockpool/model";
import { expectAnswer } from "./answer.ts";
import type { CommitAsk } from "./atomic-operation.ts";
import type { BucketPlace } from "./bucket-place.ts";
import { type HostConnection, untilAborted } from "./host-connection.ts";
import type { CommitFailure, CommitOptions, CommitResult, DeleteResult } from "./kv.ts";
import { readonlyError } from "./readonly-error.ts";

/** Whether the caller of a commit still waits for it. */
interface Caller {
  isGone: boolean;
}

export class CommitClient {
  readonly #connection: HostConnection;
  readonly #its: Pick<BucketPlace, "open" | "confirm">;

  constructor(connection: HostConnection, its: Pick<BucketPlace, "open" | "confirm">) {
    this.#connection = connection;
    this.#its = its;
  }

  /** @throws KvError as `CommitOptions.confirm` says, "readonly", and as the host does */
  async commit(ask: CommitAsk, options: CommitOptions = {}): Promise<CommitResult | CommitFailure> {
    this.assertWritable();
    const { confirm = this.#its.confirm, signal } = options;
    if (confirm === "local") {
      const answer = await this.#connection.request({ type: "commit", ...ask }, signal);
      return resultOf(expectAnswer(answer, "committed").versionstamp);
    }
    return this.#whileWaiting(signal, async (caller) => {
      const answer = await this.#connection.request({ type: "commit", ...ask, confirm: "relay" });
      const { versionstamp } = expectAnswer(answer, "committed");
      const stands = versionstamp !== null && (await this.#isConfirmed(versionstamp, caller));
      return resultOf(stands ? versionstamp : null);
    });
  }

  /**
   * Commits what has no checks of the app's own, and so no use for `{ ok: false }`.
   * @throws as `commit`; KvError "conflict" when the relay found the entry changed
   */
  async write(ask: CommitAsk, options: CommitOptions | undefined): Promise<CommitResult> {
    const committed = await this.commit(ask, options);
    if (committed.ok) return committed;
    throw new KvError(
      "conflict",
      "another device changed the entry before the relay had this write of it; nothing was written. Read the entry and decide again",
    );
  }

  /** As `Kv.delete` with a selector. */
  async deleteRange(selector: Selector, options: CommitOptions): Promise<DeleteResult> {
    this.assertWritable();
    const { confirm = this.#its.confirm, signal } = options;
    const range = resolveSelector(selector);
    let deleted = 0;
    let versionstamp: string | null = null;
    for (let start: PackedKey | null = range.start; start !== null;) {
      // Not passed on: a commit that is under way is waited for, so that what is told is what was done.
      if (signal?.aborted === true) return { ok: false, deleted, versionstamp };
      const request = { type: "delete", range: { ...range, start } } as const;
      const answer = await this.#connection.request(
        confirm === "relay" ? { ...request, confirm } : request,
        undefined,
      );
      const piece = expectAnswer(answer, "deleted");
      if (confirm === "relay" && piece.versionstamp !== null) {
        const stands = await this.#isConfirmed(piece.versionstamp, { isGone: false });
        if (!stands) return { ok: false, deleted, versionstamp };
      }
      deleted += piece.deleted;
      versionstamp = piece.versionstamp ?? versionstamp;
      start = piece.rest;
    }
    return { ok: true, deleted, versionstamp };
  }

  /** @throws KvError "readonly" */
  assertWritable(): void {
    if (this.#its.open.readonly === true) throw readonlyError();
  }

  /** True when the relay accepted a commit, false when a check failed there. @throws KvError for all else */
  async #isConfirmed(versionstamp: Versionstamp, caller: Caller): Promise<boolean> {
    const settled = await this.#connection.call("confirm", { versionstamp });
    if (settled.type === "confirmed") return true;
    const { reason } = settled;
    // Whether it was taken before is for the app to find out: it is not forgotten.
    const isHeard = !caller.isGone && reason.type !== "unknown";
    try {
      await this.#connection.call("heard", { versionstamp, isHeard });
    } catch {
      // It stays among the rejected commits; what it came to is known all the same.
    }
    if (reason.type === "check") return false;
    throw rejectedError(reason);
  }

  #whileWaiting<T>(signal: AbortSignal | undefined, work: (caller: Caller) => Promise<T>): Promise<T> {
    const caller: Caller = { isGone: false };
    const leave = (): void => {
      caller.isGone = true;
    };
    return untilAborted(signal, () => {
      signal?.addEventListener("abort", leave, { once: true });
      return work(caller).finally(() => signal?.removeEventListener("abort", leave));
    });
  }
}

const resultOf = (versionstamp: Versionstamp | null): CommitResult | CommitFailure =>
  versionstamp === null ? { ok: false } : { ok: true, versionstamp };

const rejectedError = (reason: Exclude<RejectionReason, { type: "check" }>): KvError => {
  switch (reason.type) {
    case "unknown":
      return new KvError(
        "outcome-unknown",
        "the relay ruled on this commit before and no longer knows how; it is among sync.rejected(). Read its keys, then retry or discard it: a retry may apply it twice",
      );
    case "type":
      return rejected(
        "a sum, min or max met a value that is no KvU64, or a merge what is no document (type)",
      );
    case "missing":
      return rejected("it builds on an update of a document that was refused (missing)");
    case "too-old":
      return rejected("it is older than the relay keeps deletions (too-old); make it again");
    case "limit":
    case "permission":
      return rejected(`${reason.message} (${reason.type})`);
  }
};

const rejected = (why: string): KvError =>
  new KvError("rejected", `the relay refused the commit, and nothing was written: ${why}`);
