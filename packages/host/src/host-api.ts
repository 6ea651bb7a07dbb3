/**
 * What a tab asks of its host, and what it hears: plain data that structured clone carries. Requests
 * of one turn travel in one call; long waits and streams have calls of their own. Failures are
 * values, so that errors arrive with class, code and cause.
 */
import type {
  Mutation,
  PackedError,
  PackedKey,
  PackedRange,
  RejectionReason,
  Value,
  Versionstamp,
} from "@rockpool/model";

/** A value between tab and host: as encoded, or a clone where only the host has the codec. */
export type TransportValue =
  | Exclude<Value, { encoding: "rich" }>
  | { readonly encoding: "clone"; readonly data: unknown };

export interface TransportEntry {
  readonly key: PackedKey;
  /** Undefined: there is no entry. */
  readonly value: TransportValue | undefined;
  readonly versionstamp: Versionstamp | null;
  /** Undefined in a bucket without a relay; null for an entry that was never confirmed. */
  readonly revision: number | null | undefined;
  readonly pending: boolean;
}

export type TransportMutation =
  | {
      readonly type: "set";
      readonly key: PackedKey;
      readonly value: TransportValue;
      /** Ms from now: only the host knows the relay's clock, by which an entry ends. */
      readonly expireIn?: number;
    }
  | Exclude<Mutation, { type: "set" }>;

export type HostRequest =
  | { readonly type: "read"; readonly keys: readonly PackedKey[]; readonly strong: boolean }
  | {
      readonly type: "list";
      readonly range: PackedRange;
      readonly limit: number;
      readonly reverse: boolean;
      readonly strong: boolean;
    }
  | {
      readonly type: "commit";
      readonly checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[];
      readonly mutations: readonly TransportMutation[];
    };

export type HostAnswer =
  | { readonly type: "entries"; readonly entries: readonly TransportEntry[] }
  /** Null: a check does not hold. */
  | { readonly type: "committed"; readonly versionstamp: Versionstamp | null }
  | { readonly type: "error"; readonly error: PackedError };

export interface TransportRejectedCommit {
  readonly versionstamp: Versionstamp;
  readonly reason: RejectionReason;
  readonly checks: readonly PackedKey[];
  readonly mutations: readonly TransportRejectedMutation[];
}

export interface TransportRejectedMutation {
  readonly type: Mutation["type"];
  readonly key: PackedKey;
  readonly mine: TransportValue | undefined;
  readonly theirs: TransportEntry;
}

export interface TransportRejectedGroup {
  readonly id: string;
  readonly commits: readonly TransportRejectedCommit[];
}

export interface TransportSuperseded {
  readonly versionstamp: Versionstamp;
  readonly mutation: TransportRejectedMutation;
}

export interface TransportStatus {
  readonly state: "off" | "connecting" | "syncing" | "synced" | "offline" | "paused" | "stopped";
  readonly pending: number;
  readonly oldestPendingMs: number | null;
  readonly rejected: number;
  readonly tabs: number;
  readonly syncing: boolean;
  readonly error: PackedError | null;
}

export type TransportSettled =
  | { readonly type: "confirmed"; readonly revision: number; readonly superseded: readonly PackedKey[] }
  | { readonly type: "rejected"; readonly reason: RejectionReason };

/** What a host tells its tab unasked. */
export type HostEvent =
  | {
      readonly type: "feed";
      readonly id: number;
      readonly initial: boolean;
      readonly entries: readonly TransportEntry[];
      readonly versionstamp: Versionstamp;
    }
  | { readonly type: "feed-error"; readonly id: number; readonly error: PackedError }
  | { readonly type: "status"; readonly status: TransportStatus }
  | { readonly type: "rejected"; readonly groups: readonly TransportRejectedGroup[] }
  | { readonly type: "superseded"; readonly writes: readonly TransportSuperseded[] };

export interface HostOpenOptions {
  /** The bucket's name, as the relay knows it. */
  readonly bucket: string;
  /** The database's name on this device; it is part of the names of locks and channels. */
  readonly database: string;
  readonly relay?: string;
  readonly durability: "relaxed" | "strict";
}

/** What a call came to. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: PackedError };

/** Calls that wait long, or are seldom made. */
export interface HostCalls {
  /** The page is looked at again: what was missed is read, the relay is tried at once. */
  wake: Record<string, never>;
  pause: { readonly paused: boolean };
  flush: Record<string, never>;
  settled: { readonly versionstamp: Versionstamp };
  rejected: Record<string, never>;
  retry: { readonly id: string };
  discard: { readonly id: string };
}

export interface HostCallResults {
  wake: undefined;
  pause: undefined;
  flush: undefined;
  settled: TransportSettled;
  rejected: readonly TransportRejectedGroup[];
  retry: undefined;
  discard: undefined;
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
  openFeed(id: number, selector: FeedRequest, pending: boolean): Promise<void>;
  closeFeed(id: number): Promise<void>;
  close(): Promise<void>;
}

/** What a feed is about. */
export type FeedRequest =
  | { readonly type: "keys"; readonly keys: readonly PackedKey[] }
  | { readonly type: "range"; readonly range: PackedRange };
