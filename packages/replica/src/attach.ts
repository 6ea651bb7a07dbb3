/**
 * Deciding how a bucket that was used without a relay is handed to one: its entries become commits that
 * wait for the relay like any other, of blind sets marked `initial`.
 */
import {
  commitBytesMax,
  mutationBytes,
  type Mutation,
  pendingBytesMax,
  type ReplicaId,
  wholeRange,
} from "@rockpool/model";
import type { AttachRow, CommitRecord } from "@rockpool/log";
import type { CommitAuthor } from "./evaluate.ts";
import { listEntries } from "./list.ts";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { isPresent } from "./view.ts";

/** - `row`: append it. - `attached`: the bucket has a relay. - `too-large`: more than may wait for one. */
export type AttachDecision =
  | { readonly type: "row"; readonly row: AttachRow }
  | { readonly type: "attached" }
  | { readonly type: "too-large"; readonly bytes: number };

/** Sets of one commit, at most: a relay that takes fewer would reject them together. */
const initialMutationsMax = 1000;
/** Bytes of one commit (or one larger set). */
const initialBytesMax: number = Math.min(commitBytesMax, 1024 * 1024);

/** Void when `pages` notes something lacking. */
export const decideAttach = (
  state: ReplicaState,
  pages: Pages,
  replica: ReplicaId,
  author: CommitAuthor,
): AttachDecision => {
  if (state.replica !== null) return { type: "attached" };
  const { readingMs } = author;
  const entries = listEntries(state, pages, wholeRange, Number.MAX_SAFE_INTEGER, false, (view) =>
    isPresent(view, readingMs),
  );
  const commits = new Batches(author);
  for (const { key, view } of entries) {
    const { value, expireAt } = view;
    if (value === undefined) continue;
    const end = expireAt === undefined ? {} : { expireAt };
    commits.add({ type: "set", key, value, ...end, initial: true });
  }
  if (commits.bytes > pendingBytesMax) return { type: "too-large", bytes: commits.bytes };
  const records = commits.end();
  const row = { type: "attach", replica } as const;
  return { type: "row", row: records.length === 0 ? row : { ...row, commits: records } };
};

/** Gathers mutations into commits that are each no larger than the relay may take. */
class Batches {
  readonly #author: CommitAuthor;
  readonly #batches: Mutation[][] = [];
  #batchBytes = 0;
  bytes = 0;

  constructor(author: CommitAuthor) {
    this.#author = author;
  }

  add(mutation: Mutation): void {
    const bytes = mutationBytes(mutation);
    const batch = this.#batches.at(-1);
    this.bytes += bytes;
    if (
      batch === undefined ||
      batch.length >= initialMutationsMax ||
      this.#batchBytes + bytes > initialBytesMax
    ) {
      this.#batches.push([mutation]);
      this.#batchBytes = bytes;
    } else {
      batch.push(mutation);
      this.#batchBytes += bytes;
    }
  }

  /** The commits; each takes a name. */
  end(): readonly CommitRecord[] {
    const { host, takeNumber, drawTag, readingMs } = this.#author;
    return this.#batches.map((mutations) => ({
      name: { host, n: takeNumber() },
      tag: drawTag(),
      readingMs,
      checks: [],
      mutations,
      effects: [],
    }));
  }
}
