/**
 * The history of a key: what it was, oldest first, up to what it is now. Older versions lie in
 * records of their own, in the key's page (once rows after it replaced its entry) and in memory; the
 * confirmed entry follows, then what each pending commit makes of it. Versionstamps ascend; of two
 * versions that share one, the later stands. A document is no older version of anything: one that grew is
 * the same one, and what took its place does not keep it.
 */
import {
  isPurge,
  laterVersionstamp,
  msOfStamp,
  type PackedKey,
  type Value,
  type Versionstamp,
  zeroVersionstamp,
} from "@rockpool/model";
import type { PageEntry } from "@rockpool/log";
import type { Pages } from "./page-index.ts";
import type { Confirmed, PendingOperations, ReplicaState } from "./state.ts";
import {
  confirmedOf,
  versionstampOf,
  type Content,
  type EntryView,
  mutate,
  shownOperations,
  storedOf,
} from "./view.ts";

/**
 * The last versions of a key, as many as the bucket keeps, oldest first; the last one is the key's
 * view. One without a value is a deletion. Whether one is past its `expireAt` is left to the reader's
 * clock. Empty for a key that nothing is known of. Void when `pages` notes something lacking.
 */
export const historyOf = (state: ReplicaState, pages: Pages, key: PackedKey): readonly EntryView[] => {
  const { history } = state.settings;
  const versions: EntryView[] = [];
  if (history > 1) {
    for (const older of storedVersions(state, pages, key)) push(versions, older, older.versionstamp);
    for (const older of replacedVersions(state, pages, key)) push(versions, older, older.versionstamp);
  }
  const confirmed = confirmedOf(state, pages, key);
  push(versions, confirmed, confirmed.versionstamp);
  return lastOf(withPending(versions, confirmed, shownOperations(state, key) ?? []), history);
};

/** The versions before a key's confirmed entry that have no record of their own yet, oldest first. */
export const replacedVersions = (state: ReplicaState, pages: Pages, key: PackedKey): readonly EntryView[] => {
  const overlay = state.overlay.get(key);
  if (overlay === undefined || overlay.past.length === 0) return [];
  const { versionstamp: current } = confirmedOf(state, pages, key);
  const stored = storedOf(state, pages, key);
  const versions: EntryView[] = [];
  for (const { entry, versionstamp } of overlay.past) {
    if (entry !== undefined) push(versions, entry, versionstamp);
    else if (stored !== undefined) {
      push(versions, stored, laterVersionstamp(versionstampOf(state, stored), versionstamp));
    }
  }
  return versions.filter(({ value, versionstamp }) => versionstamp < current && !isDocument(value));
};

/** The last `count` elements. */
export const lastOf = <T>(list: readonly T[], count: number): readonly T[] =>
  list.slice(Math.max(0, list.length - count));

/** The records of older versions, unless what rows did in memory drops them. */
const storedVersions = (state: ReplicaState, pages: Pages, key: PackedKey) => {
  const isInForce = state.keptVersions && pages.index.generation === state.generation;
  return isInForce && state.overlay.get(key)?.purged !== true ? pages.versions(key) : [];
};

const withPending = (
  confirmed: readonly EntryView[],
  current: EntryContent,
  operations: readonly PendingOperations[],
): readonly EntryView[] => {
  let versions = [...confirmed];
  let content: Content = { value: current.value, expireAt: current.expireAt };
  for (const { tracked, mutations } of operations) {
    const atMs = msOfStamp(tracked.commit.stamp);
    for (const mutation of mutations) content = mutate(content, mutation, atMs) ?? content;
    if (mutations.some(isPurge)) versions = [];
    const { versionstamp, commit } = tracked;
    push(versions, { ...content, revision: current.revision }, versionstamp, commit.name);
  }
  return versions;
};

const isDocument = (value: Value | undefined): boolean => value?.encoding === "document";

/** What a version holds, however it is kept. */
type EntryContent = Pick<Confirmed | PageEntry | EntryView, "value" | "expireAt" | "revision">;

/** Adds a version behind the others, no older than the last. */
const push = (
  versions: EntryView[],
  { value, expireAt, revision }: EntryContent,
  since: Versionstamp,
  lastWriter: EntryView["lastWriter"] = undefined,
): void => {
  const last = versions.at(-1)?.versionstamp ?? zeroVersionstamp;
  const versionstamp = laterVersionstamp(last, since);
  // Nothing stood there: no row has told of the key.
  if (versionstamp === zeroVersionstamp) return;
  if (versionstamp === last || isDocument(versions.at(-1)?.value)) versions.pop();
  versions.push({ value, expireAt, revision, versionstamp, lastWriter });
};
