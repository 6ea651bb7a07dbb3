/**
 * Deciding how a bucket that was used without a relay is handed to one: its entries become commits that
 * wait for the relay like any other, of blind sets marked `initial`, and of the updates of its documents.
 */
import {
  assert,
  commitBytesMax,
  mutationBytes,
  type Mutation,
  pendingBytesMax,
  type ReplicaId,
  updatesOf,
  wholeRange,
} from "@rockpool/model";
import type { AttachRow, CommitRecord } from "@rockpool/log";
import type { CommitAuthor } from "./evaluate.ts";
import { gatherSets } from "./initial-sets.ts";
import { type ListedEntry, listEntries } from "./list.ts";
import type { Pages } from "./page-index.ts";
import type { ReplicaState } from "./state.ts";
import { type EntryView, isPresent } from "./view.ts";

/** - `row`: append it. - `attached`: the bucket has a relay. - `too-large`: more than may wait for one. */
export type AttachDecision =
  | { readonly type: "row"; readonly row: AttachRow }
  | { readonly type: "attached" }
  | { readonly type: "too-large"; readonly bytes: number };

/** What one commit holds at most, in sets and in bytes (or one larger set): less than most relays take. */
const initialLimits = { mutationsMax: 1000, commitBytesMax: Math.min(commitBytesMax, 1024 * 1024) };

/** Void when `pages` notes something lacking. */
export const decideAttach = (
  state: ReplicaState,
  pages: Pages,
  replica: ReplicaId,
  author: CommitAuthor,
): AttachDecision => {
  if (state.replica !== null) return { type: "attached" };
  const row = { type: "attach", replica } as const;
  const held = listEntries(state, pages, wholeRange, Number.MAX_SAFE_INTEGER, false, hasValue);
  if (held.length === 0) return { type: "row", row };
  const sets = held.filter(({ view }) => isPresent(view, author.readingMs)).flatMap(initialSetsOf);
  const bytes = sets.reduce((sum, set) => sum + mutationBytes(set), 0);
  if (bytes > pendingBytesMax) return { type: "too-large", bytes };
  const commits = gatherSets(sets, initialLimits).map((mutations) => commitOf(mutations, author));
  return { type: "row", row: { ...row, commits } };
};

const hasValue = ({ value }: EntryView): boolean => value !== undefined;

const initialSetsOf = ({ key, view: { value, expireAt } }: ListedEntry): readonly Mutation[] => {
  assert(value !== undefined, "what was listed has a value");
  if (value.encoding === "document") {
    // Copies: who stores a part of a buffer stores all of it.
    return updatesOf(value.data).map((update) => ({
      type: "merge",
      key,
      update: update.slice(),
      incarnation: null,
      initial: true,
    }));
  }
  const end = expireAt === undefined ? {} : { expireAt };
  return [{ type: "set", key, value, ...end, initial: true }];
};

const commitOf = (
  mutations: readonly Mutation[],
  { host, takeNumber, drawTag, readingMs }: CommitAuthor,
): CommitRecord => ({
  name: { host, n: takeNumber() },
  tag: drawTag(),
  readingMs,
  checks: [],
  mutations,
  effects: [],
});
