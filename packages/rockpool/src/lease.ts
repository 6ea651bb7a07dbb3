/**
 * Locks as an app sees them: what it asks for, and what the holder is given.
 */

export interface LockOptions {
  /** The life of a lease, in ms: 100 to 86,400,000. How long others wait for a holder that is gone. */
  readonly ttlMs: number;
  /** Ends the wait for the lock; not the lease, once it is held. */
  readonly signal?: AbortSignal;
}

/** What the holder of a lock is given. */
export interface Lease {
  /**
   * A fencing token: 20 hex digits, greater for every later holder of the key on this device. Pass it on
   * to what must refuse a holder that was late.
   */
  readonly token: string;
  /** Aborts, with a KvError "lock-lost", when the lease has ended or another holds it: what the tab slept through included. */
  readonly signal: AbortSignal;
}
