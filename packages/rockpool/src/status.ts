/**
 * What a bucket says of itself.
 */

import type { KvError } from "@rockpool/model";
import type { BucketEngine } from "./bucket-place.ts";

/** A bucket as it is now. Sizes in bytes. */
export interface KvStatus {
  readonly bucket: string;
  /** What keeps it: `memory` is gone with the process, `sqlite` is a file in the folder it was opened in. */
  readonly engine: BucketEngine;
  /** Why it is in memory although it was opened to be kept (`fallback: "memory"`); null when it is not. */
  readonly fallback: KvError | null;
  /** Where its host runs: in a worker or on the caller's own thread. */
  readonly placement: "worker" | "main";
  readonly durability: "relaxed" | "strict";
  readonly readonly: boolean;
  /** The relay's address; null without one. */
  readonly relay: string | null;
  /** The version of its form on disk. */
  readonly format: number;
  /** Entries in view. One whose life is over counts until it is swept, a moment later. */
  readonly entries: number;
  /** Keys and values of those entries, as encoded. */
  readonly bytes: number;
  /** Commits that wait for the relay's ruling, and their bytes. */
  readonly pending: number;
  readonly pendingBytes: number;
  /** Rows of the log that are not in pages yet. */
  readonly tail: number;
  /** Of the log's last row. */
  readonly versionstamp: string;
  /** Versions kept of each key, the current one included. */
  readonly history: number;
  /** The life of an entry that is written without one, in ms; null: for ever. */
  readonly expireIn: number | null;
  /**
   * What its upkeep (checkpoints, sweeps) failed with last; null while it goes well. Nothing is lost by
   * it, and it is tried again by itself: on a full disk, where it is `quota`, when there is room.
   */
  readonly error: Error | null;
  /** Of the whole site: false when the browser may delete its storage. Null where it does not tell. In a folder: true. */
  readonly persisted: boolean | null;
  /**
   * Of the whole site: what it uses and may use, about. Null where the browser does not tell. In a folder
   * `usage` is what the bucket's files take up, and `quota` is null.
   */
  readonly usage: number | null;
  readonly quota: number | null;
}
