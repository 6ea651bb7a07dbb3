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

export type FeedRequest = ChangesRequest | WatchRequest;

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
  | { readonly type: "ready" | "reset"; readonly versionstamp: Versionstamp };

export interface FeedVersion extends TransportVersion {
  readonly key: PackedKey;
  readonly isDeletion: boolean;
}
