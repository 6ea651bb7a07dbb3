/**
 * What merges come to, after PROTOCOL.md section 6, rule 10, written a second time: at the relay, with a
 * real Y.Doc for each document, and on a device that waits for the ruling.
 */
import {
  appendUpdate,
  createDocument,
  type DocumentValue,
  type Mutation,
  updatesOf,
  type Value,
} from "@rockpool/model";
import * as Y from "yjs";
import { docOf, isIncomplete, isUpdate } from "./document-state.ts";

export type Merge = Extract<Mutation, { readonly type: "merge" }>;

/** What stands under the key: its value if there is one that has not ended, and the revision it came with. */
export interface Stood {
  readonly value: Value | undefined;
  /** Of the tombstone, or of what has ended, where there is no value; 0 where there is nothing. */
  readonly revision: number;
  /** Of a document: of all its updates, as the relay keeps them. */
  readonly bytes: number;
}

export type MergeRuling =
  | { readonly type: "merged"; readonly value: DocumentValue; readonly bytes: number }
  | { readonly type: "superseded" }
  | { readonly type: "rejected"; readonly reason: "type" | "missing" | "limit" };

/**
 * `isLate`: what stands there is a deletion that is later, and another device's. `bytesMax`: what a document
 * may have, in bytes of its updates.
 */
export const ruleMerge = (
  { value, revision, bytes: bytesBefore }: Stood,
  { update, incarnation }: Merge,
  { isLate, bytesMax }: { readonly isLate: boolean; readonly bytesMax: number },
): MergeRuling => {
  if ((value !== undefined && value.encoding !== "document") || !isUpdate(update)) {
    return { type: "rejected", reason: "type" };
  }
  const standing = value === undefined ? revision : value.incarnation;
  if (incarnation === null ? value === undefined && isLate : incarnation !== standing) {
    return { type: "superseded" };
  }
  const merged = value === undefined ? createDocument(update, revision) : appendUpdate(value, update);
  if (!follows(value, update, merged)) return { type: "rejected", reason: "missing" };
  const bytes = (value === undefined ? 0 : bytesBefore) + update.length;
  return bytes > bytesMax ? { type: "rejected", reason: "limit" } : { type: "merged", value: merged, bytes };
};

/** What a merge that waits for the relay shows; undefined for nothing new. */
export const mergedHere = (
  current: Value | undefined,
  { update, incarnation }: Merge,
): DocumentValue | undefined => {
  if (current === undefined) return incarnation === null ? createDocument(update, null) : undefined;
  if (current.encoding !== "document") return undefined;
  const isOther = incarnation !== null && current.incarnation !== null && incarnation !== current.incarnation;
  return isOther ? undefined : appendUpdate(current, update);
};

/** The documents of what was accepted, each moved on by the update that is accepted next. */
const docByLog = new WeakMap<Uint8Array, Y.Doc>();

/** True when Yjs can apply the update at once, to what was accepted and nothing else. */
const follows = (before: DocumentValue | undefined, update: Uint8Array, merged: DocumentValue): boolean => {
  const known = before && docByLog.get(before.data);
  const doc = known ?? docOf(before === undefined ? [] : updatesOf(before.data));
  if (before !== undefined) docByLog.delete(before.data);
  Y.applyUpdate(doc, update);
  if (isIncomplete(doc)) return false;
  docByLog.set(merged.data, doc);
  return true;
};
