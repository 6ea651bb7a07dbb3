/**
 * What a tab asks of its host, and what it hears: plain data that structured clone carries. Requests
 * of one turn travel in one call; long waits and streams have calls of their own. Failures are
 * values, so that errors arrive with class, code and cause.
 */
import type {
  AskedMutation,
  PackedError,
  PackedKey,
  PackedRange,
  Scope,
  Versionstamp,
} from "@rockpool/model";
import type { BucketSettings } from "@rockpool/log";
import type { Compaction, CountedRange } from "@rockpool/replica";
import type { Transferred, TransferStep } from "./backup/transfer-api.ts";
import type { Attendance, OwnPresence, PresenceEvent } from "./document-api.ts";
import type { FeedItem, FeedRequest } from "./feeds/feed-api.ts";
import type {
  TransportConflictGroup,
  TransportRejectedGroup,
  TransportResolution,
  TransportSettled,
  TransportSuperseded,
} from "./ruling-api.ts";
import type { TransportEntry, TransportValue, TransportVersion } from "./transport-entry.ts";

export type TransportMutation =
  | {
      readonly type: "set";
      readonly key: PackedKey;
      readonly value: TransportValue;
      /** Ms from now: only the host knows the relay's clock, by which an entry ends. Absent: as the bucket has it. */
      readonly expireIn?: number | "never";
    }
  | Exclude<AskedMutation, { type: "set" }>;

export type HostRequest =
  | { readonly type: "read"; readonly keys: readonly PackedKey[]; readonly strong: boolean }
  /** One version of a key, as an entry. */
  | {
      readonly type: "version";
      readonly key: PackedKey;
      readonly versionstamp: Versionstamp;
      readonly strong: boolean;
    }
  /** The latest versions of a key, at most `limit`, oldest first. */
  | {
      readonly type: "history";
      readonly key: PackedKey;
      readonly limit: number;
      readonly strong: boolean;
    }
  | {
      readonly type: "list";
      readonly range: PackedRange;
      readonly limit: number;
      readonly reverse: boolean;
      readonly strong: boolean;
    }
  | {
      /** As `list`, without values. */
      readonly type: "keys";
      readonly range: PackedRange;
      readonly limit: number;
      readonly reverse: boolean;
      readonly strong: boolean;
    }
  /** Counts a piece of a range: what one snapshot may cost. */
  | { readonly type: "count"; readonly range: PackedRange; readonly strong: boolean }
  /** Deletes what is in view under a range, as much as one commit may hold. */
  | { readonly type: "delete"; readonly range: PackedRange; readonly confirm?: "relay" }
  | {
      readonly type: "commit";
      readonly checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
      readonly mutations: readonly TransportMutation[];
      /** Refused without a session; what the relay rules is asked for by `confirm`. */
      readonly confirm?: "relay";
    };

export type HostAnswer =
  | { readonly type: "entries"; readonly entries: readonly TransportEntry[] }
  | { readonly type: "versions"; readonly versions: readonly TransportVersion[] }
  /** Null: a check does not hold. */
  | { readonly type: "committed"; readonly versionstamp: Versionstamp | null }
  | { readonly type: "keys"; readonly keys: readonly PackedKey[] }
  | ({ readonly type: "counted" } & CountedRange)
  | ({ readonly type: "deleted" } & DeletedPiece)
  | { readonly type: "error"; readonly error: PackedError };

/** What a delete by range came to, in one commit. */
export interface DeletedPiece {
  readonly deleted: number;
  /** Null when nothing was in view: nothing was committed. */
  readonly versionstamp: Versionstamp | null;
  /** Where the rest of the range begins; null when nothing of it is left. */
  readonly rest: PackedKey | null;
}

/** What a host knows of its bucket. */
export interface TransportBucketStatus {
  readonly format: number;
  readonly entries: number;
  readonly bytes: number;
  readonly pending: number;
  readonly pendingBytes: number;
  readonly tail: number;
  readonly versionstamp: Versionstamp;
  readonly settings: BucketSettings;
}

export interface TransportStatus {
  readonly state:
    | "off"
    | "connecting"
    | "syncing"
    | "synced"
    | "offline"
    | "paused"
    | "unauthorized"
    | "stopped";
  readonly pending: number;
  readonly oldestPendingMs: number | null;
  readonly rejected: number;
  readonly tabs: number;
  readonly syncing: boolean;
  readonly error: PackedError | null;
  /** Prefixes, as `createScope` orders them. */
  readonly followed: Scope;
}

/** What is on this device and not safe at the relay. */
export type Unsynced = Pick<TransportStatus, "pending" | "oldestPendingMs" | "rejected">;

/** What a host tells its tab unasked. */
export type HostEvent =
  | { readonly type: "feed"; readonly id: number; readonly item: FeedItem }
  | { readonly type: "feed-error"; readonly id: number; readonly error: PackedError }
  /** The host cannot go on: every call fails with this from now on. The tab closes it. */
  | { readonly type: "ended"; readonly error: PackedError }
  | { readonly type: "status"; readonly status: TransportStatus }
  /** The relay wants a token: the tab answers by the call `token`, with this id. */
  | { readonly type: "token"; readonly id: number }
  | { readonly type: "rejected"; readonly groups: readonly TransportRejectedGroup[] }
  /** Asks the app to decide; answered by the call `resolve`. */
  | {
      readonly type: "conflicts";
      readonly round: number;
      readonly groups: readonly TransportConflictGroup[];
    }
  | { readonly type: "superseded"; readonly writes: readonly TransportSuperseded[] }
  /** The replica was found to differ from the relay at this revision, and is filled anew. */
  | { readonly type: "diverged"; readonly revision: number }
  | PresenceEvent;

export interface HostOpenOptions {
  /** The bucket's name, as the relay knows it. */
  readonly bucket: string;
  /** The database's name on this device; it is part of the names of locks and channels. */
  readonly database: string;
  readonly relay?: string;
  readonly durability: "relaxed" | "strict";
  /** "revision": each set and delete is checked by the relay against the entry it was written over. */
  readonly conflict?: "last-write-wins" | "revision";
  /** The tab decides on conflicts when it is asked. Default: false. */
  readonly resolvesConflicts?: boolean;
  /** What is to be kept of the bucket on this device, before any session begins. Default: as it is. */
  readonly follow?: readonly PackedKey[];
  /** How the bucket is to be kept from here on, as far as it is said. Default: as it is. */
  readonly settings?: Partial<BucketSettings>;
  /** The tab is not visible now: the host of a visible one had better carry the session. Default: false. */
  readonly hidden?: boolean;
  /** The tab answers `token` events. Default: false. */
  readonly givesTokens?: boolean;
  /** Nothing is written by this host: no row, no page, and no session with the relay. Default: false. */
  readonly readonly?: boolean;
}

/** What a call came to. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: PackedError };

/** Calls that wait long, or are seldom made. */
export interface HostCalls {
  status: Record<string, never>;
  /** The page goes, perhaps to come back: until `wake` no transaction is begun and no session carried. */
  rest: Record<string, never>;
  /** The page is back or looked at again: what was missed is read, the relay is tried at once. */
  wake: { readonly visible: boolean };
  /** The page is hidden: the host of a visible one had better carry the session. */
  hide: Record<string, never>;
  /** What became of a `token` event. */
  token: { readonly id: number; readonly answer: Outcome<string> };
  pause: { readonly paused: boolean };
  flush: Record<string, never>;
  /** Follows these prefixes from here on, on this device: in all its tabs. */
  follow: { readonly prefixes: readonly PackedKey[] };
  unsynced: Record<string, never>;
  /** Has the other tabs let go of the bucket, and waits a moment for those that answer. */
  endOthers: Record<string, never>;
  settled: { readonly versionstamp: Versionstamp };
  /** As `settled`, of a commit that was made with `confirm`; not longer than a ruling may take. */
  confirm: { readonly versionstamp: Versionstamp };
  /** Whether the caller of a commit made with `confirm` was told that it was rejected. */
  heard: { readonly versionstamp: Versionstamp; readonly isHeard: boolean };
  rejected: Record<string, never>;
  superseded: Record<string, never>;
  retry: { readonly id: string };
  discard: { readonly id: string };
  /** Answers the event `conflicts` of a round. */
  resolve: { readonly round: number; readonly resolutions: readonly TransportResolution[] };
  /** Deletions made longer ago than this leave the pages. */
  forgetDeletions: { readonly olderThanMs: number };
  /** A step of a backup or a restore. */
  transfer: { readonly step: TransferStep };
  /** Keeps a document in fewer bytes; false, and nothing done, where its confirmed updates are not those any more. */
  compact: Compaction;
  attend: Attendance;
  aware: OwnPresence;
}

/** A call with its argument. */
export type HostCall = { [K in keyof HostCalls]: { readonly type: K } & HostCalls[K] }[keyof HostCalls];

export interface HostCallResults {
  /** `trouble`: what its upkeep failed with last, unless it went well since. */
  status: TransportBucketStatus & { readonly trouble: PackedError | null };
  rest: undefined;
  wake: undefined;
  hide: undefined;
  token: undefined;
  pause: undefined;
  flush: undefined;
  follow: undefined;
  unsynced: Unsynced;
  endOthers: undefined;
  settled: TransportSettled;
  confirm: TransportSettled;
  heard: undefined;
  superseded: readonly TransportSuperseded[];
  rejected: readonly TransportRejectedGroup[];
  retry: undefined;
  discard: undefined;
  resolve: undefined;
  /** How many there were. */
  forgetDeletions: number;
  transfer: Transferred;
  compact: boolean;
  attend: undefined;
  aware: undefined;
}

/** The surface that a tab sees of its host, by Comlink or directly. */
export interface HostApi {
  /** Opens the bucket; `onEvents` hears until `close`. The result names the host's own Web Lock. */
  open(
    options: HostOpenOptions,
    onEvents: (events: readonly HostEvent[]) => void,
  ): Promise<Outcome<{ readonly lock: string }>>;
  /** Requests of one turn; they take effect in order. */
  batch(requests: readonly HostRequest[]): Promise<readonly HostAnswer[]>;
  call<K extends keyof HostCalls>(type: K, argument: HostCalls[K]): Promise<Outcome<HostCallResults[K]>>;
  /** Starts a feed under a number of the tab's choice. */
  openFeed(id: number, request: FeedRequest): Promise<void>;
  /** Asks for a feed's next item, which comes as an event as soon as there is one. Nothing is sent unasked. */
  pullFeed(id: number): Promise<void>;
  closeFeed(id: number): Promise<void>;
  close(): Promise<void>;
}
