/**
 * What a tab asks of a backup or a restore in its host, piece by piece, and what it hears.
 */

/** A step of a backup or a restore, each under an id that its tab gives it. */
export type TransferStep = { readonly id: number } &
  /** Asks for the next part; the first one begins the backup. */
  (
    | { readonly type: "read-backup" }
    | { readonly type: "end-backup" }
    | { readonly type: "begin-restore" }
    | { readonly type: "restore"; readonly bytes: Uint8Array }
    /** Everything was given. */
    | { readonly type: "end-restore" }
    | { readonly type: "abort-restore" }
  );

export interface Transferred {
  /** Of a backup: entries read so far. Of a restore: entries verified so far; at its end, those of the bucket. */
  readonly entries: number;
  /** Of a backup: its next bytes. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** True when it has ended. */
  readonly done: boolean;
}
