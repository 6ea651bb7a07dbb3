/**
 * What the session machine knows, hears and asks for, as data: its states, its events and its
 * effects. session.ts says what follows from what.
 */
import type { CommitResult, KvError } from "@rockpool/model";
import type { DownMessage, Hello, UpMessage, Welcome } from "@rockpool/protocol";
import type { PushWindow } from "./push.ts";
import type { ReceivedPatch, ReceivedRulings } from "./receive.ts";
import type { ReplicaState } from "./state.ts";

/**
 * - `off`: this host is not to sync. - `waiting` to connect. - `connecting`. - `greeting`: hello sent.
 * - `adopting`: the welcome is on its way into the log. - `live`. - `stopped`: needs the app.
 */
export type SessionPhase = "off" | "waiting" | "connecting" | "greeting" | "adopting" | "live" | "stopped";

export interface Session {
  readonly phase: SessionPhase;
  /** When the machine wants a `timer` event, in ms since 1970. */
  readonly wakeAtMs: number | null;
  /** Failed connections in a row, for the backoff. */
  readonly attempts: number;
  readonly liveSinceMs: number | null;
  readonly pingedAtMs: number | null;
  readonly hello: Hello | null;
  readonly welcome: Welcome | null;
  readonly window: PushWindow;
  /** Rulings heard here that no patch has applied yet: their revisions lie past the received cursor. */
  readonly rulings: readonly CommitResult[];
  readonly error: KvError | null;
}

export type SessionEvent =
  | { readonly type: "start" }
  | { readonly type: "stop" }
  /** Worth trying now: the network came back, the page became visible. */
  | { readonly type: "wake" }
  | { readonly type: "opened" }
  | { readonly type: "closed"; readonly permanent: boolean; readonly reason: string }
  | { readonly type: "message"; readonly message: DownMessage }
  /** What became of an `adopt`: appended, or the replica is no longer what the hello said. */
  | { readonly type: "adopted"; readonly ok: boolean }
  /** A patch did not follow on what was received. */
  | { readonly type: "gap" }
  /** The replica's state moved. */
  | { readonly type: "folded" }
  /** Somebody wants to know the relay's head. */
  | { readonly type: "probe"; readonly id: number }
  | { readonly type: "timer" };

export type SessionEffect =
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "send"; readonly messages: readonly UpMessage[] }
  | { readonly type: "adopt"; readonly hello: Hello; readonly welcome: Welcome }
  | { readonly type: "receive"; readonly received: ReceivedPatch }
  | { readonly type: "settle"; readonly settled: ReceivedRulings }
  | { readonly type: "probed"; readonly id: number; readonly head: number };

/** What an event brings from outside the machine. */
export interface SessionContext {
  readonly nowMs: number;
  /** A draw from [0, 1) for the backoff's jitter. */
  readonly random: number;
  readonly bucket: string;
  readonly replica: ReplicaState;
}

export interface SessionStep {
  readonly session: Session;
  readonly effects: readonly SessionEffect[];
}
