/**
 * The messages between a replica and the relay, as both sides hold them in memory. How they look on
 * the wire is codec.ts; what they mean, and in which order they may come, is PROTOCOL.md.
 */
import type { Commit, CommitResult, EpochId, PackedKey, Patch, ReplicaId, Revision } from "@rockpool/model";

/** Raised whenever a message changes in a way an older peer cannot read. */
export const protocolVersion = 1;

/** Prefixes as packed keys; [""] is the whole bucket. Sorted, none a prefix of another. */
export type Scope = readonly PackedKey[];

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

/** Asks for patches from a cursor on, because one that came did not follow on the replica's. */
export interface Pull {
  readonly type: "pull";
  readonly epoch: EpochId;
  readonly from: Revision;
}

/** Asks for a sign of life and the head. */
export interface Ping {
  readonly type: "ping";
  /** Comes back in the pong. */
  readonly id: number;
}

/** What a relay allows; a replica checks its commits against them before it keeps them. */
export interface RelayLimits {
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  readonly checksMax: number;
  readonly mutationsMax: number;
  readonly commitBytesMax: number;
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
  /** False when the hello's (epoch, cursor) lies in no history of this relay: patches start at 0. */
  readonly valid: boolean;
  readonly head: Revision;
  readonly scope: Scope;
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
 * - `busy`: try again later. - `closing`: the relay is going down. - `internal`: the relay's fault.
 */
export type SessionErrorCode =
  | "version"
  | "malformed"
  | "too-large"
  | "unauthorized"
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

export type UpMessage = Hello | Push | Pull | Ping;
export type DownMessage = Welcome | Ruled | PatchMessage | Pong | SessionError;
