/**
 * What the relay keeps of a document beside its updates: enough to rule on the next one without reading any
 * of them. And an update as it is kept: a row of its own.
 */
import type { PackedKey, Revision } from "@rockpool/model";

/** Stands in the entry of a document. */
export interface DocumentState {
  /** How far its updates reach, as Yjs writes a state vector. Opaque. */
  readonly stateVector: Uint8Array;
  /** Which document under its key it is: the revision of the last set or delete of the key, 0 if there was none. */
  readonly incarnation: Revision;
  /** Of all its rows. */
  readonly bytes: number;
  /** Its rows: updates, the base among them. */
  readonly rows: number;
  /** Of the base alone: what the last compaction made of all updates before it; 0 while there was none. */
  readonly baseBytes: number;
  /** In all its rows: those that were deleted since count until a compaction drops them. */
  readonly subdocuments: number;
}

/** Longest state vector, in bytes: some 15,000 clients, each a tab that once wrote to the document. */
export const stateVectorBytesMax: number = 128 * 1024;

/** One row of a document. */
export interface DocumentUpdate {
  readonly key: PackedKey;
  /** At which it was ruled; of a base, that of the last update in it. */
  readonly revision: Revision;
  /** From 0 among those of its key and revision. */
  readonly place: number;
  readonly update: Uint8Array;
  /** True for the row that holds all updates up to its revision. */
  readonly isBase?: true;
}
