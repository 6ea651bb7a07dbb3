/**
 * Rules on one merge: a pure function of what stands under its key. Merges commute, so none is late but one
 * that brings back what was deleted; what it builds on must be there, and be the document that its writer saw.
 * @see PROTOCOL.md section 6, rule 10
 */
import type { Mutation, RejectionReason } from "@rockpool/model";
import type { DocumentRules } from "./document-rules.ts";
import { stateVectorBytesMax, type DocumentState } from "./document-state.ts";
import type { RelayEntry } from "./relay-entry.ts";

export type Merge = Extract<Mutation, { type: "merge" }>;

/** What a merge makes of a document, or why it does not. */
export type MergeOutcome =
  | { readonly type: "merged"; readonly document: DocumentState; readonly update: Uint8Array }
  | { readonly type: "superseded" }
  | { readonly type: "rejected"; readonly reason: RejectionReason };

export interface MergeContext {
  readonly documents: DocumentRules;
  readonly documentBytesMax: number;
}

/** What a merge finds under its key. */
export interface MergePlace {
  /** Tombstones too. */
  readonly current: RelayEntry | undefined;
  /** The same, unless it counts as nothing any more. */
  readonly alive: RelayEntry | undefined;
  /** True for one that would bring back what was deleted later. */
  readonly isLate: boolean;
}

export const resolveMerge = (
  { current, alive, isLate }: MergePlace,
  merge: Merge,
  index: number,
  { documents, documentBytesMax }: MergeContext,
): MergeOutcome => {
  const document = alive?.document;
  if (alive !== undefined && document === undefined) return rejected({ type: "type", mutation: index });
  const admission = documents.admit(document?.stateVector, merge.update);
  if (admission.type === "malformed") return rejected({ type: "type", mutation: index });
  const incarnation = document?.incarnation ?? current?.revision ?? 0;
  const isOther = merge.incarnation !== null && merge.incarnation !== incarnation;
  if (isLate || isOther) return { type: "superseded" };
  if (admission.type === "missing") return rejected({ type: "missing", mutation: index });
  const { update, stateVector, subdocuments } = admission;
  const merged: DocumentState = {
    stateVector,
    incarnation,
    bytes: (document?.bytes ?? 0) + update.length,
    rows: (document?.rows ?? 0) + 1,
    baseBytes: document?.baseBytes ?? 0,
    subdocuments: (document?.subdocuments ?? 0) + subdocuments,
  };
  const exceeded = exceededLimit(merged, documentBytesMax, documents.subdocumentsMax);
  return exceeded === undefined
    ? { type: "merged", document: merged, update }
    : rejected({ type: "limit", message: exceeded });
};

const exceededLimit = (
  { bytes, subdocuments, stateVector }: DocumentState,
  bytesMax: number,
  subdocumentsMax: number,
): string | undefined => {
  const remedy = "begin another one under a key of its own";
  if (bytes > bytesMax) return `a document of ${bytes} bytes, at most ${bytesMax}: ${remedy}`;
  if (subdocuments > subdocumentsMax) {
    return `a document of ${subdocuments} subdocuments, at most ${subdocumentsMax}: ${remedy}`;
  }
  return stateVector.length > stateVectorBytesMax
    ? `a document whose state vector has ${stateVector.length} bytes, at most ${stateVectorBytesMax}: ${remedy}`
    : undefined;
};

const rejected = (reason: RejectionReason): MergeOutcome => ({ type: "rejected", reason });
