/**
 * What a host hears from its part in syncing, some of it said by other tabs.
 */
import type { EndReason } from "../host-end.ts";

export interface SyncListener {
  readonly onFailure: (error: unknown) => void;
  /** The session of this device with the relay came or went, whoever carries it. */
  readonly onSession: () => void;
  /** In another tab the app left these rejected groups in the list. */
  readonly onUndecided: (ids: readonly string[]) => void;
  /** Another tab has this host let go of the bucket. */
  readonly onEnded: (why: EndReason) => void;
}
