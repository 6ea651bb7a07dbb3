/**
 * The one error class of Rockpool, with a closed set of codes, and the assertion for our own bugs.
 * Misuse of the API throws the class Deno KV throws (TypeError, RangeError); everything a caller
 * can meet without a mistake of its own is a {@link KvError}.
 */

/**
 * - `closed`: the bucket was closed before or during the call.
 * - `unavailable`: storage or worker cannot be had here (blocked, private, no answer at start).
 * - `quota`: the device has no room; nothing of the commit was written.
 * - `lost-connection`: the database handle died and could not be opened again.
 * - `stalled`: the database gave no answer in time; nothing was written.
 * - `evicted`: the browser deleted this site's data while the bucket was open, and the bucket with it; in Node, somebody its file.
 * - `newer-format`: the bucket was written by a newer Rockpool.
 * - `damaged`: what was to be restored is no whole backup; nothing was changed.
 * - `interrupted`: the tab was taken for dead while it restored; nothing was changed.
 * - `corrupt`: what was read breaks an invariant of the format.
 * - `outcome-unknown`: the host ended before it answered; the call may or may not have taken effect.
 * - `pending-full`: more is waiting for the relay than a device may hold.
 * - `offline`: the call needs the relay and there is no session.
 * - `unauthorized`: the relay wants a token, refuses the one it got, or serves another subject.
 * - `not-found`: what the call names (a rejected commit) does not exist any more.
 * - `unsupported`: this bucket or platform cannot do what was asked.
 * - `readonly`: the bucket was opened with `readonly`, and the call writes.
 * - `destroyed`: the bucket was deleted from this device while it was open.
 * - `blocked`: a tab that does not answer keeps the bucket from being deleted, or another process has its file.
 * - `sealed`: a secret cannot be opened: it was changed, or its key is another or gone.
 * - `conflict`: others changed the entry before each of the attempts.
 * - `rejected`: the relay refused the commit; nothing of it was written.
 * - `replaced`: the document that the call edits was deleted or replaced; nothing was written.
 * - `lock-lost`: the lease of a lock ended, or another holds it.
 * - `protocol`: the peer sent what the protocol does not allow, or speaks another version.
 */
export type KvErrorCode =
  | "closed"
  | "unavailable"
  | "quota"
  | "lost-connection"
  | "stalled"
  | "evicted"
  | "newer-format"
  | "damaged"
  | "interrupted"
  | "corrupt"
  | "outcome-unknown"
  | "pending-full"
  | "offline"
  | "unauthorized"
  | "not-found"
  | "unsupported"
  | "readonly"
  | "destroyed"
  | "blocked"
  | "sealed"
  | "conflict"
  | "rejected"
  | "replaced"
  | "lock-lost"
  | "protocol";

/** An error a caller can act on: branch on `code`, show `message`, read `cause` for the origin. */
export class KvError extends Error {
  override readonly name = "KvError";
  readonly code: KvErrorCode;

  constructor(code: KvErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Throws when an invariant of ours is broken: our bug, never the caller's. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Rockpool invariant broken: ${message}`);
}
