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
  type PackedKey,
  type PackedRange,
  unpackKey,
  type Versionstamp,
} from "@rockpool/model";
import {
  type CommitAuthor,
  type CommitOutcome,
  type CommitRequest,
  type DeletedRange,
  type DeleteLimits,
  deletesIn,
  evaluateGroup,
  limitsOf,
  type Pages,
  type ReplicaState,
} from "@rockpool/replica";
import type { DeletedPiece } from "./host-api.ts";
import type { Ledger } from "./ledger.ts";
import { isQuota, type Room } from "./upkeep/room.ts";

/** What a commit came to: its versionstamp, or null when a check does not hold. */
export type Committed = Versionstamp | null;

/** What is to be committed on the state it will follow on; undefined when nothing is. */
type Ask = (state: ReplicaState, pages: Pages, nowMs: number) => CommitRequest | undefined;

interface Waiting {
  readonly ask: Ask;
  readonly bytes: number;
  readonly strict: boolean;
  /** It only deletes, so room put aside may be used for it. */
  readonly isDeletion: boolean;
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
  /** Asked for when the disk is full. */
  readonly room: () => Pick<Room, "make" | "makeForDeletion" | "reclaim">;
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
   * @throws TypeError for a sum, min or max over a value that is no u64, and a merge over one that is no document;
   * KvError as the log does, "pending-full", "replaced" and "unsupported"
   */
  commit(request: CommitRequest, strict: boolean, after?: Promise<unknown>): Promise<Committed> {
    const isDeletion = request.mutations.every(({ type }) => type === "delete");
    const bytes = commitBytes([], request.mutations);
    return this.#enqueue({ ask: () => request, bytes, strict, isDeletion, after });
  }

  /**
   * Deletes what is in view under `range` when its turn comes, as much as one commit may hold; a
   * commit in a row of its own. @throws KvError as `commit`
   */
  async deleteRange(
    range: PackedRange,
    policy: Pick<CommitRequest, "byRevision" | "awaited">,
    strict: boolean,
    after?: Promise<unknown>,
  ): Promise<DeletedPiece> {
    let piece: DeletedRange = { mutations: [], rest: null };
    const ask: Ask = (state, pages, nowMs) => {
      const limits = deleteLimits(state, policy);
      piece = deletesIn(state, pages, range, nowMs, limits);
      const { mutations } = piece;
      return mutations.length === 0 ? undefined : { checks: [], mutations, ...policy };
    };
    const bytes = Number.POSITIVE_INFINITY;
    const versionstamp = await this.#enqueue({ ask, bytes, strict, isDeletion: true, after });
    return { deleted: piece.mutations.length, versionstamp, rest: piece.rest };
  }

  /** Fulfilled when everything queued at the call is stored or refused. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** This host as the author of commits made now. */
  author(): CommitAuthor {
    const { host, drawId, readClock } = this.#options;
    return { host, takeNumber: () => ++this.#n, drawTag: drawId, readingMs: readClock() };
  }

  #enqueue(commit: Omit<Waiting, "resolve" | "reject">): Promise<Committed> {
    const committed = new Promise<Committed>((resolve, reject) => {
      this.#queue.push({ ...commit, resolve, reject });
    });
    this.#last = committed.catch(() => undefined);
    if (!this.#isDraining) void this.#drain();
    return committed;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    // Requests of one message are queued before the first of them is taken.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#queue[0]?.after;
      await this.#store(this.#takeGroup(), true);
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

  /** On a full disk, once more with what room can be made, then commit by commit: one may fit where all do not. */
  async #store(group: readonly Waiting[], mayMakeRoom: boolean): Promise<void> {
    try {
      await this.#append(group);
    } catch (error) {
      // With an unknown outcome nothing is tried again.
      if (!isQuota(error)) return group.forEach(({ reject }) => reject(error));
      if (mayMakeRoom && (await this.#makeRoom())) return this.#store(group, false);
      if (group.length > 1) for (const waiting of group) await this.#store([waiting], false);
      else await this.#storeOnFull(group[0] as Waiting, error);
    }
  }

  /** A deletion may use the room that is kept for it; anything else is refused. */
  async #storeOnFull(waiting: Waiting, full: unknown): Promise<void> {
    const room = this.#options.room();
    try {
      if (!waiting.isDeletion || !(await room.makeForDeletion())) throw full;
      await this.#append([waiting]);
    } catch (error) {
      return waiting.reject(error);
    }
    // Not waited for: this is a commit among others.
    room.reclaim().catch(ignore);
  }

  /** False when no more can be made; what went wrong with it is not what the commit is told. */
  async #makeRoom(): Promise<boolean> {
    return this.#options
      .room()
      .make()
      .catch(() => false);
  }

  async #append(group: readonly Waiting[]): Promise<void> {
    const { ledger } = this.#options;
    const strict = group.some((waiting) => waiting.strict);
    const { result, position } = await ledger.append(
      (state, pages) => {
        const author = this.author();
        const requests = group.flatMap(({ ask }) => ask(state, pages, author.readingMs) ?? []);
        if (requests.length === 0) return { row: undefined, result: [] };
        const { row, outcomes } = evaluateGroup(state, pages, requests, author);
        return { row, result: outcomes };
      },
      strict ? "strict" : "relaxed",
    );
    for (const [index, waiting] of group.entries()) {
      answer(waiting, result[index], position ?? 0);
    }
  }
}

/** Keys of a range that one delete looks at, those included that are deleted already. */
const visitsMax = 100_000;

/** What one commit of deletes may hold: one by revision counts each key as a check too. */
const deleteLimits = (
  state: ReplicaState,
  { byRevision = false }: Pick<CommitRequest, "byRevision">,
): DeleteLimits => {
  const { mutationsMax, checksMax, commitBytesMax } = limitsOf(state);
  return byRevision && state.replica !== null
    ? { visitsMax, mutationsMax: Math.min(mutationsMax, checksMax), bytesMax: Math.floor(commitBytesMax / 2) }
    : { visitsMax, mutationsMax, bytesMax: commitBytesMax };
};

const answer = (waiting: Waiting, outcome: CommitOutcome | undefined, position: number): void => {
  // A delete of what is empty stands alone in its group, and nothing was committed.
  if (outcome === undefined) return waiting.resolve(null);
  switch (outcome.type) {
    case "committed":
      return waiting.resolve(createVersionstamp(position, outcome.place));
    case "failed":
      return waiting.resolve(null);
    case "type": {
      const { type } = outcome.mutation;
      const needed = type === "merge" ? "document" : "U64";
      return waiting.reject(
        new TypeError(`Failed to perform '${type}' mutation on a non-${needed} value in the database`),
      );
    }
    case "full":
      return waiting.reject(
        new KvError(
          "pending-full",
          `${outcome.pendingBytes} bytes of commits wait for the relay, the most this device keeps; nothing was written. Let the device sync, then try again`,
        ),
      );
    case "excess":
      return waiting.reject(new TypeError(outcome.message));
    case "replaced":
      return waiting.reject(replacedError(outcome.key));
    case "outside":
      return waiting.reject(outsideError(outcome.key));
    case "versionstamped":
      return waiting.reject(
        new KvError(
          "unsupported",
          "commitVersionstamp() cannot be part of a key in a bucket that has a relay: a versionstamp is a place in this device's log, so another device would order and repeat the keys otherwise; put a time or a random id into the key instead",
        ),
      );
  }
};

const replacedError = (key: PackedKey): KvError =>
  new KvError(
    "replaced",
    `the document under ${describe(key)} that this was merged into was deleted or replaced; nothing was written. Read the key, then edit what stands there`,
  );

const describe = (key: PackedKey): string => JSON.stringify(unpackKey(key).map(String));

const outsideError = (key: PackedKey): KvError =>
  new KvError(
    "unsupported",
    `the key ${describe(key)} lies outside the prefixes that this device follows, may read and has received, so its entry is not here to be checked or combined with; nothing was written. Follow its prefix first, wait until what it holds is here, or set it blindly`,
  );

/** Checkpoints tell of their failures themselves, and a log that cannot be reached tells the next call. */
const ignore = (): void => {};
