/**
 * What can happen in a run, as data that can be printed, pasted and read. Keys are named as the
 * workload names them ("text a"); numbers stand for themselves. kinds.ts says how often each happens
 * and what it does.
 */
import type { RelayConfig } from "@rockpool/relay";

/** A mutation: what, of which key, with which number; the last one of a set is its life in ms. */
export type PlainWrite =
  | readonly ["set", string, number]
  | readonly ["set", string, number, number]
  /** A number rather than a text. */
  | readonly ["set-number", string, number]
  | readonly ["delete", string]
  | readonly ["sum" | "min" | "max", string, number];

/**
 * A write to a document, which its number decides: an edit of what the tab shows, the beginning of another
 * one without a look at what is there, or bytes that are no update.
 */
export type DocumentWrite = readonly ["edit" | "begin" | "scribble", string, number];

export type Write = PlainWrite | DocumentWrite;

type Nothing = Record<never, never>;
interface For {
  readonly forMs: number;
}
interface Lost {
  readonly lostMs: number;
}
interface Down {
  readonly downMs: number;
}

export interface CommitAsked {
  readonly writes: readonly Write[];
  /** On what the tab sees under these keys. */
  readonly check?: readonly string[];
  /** False: what it sees in memory, which may be old. */
  readonly strong?: boolean;
  /** In a row; default once. */
  readonly times?: number;
}

/** Which subject, taken modulo how many there are. */
interface OfSubject {
  readonly subject: number;
}

/** Prefixes of keys, by their names; none is everything. */
export interface PlannedRights {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Limits small enough to be met. */
export type PlannedLimits = Partial<RelayConfig["limits"]>;

/** What each kind of action says besides its type. */
export interface Actions {
  commit: CommitAsked;
  /** One that waits for the relay's ruling. */
  confirm: CommitAsked;
  read: { readonly strong: boolean };
  decide: { readonly retry: boolean };
  /** The device keeps a document in fewer bytes. */
  compact: { readonly document: string };
  /** The app follows these prefixes from here on; none is everything. */
  follow: { readonly prefixes: readonly string[] };
  pause: Nothing;
  resume: Nothing;
  flush: Nothing;
  settled: Nothing;
  checkpoint: Nothing;
  sweep: Nothing;
  "open-tab": Nothing;
  /** Opens so many tabs with the relay, that may end while they open; other pages may go on without it. */
  attach: { readonly tabs: number; readonly diesAfterMs: number | null; readonly isForAll: boolean };
  "close-tab": Nothing;
  "kill-tab": Nothing;
  "freeze-tab": For;
  hide: Nothing;
  wake: { readonly visible: boolean };
  /** The page is put away, as a browser keeps one to come back to. */
  rest: For;
  /** The sync lock is taken away: two hosts carry a session. */
  "steal-sync": Nothing;
  "drop-link": Nothing;
  "half-open-link": Nothing;
  offline: For;
  "hold-link": For;
  "slow-link": For;
  "clock-jump": { readonly byMs: number };
  /** The next transactions of the device's disk fail: before they ran, after, or stored all the same. */
  abort: { readonly when: "before" | "commit" | "after"; readonly times: number };
  "disk-full": For;
  "disk-stall": For;
  /** The device goes off, and what it stored in the last `lostMs` is gone. */
  "power-cut": Lost;
  "restore-device": Lost;
  evict: Nothing;
  clone: Nothing;
  "change-rights": OfSubject & PlannedRights;
  /** The tokens that a subject has hold no more. */
  "withdraw-tokens": OfSubject;
  /** No token of a subject holds. */
  "bar-subject": OfSubject & For;
  /** The device's apps give another subject's tokens, from the next renewal on or for a new session. */
  "wrong-token": For & { readonly renews: boolean };
  /** The device's apps have no token to give, from the next renewal on or for a new session. */
  "no-token": For & { readonly renews: boolean };
  "relay-restart": Down;
  "relay-dies-after-turn": Down;
  /** The relay keeps documents in fewer bytes: now, or while it rules the next turn. */
  "relay-compact": { readonly withTurn: boolean };
  "relay-backup": Nothing;
  "relay-restore": Down;
  /** The relay starts again with these limits, and for the rest its default ones. */
  "relay-limits": Down & { readonly limits: PlannedLimits };
}

export type ActionType = keyof Actions;
export type ActionOf<Type extends ActionType> = { readonly type: Type } & Actions[Type];
export type Action = { [Type in ActionType]: ActionOf<Type> }[ActionType];
