/**
 * Which tombstones the relay may forget. A commit older than the retention is rejected as `too-old`,
 * so a tombstone whose stamp is older than that has nothing left to win against; and who was away for
 * less than the retention still hears of the deletion, however old the stamp it was made with.
 */
import { clockAheadMsMax, createStamp, hostMs, type Stamp } from "@rockpool/model";
import type { RelayEntry } from "./relay-entry.ts";

/** True for a tombstone that was left before `beforeMs`, by the relay's clock and by its stamp. */
export const isStale = ({ deletedMs, stamp }: RelayEntry, beforeMs: number): boolean =>
  deletedMs !== undefined && deletedMs < beforeMs && stamp < stampAt(beforeMs);

/** How long a host is remembered after its last commit, in ms: until all of its commits are too old. */
export const hostKeptMs = (retentionMs: number): number => Math.max(hostMs, retentionMs + clockAheadMsMax);

/** Every stamp below it is of an earlier millisecond. */
export const stampAt = (ms: number): Stamp => createStamp(Math.max(0, Math.trunc(ms)), 0, "");
