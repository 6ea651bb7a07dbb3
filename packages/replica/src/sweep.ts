/**
 * The sweep: which entries have ended by a clock, and which deletions need no longer be remembered.
 * It only names them, in a row; the fold does the rest in every tab alike.
 */
import type { ExpireRow, PageEntry } from "@rockpool/log";
import { deletionMs, laterVersionstamp, type PackedKey, zeroVersionstamp } from "@rockpool/model";
import type { Pages } from "./page-index.ts";
import type { Confirmed, ReplicaState } from "./state.ts";
import { confirmedOf, isExpired } from "./view.ts";

/** What a sweep takes. */
export interface SweepLimits {
  /** The clock, in ms since 1970. */
  readonly nowMs: number;
  /** Deletions made up to here, in ms since 1970, are forgotten. */
  readonly deletedUntilMs: number;
}

/** What the background sweep takes: deletions that were remembered for as long as they must be. */
export const dueAt = (nowMs: number): SweepLimits => ({ nowMs, deletedUntilMs: nowMs - deletionMs });

/** When an entry or a deletion is due, in ms since 1970; undefined: never, or it was swept. */
export const dueMsOf = ({ expireAt, keptUntil }: Confirmed): number | undefined =>
  expireAt ?? (keptUntil === 0 ? undefined : keptUntil);

/** The keys among a page's entries, or the overlay's if none are given, that a sweep may take. */
export const sweepableKeys = (
  state: ReplicaState,
  entries: Iterable<PageEntry> | undefined,
  limits: SweepLimits,
): readonly PackedKey[] => {
  const keys: PackedKey[] = [];
  if (entries !== undefined) {
    // What memory says of a key stands above its page.
    for (const entry of entries) {
      if (state.overlay.get(entry.key)?.entry === undefined && isSweepable(state, entry, limits)) {
        keys.push(entry.key);
      }
    }
    return keys;
  }
  for (const [key, { entry }] of state.overlay) {
    if (entry !== undefined && isSweepable(state, entry, limits)) keys.push(key);
  }
  return keys;
};

/** The row that sweeps those of `keys` that still are to be; undefined when there are none. Void when `pages` notes something lacking. */
export const decideSweep = (
  state: ReplicaState,
  pages: Pages,
  keys: readonly PackedKey[],
  limits: SweepLimits,
): ExpireRow | undefined => {
  const expired: PackedKey[] = [];
  const forgotten: PackedKey[] = [];
  let forgottenUpTo = zeroVersionstamp;
  for (const key of keys) {
    const confirmed = confirmedOf(state, pages, key);
    if (!isSweepable(state, confirmed, limits)) continue;
    if (confirmed.value !== undefined) expired.push(key);
    else {
      forgotten.push(key);
      forgottenUpTo = laterVersionstamp(forgottenUpTo, confirmed.versionstamp);
    }
  }
  if (expired.length === 0 && forgotten.length === 0) return undefined;
  return { type: "expire", expired, forgotten, forgottenUpTo, readingMs: limits.nowMs };
};

/** With a relay, the relay alone removes what has ended; replicas hide it. */
const isSweepable = (
  state: ReplicaState,
  { value, expireAt, keptUntil }: { [K in "value" | "expireAt" | "keptUntil"]?: Confirmed[K] | undefined },
  { nowMs, deletedUntilMs }: SweepLimits,
): boolean =>
  value === undefined
    ? keptUntil !== undefined && keptUntil !== 0 && keptUntil - deletionMs <= deletedUntilMs
    : state.replica === null && isExpired({ value, expireAt }, nowMs);
