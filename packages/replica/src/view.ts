/**
 * What stands under a key: the confirmed entry with the pending operations on it folded over. An
 * operation that cannot be applied to what came under it (a sum over a text) shows nothing; the
 * relay rules on it all the same. So a view never throws.
 */
import {
  appendUpdates,
  applyMutation,
  type CommitName,
  isInScope,
  isOfDocument,
  laterVersionstamp,
  type Mutation,
  msOfStamp,
  type PackedKey,
  type Revision,
  type Value,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import type { PageEntry } from "@rockpool/log";
import type { Pages } from "./page-index.ts";
import { joinOnce } from "./appended.ts";
import { type Confirmed, isBeforeCheckpoint, type PendingOperations, type ReplicaState } from "./state.ts";

/** A value with its end; without `value` there is none. */
export interface Content {
  readonly value: Value | undefined;
  /** Ms since 1970. */
  readonly expireAt: number | undefined;
}

export interface ConfirmedView extends Content {
  /** Of a deletion: until when it is remembered, in ms since 1970. */
  readonly keptUntil: number | undefined;
  readonly revision: Revision | undefined;
  /** The versionstamp of the view without pending operations. */
  readonly versionstamp: Versionstamp;
}

export interface EntryView extends Omit<ConfirmedView, "keptUntil"> {
  /** The last visible commit to be ruled that touches the key. */
  readonly lastWriter: CommitName | undefined;
}

/** The confirmed entry of a key, from memory or its page. */
export const confirmedOf = (state: ReplicaState, pages: Pages, key: PackedKey): ConfirmedView => {
  const overlay = state.overlay.get(key);
  const entry = overlay?.entry;
  if (
    overlay !== undefined &&
    entry !== undefined &&
    entry.appends !== true &&
    !isBeforeCheckpoint(state, overlay.versionstamp)
  ) {
    return confirmedView(entry, overlay.versionstamp);
  }
  const stored = storedOf(state, pages, key);
  const versionstamp = laterVersionstamp(
    overlay?.versionstamp ?? zeroVersionstamp,
    stored === undefined ? zeroVersionstamp : versionstampOf(state, stored),
  );
  const view = confirmedView(entry ?? stored, versionstamp);
  return entry?.appends === true ? { ...view, value: joinOnce(stored?.value, entry.value) } : view;
};

/** The entry of a key in the pages in force. */
export const storedOf = (state: ReplicaState, pages: Pages, key: PackedKey): PageEntry | undefined =>
  pages.index.generation === state.generation ? pages.entry(key) : undefined;

/** The versionstamp of an entry in a page: its own, or that of the row that revealed the page. */
export const versionstampOf = (state: ReplicaState, { versionstamp }: PageEntry): Versionstamp =>
  versionstamp === zeroVersionstamp ? state.revealed : versionstamp;

/** What a reader sees under a key; expiry is left to the reader's clock. */
export const viewOf = (state: ReplicaState, pages: Pages, key: PackedKey): EntryView =>
  foldOperations(confirmedOf(state, pages, key), shownOperations(state, key));

/**
 * The pending operations on a key that are shown, in log order, those left aside that `leaves` names. A sum,
 * min or max is not shown where what it is combined with is not here: what stands under a key that is not
 * followed, or not filled yet, is not known, unless an earlier one of them sets it.
 */
export const shownOperations = (
  { operations, session }: Pick<ReplicaState, "operations" | "session">,
  key: PackedKey,
  leaves?: (operation: PendingOperations) => boolean,
): readonly PendingOperations[] | undefined => {
  const pending = operations.get(key);
  const all = leaves === undefined ? pending : pending?.filter((operation) => !leaves(operation));
  const isKnown = session.epoch === null || isInScope(session.confirmedScope, key);
  if (all === undefined || isKnown) return all;
  const first = all
    .flatMap(({ mutations }) => mutations)
    .findIndex(({ type }) => type === "set" || type === "delete");
  let place = 0;
  const shown = all.flatMap(({ tracked, mutations }) => {
    const kept = mutations.filter(() => first !== -1 && place++ >= first);
    return kept.length === 0 ? [] : [{ tracked, mutations: kept }];
  });
  return shown.length === 0 ? undefined : shown;
};

/** `confirmed` with pending operations folded over it, in log order. */
export const foldOperations = (
  confirmed: Omit<ConfirmedView, "keptUntil">,
  operations: readonly PendingOperations[] | undefined,
): EntryView => {
  const { revision, versionstamp } = confirmed;
  const last = operations?.at(-1)?.tracked;
  if (operations === undefined || last === undefined) {
    const { value, expireAt } = confirmed;
    return { value, expireAt, revision, versionstamp, lastWriter: undefined };
  }
  const { value, expireAt } = contentAfter(confirmed, operations);
  return {
    value,
    expireAt,
    revision,
    versionstamp: laterVersionstamp(versionstamp, last.versionstamp),
    lastWriter: last.commit.name,
  };
};

/** How far a list of operations was folded over a confirmed value, and what it came to. */
interface FoldedList {
  readonly value: Value | undefined;
  readonly expireAt: number | undefined;
  readonly count: number;
  readonly content: Content;
}

/** Lists this long are folded once: thousands of sums may wait on one key, and it is read with each of them. */
const rememberedLength = 16;
const foldedByList = new WeakMap<readonly PendingOperations[], FoldedList>();

const contentAfter = (confirmed: Content, operations: readonly PendingOperations[]): Content => {
  const { value, expireAt } = confirmed;
  const known = operations.length < rememberedLength ? undefined : foldedByList.get(operations);
  const isSame = known !== undefined && known.value === value && known.expireAt === expireAt;
  let content = isSame ? known.content : confirmed;
  let updates: Uint8Array[] = [];
  const join = (): void => {
    const { value: document } = content;
    if (updates.length === 0 || document?.encoding !== "document") return;
    content = { value: appendUpdates(document, updates), expireAt: undefined };
    updates = [];
  };
  for (let index = isSame ? known.count : 0; index < operations.length; index++) {
    const { tracked, mutations } = operations[index] as PendingOperations;
    for (const mutation of mutations) {
      // Thousands of merges may wait: those of one document are joined at once.
      const isMerge = mutation.type === "merge" && content.expireAt === undefined;
      if (isMerge && isOfDocument(mutation.incarnation, content.value)) {
        updates.push(mutation.update);
        continue;
      }
      join();
      content = mutate(content, mutation, msOfStamp(tracked.commit.stamp)) ?? content;
    }
  }
  join();
  if (operations.length >= rememberedLength) {
    foldedByList.set(operations, { value, expireAt, count: operations.length, content });
  }
  return content;
};

/** What a mutation makes of a key at a time; undefined when it cannot be applied to what stands there. */
export const mutate = (content: Content, mutation: Mutation, atMs: number): Content | undefined => {
  const current = isExpired(content, atMs) ? undefined : content.value;
  const applied = applyMutation(current, mutation);
  if (!applied.ok) return undefined;
  return { value: applied.value, expireAt: mutation.type === "set" ? mutation.expireAt : undefined };
};

export const isExpired = (content: Content, nowMs: number): boolean =>
  content.expireAt !== undefined && content.expireAt <= nowMs;

/** True when a reader at `nowMs` sees an entry. */
export const isPresent = (content: Content, nowMs: number): boolean =>
  content.value !== undefined && !isExpired(content, nowMs);

const confirmedView = (entry: Confirmed | undefined, versionstamp: Versionstamp): ConfirmedView => ({
  value: entry?.value,
  expireAt: entry?.expireAt,
  keptUntil: entry?.keptUntil,
  revision: entry?.revision,
  versionstamp,
});
