/**
 * Group commit: commits that arrive while a transaction is under way share the next row. Each keeps
 * its own outcome; a group that fails whole is tried again commit by commit.
 */
import {
  commitBytes,
  createVersionstamp,
  groupBytesMax,
  groupCommitsMax,
  type HostId,
  KvError,
  type Versionstamp,
} from "@rockpool/model";
import { type CommitOutcome, type CommitRequest, evaluateGroup } from "@rockpool/replica";
import type { Ledger } from "./ledger.ts";

/** What a commit came to: its versionstamp, or null when a check does not hold. */
export type Committed = Versionstamp | null;

interface Waiting {
  readonly request: CommitRequest;
  readonly bytes: number;
  readonly strict: boolean;
  /** Reads asked for earlier that must not see it: it waits for them. */
  readonly after: Promise<unknown> | undefined;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitterOptions {
  readonly ledger: Ledger;
  readonly host: HostId;
  readonly drawId: () => string;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
}

export class Committer {
  readonly #options: CommitterOptions;
  #queue: Waiting[] = [];
  #isDraining = false;
  /** Settles with the last commit queued. */
  #last: Promise<unknown> = Promise.resolve();
  #n = 0;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /**
   * Queues a commit, to take effect after the reads that `after` settles with. Fulfilled when it is
   * stored, or refused by a check.
   * @throws TypeError for a sum, min or max over a value that is no u64; KvError as the log does, and "pending-full"
   */
  commit(request: CommitRequest, strict: boolean, after?: Promise<unknown>): Promise<Committed> {
    const bytes = commitBytes([], request.mutations);
    const committed = new Promise<Committed>((resolve, reject) => {
      this.#queue.push({ request, bytes, strict, after, resolve, reject });
    });
    this.#last = committed.catch(() => undefined);
    if (!this.#isDraining) void this.#drain();
    return committed;
  }

  /** Fulfilled when everything queued at the call is stored or refused. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    // Requests of one message are queued before the first of them is taken.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#queue[0]?.after;
      await this.#store(this.#takeGroup());
    }
    this.#isDraining = false;
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { bytes: size, after } of this.#queue) {
      const isFull = count >= groupCommitsMax || bytes + size > groupBytesMax;
      // The reads that the first member waited for are over; a later member's may not be.
      if (count > 0 && (isFull || after !== this.#queue[0]?.after)) break;
      bytes += size;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#append(group);
    } catch (error) {
      if (group.length === 1 || !isWorthSplitting(error)) return group.forEach(({ reject }) => reject(error));
      for (const waiting of group) await this.#store([waiting]);
    }
  }

  async #append(group: readonly Waiting[]): Promise<void> {
    const { ledger, host, drawId, readClock } = this.#options;
    const requests = group.map(({ request }) => request);
    const strict = group.some((waiting) => waiting.strict);
    const takeNumber = (): number => ++this.#n;
    const { result, position } = await ledger.append(
      (state, pages) => {
        const author = { host, takeNumber, drawTag: drawId, readingMs: readClock() };
        const { row, outcomes } = evaluateGroup(state, pages, requests, author);
        return { row, result: outcomes };
      },
      strict ? "strict" : "relaxed",
    );
    for (const [index, waiting] of group.entries()) {
      answer(waiting, result[index] as CommitOutcome, position ?? 0);
    }
  }
}

const answer = (waiting: Waiting, outcome: CommitOutcome, position: number): void => {
  switch (outcome.type) {
    case "committed":
      return waiting.resolve(createVersionstamp(position, outcome.place));
    case "failed":
      return waiting.resolve(null);
    case "type": {
      const { type } = outcome.mutation;
      return waiting.reject(
        new TypeError(`Failed to perform '${type}' mutation on a non-U64 value in the database`),
      );
    }
    case "full":
      return waiting.reject(
        new KvError(
          "pending-full",
          `${outcome.pendingBytes} bytes of commits wait for the relay, the most this device keeps; nothing was written. Let the device sync, then try again`,
        ),
      );
  }
};

/** A group may be too large where its members are not; with an unknown outcome nothing is tried again. */
const isWorthSplitting = (error: unknown): boolean => error instanceof KvError && error.code === "quota";
