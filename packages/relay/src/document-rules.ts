/**
 * What ruling and compaction ask of whoever knows what an update says: pure functions, handed in. The relay's
 * own are those of yjs-documents.ts; nothing else here looks into an update.
 */

/** Whether an update may be added to a document. */
export type Admission =
  /** It may; how far the document reaches with it, and how many subdocuments it brings. */
  | {
      readonly type: "admitted";
      /** What is kept of it: itself, but for what belongs to no document. */
      readonly update: Uint8Array;
      readonly stateVector: Uint8Array;
      readonly subdocuments: number;
    }
  /** It builds on what neither the document nor the update itself has. */
  | { readonly type: "missing" }
  /** The bytes are no update. */
  | { readonly type: "malformed" };

/** What many updates come to. */
export interface Compacted {
  readonly update: Uint8Array;
  readonly subdocuments: number;
}

export interface DocumentRules {
  /** Of a document: each costs whoever reads it. */
  readonly subdocumentsMax: number;
  /** Judges by the state vector alone; undefined is that of a new document. Never throws, whatever the bytes are. */
  admit(stateVector: Uint8Array | undefined, update: Uint8Array): Admission;
  /**
   * One update for many, in no more bytes: a document of it alone is that of all of them, and it has what of
   * them waits for updates that are not there. Long work is done with pauses, in which others go on.
   * @throws for what cannot be read (rejects)
   */
  compact(updates: readonly Uint8Array[]): Promise<Compacted>;
}
