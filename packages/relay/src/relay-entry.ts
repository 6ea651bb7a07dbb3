/**
 * What the relay keeps under a key: the entry or its tombstone, and what is needed to rule on the
 * commits that come: when it was last changed, by whose device, and by which commit. Of a document it holds
 * all but the updates, which are rows of their own.
 */
import {
  assert,
  laterStamp,
  updateLog,
  zeroStamp,
  type CommitName,
  type PatchEntry,
  type ReplicaId,
  type Revision,
  type Stamp,
} from "@rockpool/model";
import type { DocumentState, DocumentUpdate } from "./document-state.ts";

/** An entry with its ruling state. Without `value` and `document` it is a tombstone. */
export interface RelayEntry extends Omit<PatchEntry, "appends"> {
  /** Of a document, in place of its value. */
  readonly document?: DocumentState;
  /** The stamp of the key's latest mutation; never falls. */
  readonly stamp: Stamp;
  /** The replica whose mutation holds `stamp`. */
  readonly stampHolder: ReplicaId;
  /** The stamp of the key's latest set or delete; never falls, never above `stamp`. */
  readonly setStamp: Stamp;
  /** The replica whose mutation holds `setStamp`; empty while the key was never set or deleted. */
  readonly setHolder: ReplicaId;
  /** The commit that left the entry as it is. */
  readonly writer: CommitName;
  /** Of a tombstone: the relay's clock when it was left, in ms since 1970. */
  readonly deletedMs?: number;
}

/** What is left of an entry whose time has come: a tombstone that is ruled on by the entry's stamps. */
export const expiredOf = (entry: RelayEntry, revision: Revision, nowMs: number): RelayEntry => {
  const { key, stamp, stampHolder, setStamp, setHolder, writer } = entry;
  return { key, revision, stamp, stampHolder, setStamp, setHolder, writer, deletedMs: nowMs };
};

/** The highest stamp among entries. */
export const highestStamp = (entries: readonly RelayEntry[]): Stamp =>
  entries.reduce((stamp, entry) => laterStamp(stamp, entry.stamp), zeroStamp);

/** True where neither a value nor a document stands. */
export const isTombstone = ({ value, document }: RelayEntry): boolean =>
  value === undefined && document === undefined;

/** A tombstone is not alive, nor is an entry whose time has come. */
export const isAlive = (entry: RelayEntry, nowMs: number): boolean =>
  !isTombstone(entry) && (entry.expireAt === undefined || entry.expireAt > nowMs);

/** What a replica is shown of some updates of a document, in order: all of them unless they append. */
export const documentEntryOf = (
  { key, document }: RelayEntry,
  updates: readonly DocumentUpdate[],
  revision: Revision,
  appends: boolean,
): PatchEntry => {
  assert(document !== undefined, "the entry is of a document");
  const data = updateLog(updates.map(({ update }) => update));
  const value = { encoding: "document", data, incarnation: document.incarnation } as const;
  return appends ? { key, value, revision, appends } : { key, value, revision };
};

/** What a replica is shown of an entry that is no document. */
export const patchEntryOf = ({ key, value, expireAt, revision }: RelayEntry): PatchEntry => {
  if (value === undefined) return { key, revision };
  return expireAt === undefined ? { key, value, revision } : { key, value, expireAt, revision };
};
