/**
 * What a tab asks of a feed, and the items that it is given.
 */
import type { PackedKey, PackedPattern, PackedRange, Versionstamp } from "@rockpool/model";
import type { TransportEntry, TransportVersion } from "../transport-entry.ts";

/** Which keys a feed is about. */
export type FeedSelection =
  | { readonly type: "keys"; readonly keys: readonly PackedKey[] }
  | { readonly type: "range"; readonly range: PackedRange }
  | { readonly type: "pattern"; readonly pattern: PackedPattern };

/** Changes of a selection, as `Kv.changes` gives them. */
export interface ChangesRequest {
  readonly type: "changes";
  readonly selection: FeedSelection;
  /** Undefined: nothing was seen before. */
  readonly since: Versionstamp | undefined;
  readonly include: "latest" | "updates" | "history";
  readonly values: boolean;
  readonly deletes: boolean;
  readonly pending: boolean;
}

/** The entries of some keys whenever one of them changed, as `Kv.watch` gives them. */
export interface WatchRequest {
  readonly type: "watch";
  readonly keys: readonly PackedKey[];
  readonly raw: boolean;
}

/** One document: what stands of it, then by what it grows. */
export interface DocumentRequest {
  readonly type: "document";
  readonly key: PackedKey;
}

export type FeedRequest = ChangesRequest | WatchRequest | DocumentRequest;

export type FeedItem =
  | {
      readonly type: "update";
      readonly entries: readonly TransportEntry[];
      readonly versionstamp: Versionstamp;
      /** A part of what is due: `ready` follows when all of it was given. */
      readonly more?: true;
    }
  /** Versions of keys, as `update`: oldest first. */
  | {
      readonly type: "versions";
      readonly versions: readonly FeedVersion[];
      readonly versionstamp: Versionstamp;
      readonly more?: true;
    }
  | { readonly type: "ready" | "reset"; readonly versionstamp: Versionstamp }
  | WholeDocument
  | DocumentGrowth;

/** How far a document's feed has come: what every item of it says. */
interface DocumentLevel {
  readonly type: "document";
  /**
   * Of the document that is in view; null where none is, and while only commits that wait for the relay
   * made it.
   */
  readonly incarnation: number | null;
  /** Every commit up to it, of this tab or another, is in what was given: compare a commit's own with it. */
  readonly versionstamp: Versionstamp;
  /** No commit on the key waits for the relay. True where there is none. */
  readonly isSettled: boolean;
  /** Settled; and, where there is a relay, in a session, and all that it is known to have is in what was given. */
  readonly isSynced: boolean;
}

/**
 * All that stands: the first item, and again whenever something may have been lost (a set or delete, a
 * rejected merge) or was missed (rows that a checkpoint took away, a reader that was too slow). What was
 * given before is to be forgotten unless all of it is in here.
 */
export interface WholeDocument extends DocumentLevel {
  readonly whole: true;
  /** `other`: a value that is no document, which a merge cannot be added to. */
  readonly stands: "document" | "nothing" | "other";
  /** The confirmed updates, as a log (`updatesOf`): those a `compact` may take the place of. */
  readonly confirmed: Uint8Array;
  /** The updates of commits that wait for the relay, as a log, to be applied after those. */
  readonly pending: Uint8Array;
  /** The relay's, of what is confirmed; null where nothing is, or there is no relay. */
  readonly revision: number | null;
}

/** What came on top of what was given; some of it may have been given before, or be the tab's own. */
export interface DocumentGrowth extends DocumentLevel {
  readonly whole: false;
  /** A log; empty when only the level is another. */
  readonly updates: Uint8Array;
}

export interface FeedVersion extends TransportVersion {
  readonly key: PackedKey;
  readonly isDeletion: boolean;
}
