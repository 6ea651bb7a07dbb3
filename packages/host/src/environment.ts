/**
 * All that a host takes from the platform, so that tests and the simulator can stand in for it:
 * clocks, draws, locks, the channel between tabs, sockets.
 */

/** A lock manager as the Web Locks API has it; only what hosts use. */
export type HostLocks = Pick<LockManager, "request" | "query">;

/** A channel to the other hosts of the bucket on this device. */
export interface HostChannel {
  post(message: unknown): void;
  onMessage: ((message: unknown) => void) | null;
  close(): void;
}

/** A connection to the relay that carries text frames. */
export interface HostSocket {
  send(frame: string): void;
  /** Bytes of frames that are not on their way yet. Absent: it cannot tell. */
  unsentBytes?(): number;
  close(): void;
}

export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onFrame: (frame: string) => void;
  /** `permanent`: coming back will not help, as the relay's close code says. */
  readonly onClose: (permanent: boolean, reason: string) => void;
}

export interface HostEnvironment {
  /** Ms since 1970. */
  readonly now: () => number;
  /** A draw from [0, 1). */
  readonly random: () => number;
  /** A random id of letters and digits, never drawn twice. */
  readonly drawId: () => string;
  readonly locks: HostLocks;
  readonly openChannel: (name: string) => HostChannel;
  readonly openSocket: (url: string, events: SocketEvents) => HostSocket;
  /** Calls back after `delayMs`; the result cancels. In Node the process may end before, unless it is `awaited`. */
  readonly setTimer: (callback: () => void, delayMs: number, use?: "awaited") => () => void;
  /** Calls back when the network may have come back or the page is looked at again; the result stops. */
  readonly onWake: (callback: () => void) => () => void;
}
