/**
 * What the session machine knows, hears and asks for, as data: its states, its events and its
 * effects. session.ts says what follows from what.
 */
import type { CommitResult, EpochId, KvError, PackedKey, PatchEntry, Revision, Stamp } from "@rockpool/model";
import type { DownMessage, Hello, UpMessage, Welcome } from "@rockpool/protocol";
import type { PushWindow } from "./push.ts";
import type { ReceivedPatch, ReceivedRulings } from "./receive.ts";
import type { ReplicaState } from "./state.ts";

/**
 * - `off`: this host is not to sync. - `waiting` to connect. - `asking` the app for a token.
 * - `connecting`. - `greeting`: hello sent. - `adopting`: the welcome is on its way into the log. - `live`.
 * - `filling`: live, and taking all entries of the scope anew. - `refused`: the relay wants another token.
 * - `stopped`: needs the app.
 */
export type SessionPhase =
  | "off"
  | "waiting"
  | "asking"
  | "connecting"
  | "greeting"
  | "adopting"
  | "live"
  | "filling"
  | "refused"
  | "stopped";

/** A fill under way: pages by key until the last one, then patches until they are up to date. */
export interface FillProgress {
  /** Tells it from earlier fills of this session. */
  readonly id: number;
  readonly stage: "pages" | "patches" | "ready";
  /** The part of the scope that pages are asked for; undefined for all of it. */
  readonly within: PackedKey | undefined;
  /** The parts that come after it, in key order. */
  readonly rest: readonly FillSource[];
  /** Where the next page begins. */
  readonly after: PackedKey;
  /** The head of the history when the first page was read, if all entries come by pages; else null. */
  readonly filledTo: Revision | null;
  /** The highest head that any page was read at: the patches must reach it. */
  readonly head: Revision;
  /** Up to where patches have come. */
  readonly received: Revision;
  /** Pages and patches that are on their way into storage. */
  readonly storing: number;
  /** The next page is not asked for before there is room. */
  readonly isHeld: boolean;
}

/** Where the entries under a prefix come from: from the relay, or from what is confirmed here. */
export interface FillSource {
  readonly from: "relay" | "here";
  readonly prefix: PackedKey;
}

export interface Session {
  readonly phase: SessionPhase;
  /** When the machine wants a `timer` event, in ms since 1970. */
  readonly wakeAtMs: number | null;
  /** Failed connections in a row, for the backoff. */
  readonly attempts: number;
  readonly liveSinceMs: number | null;
  /** While live: when to ask the relay for a sign of life, or to give it up. */
  readonly pingAtMs: number | null;
  readonly pingedAtMs: number | null;
  /** While live: when to ask the app for another token. */
  readonly renewAtMs: number | null;
  /** What the app gave last. */
  readonly token: string | null;
  /** The relay refused a token: it is asked for one more, and no further. */
  readonly wasRefused: boolean;
  readonly hello: Hello | null;
  readonly welcome: Welcome | null;
  /** The highest revision that the relay is known to have reached. */
  readonly head: Revision;
  readonly window: PushWindow;
  /** Rulings heard here that no patch has applied yet: their revisions lie past the received cursor. */
  readonly rulings: readonly CommitResult[];
  /** Where the relay paused a catch-up: it is asked to go on once all up to there is stored. */
  readonly pausedAt: Revision | null;
  readonly fill: FillProgress | null;
  /** Fills begun, of all connections. */
  readonly fills: number;
  /** The revision at which this replica is being compared with the relay. */
  readonly comparingAt: Revision | null;
  readonly error: KvError | null;
}

/** What a session hears of, besides messages. */
export type SessionEvent =
  | { readonly type: "start" }
  | { readonly type: "stop" }
  /** Worth trying now: the network came back, the page became visible. */
  | { readonly type: "wake" }
  | { readonly type: "token"; readonly token: string }
  /** The app gave no token. */
  | { readonly type: "tokenless"; readonly reason: string }
  | { readonly type: "opened" }
  | { readonly type: "closed"; readonly permanent: boolean; readonly reason: string }
  | { readonly type: "message"; readonly message: DownMessage }
  /** What became of an `adopt`: appended, the replica is no longer what the hello said, or is somebody else's. */
  | { readonly type: "adopted"; readonly outcome: "taken" | "moved" | "subject" }
  /** A patch did not follow on what was received. */
  | { readonly type: "gap" }
  /** The replica's state moved. */
  | { readonly type: "folded" }
  /** One `storeFill` is done. */
  | { readonly type: "stored"; readonly id: number }
  /** A fill ended: revealed, or given up because the replica moved on or storage failed. */
  | { readonly type: "filled"; readonly id: number; readonly ok: boolean; readonly reason?: string }
  /** The hash of what is confirmed here; null when it moved on meanwhile. */
  | { readonly type: "hashed"; readonly at: Revision; readonly hash: string | null }
  /** Somebody wants to know the relay's head. */
  | { readonly type: "probe"; readonly id: number }
  | { readonly type: "timer" };

export type SessionEffect =
  | { readonly type: "askToken" }
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "send"; readonly messages: readonly UpMessage[] }
  | { readonly type: "adopt"; readonly hello: Hello; readonly welcome: Welcome }
  | { readonly type: "receive"; readonly received: ReceivedPatch }
  | { readonly type: "settle"; readonly settled: ReceivedRulings }
  | { readonly type: "probed"; readonly id: number; readonly head: number }
  | { readonly type: "beginFill"; readonly id: number }
  | { readonly type: "storeFill"; readonly id: number; readonly part: FillPart }
  | { readonly type: "copyFill"; readonly id: number; readonly prefix: PackedKey }
  | { readonly type: "revealFill"; readonly id: number; readonly to: Revision }
  | { readonly type: "abortFill"; readonly id: number }
  | { readonly type: "hash"; readonly at: Revision }
  | { readonly type: "compared"; readonly epoch: EpochId; readonly at: Revision; readonly equal: boolean };

/** What a page or a patch brings to a fill. */
export interface FillPart {
  readonly entries: readonly PatchEntry[];
  readonly results: readonly CommitResult[];
  readonly stamp: Stamp;
}

/** What an event brings from outside the machine. */
export interface SessionContext {
  readonly nowMs: number;
  /** A draw from [0, 1) for the backoff's jitter. */
  readonly random: number;
  readonly bucket: string;
  /** The app gives tokens. */
  readonly givesTokens: boolean;
  readonly replica: ReplicaState;
}

export interface SessionStep {
  readonly session: Session;
  readonly effects: readonly SessionEffect[];
}

/** What follows from an event of one kind in one phase. */
export type Handler<Event> = (session: Session, event: Event, context: SessionContext) => SessionStep;

export const stay = (session: Session): SessionStep => ({ session, effects: [] });
