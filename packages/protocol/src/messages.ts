/**
 * The messages between a replica and the relay, as both sides hold them in memory. How they look on
 * the wire is codec.ts; what they mean, and in which order they may come, is PROTOCOL.md.
 */
import type {
  Commit,
  CommitLimits,
  CommitResult,
  EpochId,
  PackedKey,
  Patch,
  PatchEntry,
  ReplicaId,
  Revision,
  Scope,
  Stamp,
} from "@rockpool/model";

/** Raised whenever a message changes in a way an older peer cannot read. */
export const protocolVersion = 2;

/** Opens a session. The first message on a socket. */
export interface Hello {
  readonly type: "hello";
  /** The versions the replica speaks, both inclusive. */
  readonly protocol: { readonly min: number; readonly max: number };
  readonly bucket: string;
  readonly replica: ReplicaId;
  /** The point in the bucket's history the replica has received; epoch null and 0 for a new one. */
  readonly epoch: EpochId | null;
  readonly cursor: Revision;
  readonly follow: Scope;
  /** Proof of who asks, when the relay wants one. */
  readonly token?: string;
  /** The replica's clock, in ms since 1970. */
  readonly clockMs: number;
}

/** Commits to be ruled, in log order. Answered by `ruled`, commit by commit. */
export interface Push {
  readonly type: "push";
  readonly commits: readonly Commit[];
}

/**
 * Asks for patches from a cursor on: because one that came did not follow on the replica's, because
 * the last one said `paused`, or to end a fill.
 */
export interface Pull {
  readonly type: "pull";
  readonly epoch: EpochId;
  readonly from: Revision;
  /** Entries up to this revision came by pages: patches leave them out, not the results. */
  readonly filledTo?: Revision;
}

/**
 * Asks for the next page of all entries in the scope, or of a part of it, by key: those behind `after`,
 * "" for the first.
 * From here to the next `pull` the relay sends no patches.
 */
export interface Fill {
  readonly type: "fill";
  readonly epoch: EpochId;
  readonly after: PackedKey;
  /** Only what lies under this prefix, which is in the scope. */
  readonly within?: PackedKey;
}

/** Another proof of who asks, before the last one ends. Of the same subject. */
export interface Auth {
  readonly type: "auth";
  readonly token: string;
}

/** Asks whether the relay's entries in the scope, at a revision, are those of this hash (`hashEntries`). */
export interface Verify {
  readonly type: "verify";
  readonly epoch: EpochId;
  readonly at: Revision;
  readonly hash: string;
}

/** Asks for a sign of life and the head. */
export interface Ping {
  readonly type: "ping";
  /** Comes back in the pong. */
  readonly id: number;
}

/**
 * Asks who is present at these documents, from now on: the whole list each time, of at most
 * `attendedKeysMax` keys. Answered by what is known of those who are there.
 */
export interface Attend {
  readonly type: "attend";
  readonly keys: readonly PackedKey[];
}

/**
 * Who is present at an attended document: an awareness update of y-protocols, of at most `awareBytesMax`.
 * Up: of this replica's device. Down: of others. Part of no history, and lost without harm.
 */
export interface Aware {
  readonly type: "aware";
  readonly key: PackedKey;
  readonly update: Uint8Array;
}

/** What a relay allows; a replica checks its commits against them before it keeps them. */
export interface RelayLimits extends CommitLimits {
  /** Commits and bytes pushed and not yet ruled, at most. */
  readonly pushCommitsMax: number;
  readonly pushBytesMax: number;
}

/** Answers a hello. What follows are patches from the hello's cursor (or from 0 after a reset). */
export interface Welcome {
  readonly type: "welcome";
  readonly protocol: number;
  /** The epoch now. */
  readonly epoch: EpochId;
  /** False when patches cannot go on from the hello's (epoch, cursor): the replica fills anew. */
  readonly valid: boolean;
  /**
   * The last revision of the history that the replica received and the relay still has: the hello's
   * cursor, unless the relay lost what came after; 0 where it does not know.
   */
  readonly shared: Revision;
  readonly head: Revision;
  /** What is followed and may be read. */
  readonly scope: Scope;
  /** Whom the token names; null where the relay asks for none. */
  readonly subject: string | null;
  /** How long the token holds, in ms; null: for ever. */
  readonly expiresInMs: number | null;
  readonly limits: RelayLimits;
  /** The relay's clock when it answered, in ms since 1970, and the hello's `clockMs` again. */
  readonly clockMs: number;
  readonly helloClockMs: number;
}

/** Rulings on pushed commits, in the order they were pushed. */
export interface Ruled {
  readonly type: "ruled";
  readonly results: readonly CommitResult[];
}

/** A stretch of history. */
export interface PatchMessage {
  readonly type: "patch";
  readonly epoch: EpochId;
  readonly scope: Scope;
  readonly patch: Patch;
  /** The relay sends no more of this catch-up until it is asked, by a pull from `patch.to` or a fill. */
  readonly paused?: true;
}

/** A run of the scope's entries by key, without tombstones: all those in (`after`, `next`]. Answers a fill. */
export interface PageMessage {
  readonly type: "page";
  readonly epoch: EpochId;
  readonly scope: Scope;
  readonly after: PackedKey;
  /** Where the next page begins; null when this is the last. */
  readonly next: PackedKey | null;
  /** The head of the history when it was read. */
  readonly head: Revision;
  readonly entries: readonly PatchEntry[];
  /** The highest stamp among the entries and the tombstones passed by, for the replica's clock. */
  readonly stamp: Stamp;
}

/** The token of an `auth` holds. */
export interface Renewed {
  readonly type: "renewed";
  /** How long, in ms; null: for ever. */
  readonly expiresInMs: number | null;
}

/** Answers a verify. */
export interface Verified {
  readonly type: "verified";
  readonly at: Revision;
  /** Null: the head had moved on, or the history is another; ask again when all is quiet. */
  readonly equal: boolean | null;
}

/** Answers a ping. */
export interface Pong {
  readonly type: "pong";
  readonly id: number;
  readonly head: Revision;
}

/**
 * - `version`: no common protocol version. - `malformed`: what came is no message.
 * - `too-large`: a frame or a push over the limits. - `unauthorized`: no token, or none that holds.
 * - `scope`: what the token may read or write changed; come back at once.
 * - `busy`: try again later. - `closing`: the relay is going down. - `internal`: the relay's fault.
 */
export type SessionErrorCode =
  | "version"
  | "malformed"
  | "too-large"
  | "unauthorized"
  | "scope"
  | "busy"
  | "closing"
  | "internal";

/** Ends the session; the socket is closed after it. */
export interface SessionError {
  readonly type: "error";
  readonly code: SessionErrorCode;
  /** Names the value, the limit and the remedy. */
  readonly message: string;
  /** Do not come back sooner, in ms. */
  readonly retryAfterMs?: number;
}

export type UpMessage = Hello | Push | Pull | Fill | Auth | Verify | Ping | Attend | Aware;
export type DownMessage =
  | Welcome
  | Ruled
  | PatchMessage
  | PageMessage
  | Renewed
  | Verified
  | Pong
  | Aware
  | SessionError;
