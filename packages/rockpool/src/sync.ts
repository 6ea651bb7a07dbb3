/**
 * `kv.sync` as an app sees it: the state of the session, and what became of commits.
 */
import type { Key, KvError, RejectionReason } from "@rockpool/model";
import type { KvEntryMaybe } from "./entry.ts";

/**
 * - `off`: the bucket has no relay. - `connecting`. - `syncing`: connected, something is on its way.
 * - `synced`: connected, nothing is pending and all that the relay had is here.
 * - `offline`: no connection, tried again by itself. - `paused`: the app said so.
 * - `unauthorized`: the relay wants another token. - `stopped`: cannot go on by itself; `error` says why.
 */
export type SyncState =
  | "off"
  | "connecting"
  | "syncing"
  | "synced"
  | "offline"
  | "paused"
  | "unauthorized"
  | "stopped";

export interface SyncStatus {
  readonly state: SyncState;
  /** Commits that wait for the relay's ruling. */
  readonly pending: number;
  /** When the oldest of them was made, in ms since 1970; null when there is none. */
  readonly oldestPendingMs: number | null;
  /** Groups of rejected commits that wait for the app's decision. */
  readonly rejected: number;
  /** Tabs (or processes) of this device that have the bucket open. */
  readonly tabs: number;
  /** True when this tab carries the connection for all of them. */
  readonly syncing: boolean;
  /** The last failure of the connection; null while all is well. */
  readonly error: KvError | null;
  /** Prefixes whose keys are kept on this device; `[[]]` is the whole bucket. */
  readonly followed: readonly Key[];
}

/** What became of a commit: its ruling by the relay. */
export type Settled =
  | { readonly type: "confirmed"; readonly revision: number; readonly superseded: readonly Key[] }
  | { readonly type: "rejected"; readonly reason: RejectionReason };

/** A mutation of a rejected commit, beside what stands under its key now. */
export interface RejectedMutation {
  readonly type: "set" | "delete" | "sum" | "min" | "max" | "merge";
  readonly key: Key;
  /** What the commit would have written: the value of a set, the operand of a sum, min or max. */
  readonly mine: unknown;
  /** What is in view now. */
  readonly theirs: KvEntryMaybe<unknown>;
}

export interface RejectedCommit {
  readonly versionstamp: string;
  readonly reason: RejectionReason;
  readonly checks: readonly Key[];
  readonly mutations: readonly RejectedMutation[];
}

/** A rejected commit with those that build on it, kept with their values until the app decides. */
export interface RejectedGroup {
  /** Names the group in `retry` and `discard`. */
  readonly id: string;
  readonly commits: readonly RejectedCommit[];
}

/** A key on which a rejected commit found another entry than it was written over. */
export interface Conflict {
  readonly key: Key;
  /** What was to be set; null: it was to be deleted. */
  readonly mine: unknown;
  /** What is in view now. */
  readonly theirs: KvEntryMaybe<unknown>;
  /** The value that `mine` was written over, where the bucket still has it (option `history`). */
  readonly base?: unknown;
}

/**
 * - "mine": tried again, on what is in view now. - "theirs": discarded, with its whole commit and those
 * that build on it. - a value: tried again with that value in place of mine. - undefined: left in
 * `sync.rejected()`.
 */
export type ConflictAnswer = "mine" | "theirs" | { readonly value: unknown } | undefined;

/** Called for each key in conflict, in one tab; answers at once. */
export type OnConflict = (conflict: Conflict) => ConflictAnswer;

/** A write of an accepted commit that is not to be seen here: all the same, it is what the relay made of it. */
export interface SupersededWrite {
  readonly versionstamp: string;
  readonly mutation: RejectedMutation;
  /**
   * - `superseded`: it was blind, and lost to a later write of the key. - `scope`: its key lies outside the
   * prefixes that this device follows and may read, so what became of the entry is not known here.
   */
  readonly reason: "superseded" | "scope";
  /** The name of the commit that the entry shows instead; null where this device may not know, or of `scope`. */
  readonly winner: string | null;
  /** When that was revealed here, in ms since 1970. */
  readonly ruledAtMs: number;
}

export interface SyncEventMap {
  /** The status changed. */
  status: CustomEvent<SyncStatus>;
  /** The relay rejected commits of this device. */
  rejected: CustomEvent<readonly RejectedGroup[]>;
  /** Writes of this device lost to later ones, or left the view because their keys are not followed. */
  superseded: CustomEvent<readonly SupersededWrite[]>;
  /**
   * This device was found to differ from the relay at a revision, which must not happen: it is filled
   * anew by itself, and its own unsynced commits stay. Report it.
   */
  diverged: CustomEvent<{ readonly revision: number }>;
  /**
   * The bucket can be used no more, though nobody closed it, and every call fails with this: `evicted`,
   * `destroyed`, `closed` when the user signed out in another tab, or `outcome-unknown` when its host is gone. What was not acknowledged by then may be lost.
   */
  ended: CustomEvent<KvError>;
}

/** What is on this device and not safe at the relay. */
export interface UnsyncedWork {
  /** Commits that wait for the relay's ruling. */
  readonly pending: number;
  /** When the oldest of them was made, in ms since 1970; null when there is none. */
  readonly oldestPendingMs: number | null;
  /** Groups of rejected commits that wait for the app's decision. */
  readonly rejected: number;
}

export interface SignOutOptions {
  /**
   * What becomes of what is not synced. - "drain": it is synced first; rejected commits are for the app
   * to decide. - "keep": this device's copy stays for the user's return. - "discard": it is deleted.
   * Default: nothing is done while there is anything.
   */
  readonly unsynced?: "drain" | "keep" | "discard";
  /** Ends the wait of a "drain". */
  readonly signal?: AbortSignal;
}

/** `ok: false`: this is not synced, and nothing was deleted. */
export type SignOutResult = { readonly ok: true } | { readonly ok: false; readonly unsynced: UnsyncedWork };

/** The bucket's relation to its relay. A signal ends a call's wait, not what it asked for. */
export interface Sync {
  readonly status: SyncStatus;
  /** Stops syncing on this device, in every tab, until `resume`; survives a reload. */
  pause(options?: { readonly signal?: AbortSignal }): Promise<void>;
  resume(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Fulfilled when all that is pending at the call is ruled and this device has what the relay had.
   * @throws KvError "offline" when the bucket has no relay or is paused
   */
  flush(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** What became of the commit that was given this versionstamp here; waits for the ruling. @throws KvError "not-found" */
  settled(versionstamp: string, options?: { readonly signal?: AbortSignal }): Promise<Settled>;
  /**
   * Follows these prefixes from here on, in all tabs of this device and after a reload; the last call
   * counts, and the order does not. `[[]]`, as at first, is the whole bucket. What is followed no more
   * leaves the device, what is pending apart; what is followed anew comes by the session.
   */
  follow(prefixes: readonly Key[]): Promise<void>;
  /**
   * Ends the bucket in all tabs of this device, and deletes the device's copy unless it is to be kept. What
   * was edited in this tab's open documents is committed first, unless it is to be discarded.
   * @throws what the save of such an edit fails with; TypeError for an answer that cannot be; KvError "offline" where a "drain" finds syncing paused,
   * "unsupported" without a relay, "blocked" as `destroy`
   */
  signOut(options?: SignOutOptions): Promise<SignOutResult>;
  /** The rejected commits that wait for the app, oldest first: for 90 days, whatever is closed meanwhile. */
  rejected(options?: { readonly signal?: AbortSignal }): Promise<readonly RejectedGroup[]>;
  /** What lost in the last day, oldest first (of the last 4 MB of confirmed commits), as the event told of it. */
  superseded(options?: { readonly signal?: AbortSignal }): Promise<readonly SupersededWrite[]>;
  /** Commits a rejected group again, its checks renewed to what is in view now. @throws KvError "not-found" */
  retry(id: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Forgets a rejected group. @throws KvError "not-found" */
  discard(id: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  addEventListener<K extends keyof SyncEventMap>(
    type: K,
    listener: (event: SyncEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof SyncEventMap>(
    type: K,
    listener: (event: SyncEventMap[K]) => void,
  ): void;
}
