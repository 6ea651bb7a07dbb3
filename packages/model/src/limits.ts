/**
 * Every limit of Rockpool, with unit and source. Checked at the call; the relay checks again and
 * advertises its own at hello. All lie at or above Deno KV's, so data can move here from there.
 */

/** Longest packed key, in bytes. Source: Deno KV, ext/kv/config.rs. */
export const keyBytesMax = 2048;
/** Largest value, in bytes as encoded: 1 MiB (Deno: 64 KiB). */
export const valueBytesMax: number = 1024 * 1024;
/** Largest document, in bytes of all its updates: 8 MiB. One update is a value, and has its limit. */
export const documentBytesMax: number = 8 * 1024 * 1024;

/** Largest presence under one document, in bytes, as one tab tells of it. */
export const awareBytesMax: number = 64 * 1024;
/** Documents whose presences one tab, and one session with the relay, may attend. */
export const attendedKeysMax = 1000;

/** Checks in one commit (Deno: 100). */
export const checksMax = 1000;
/** Mutations in one commit (Deno: 1,000). */
export const mutationsMax = 10_000;
/** Keys and values of one commit together, in bytes: 8 MiB (Deno: 800 KiB). */
export const commitBytesMax: number = 8 * 1024 * 1024;
/** Keys of one getMany or watch (Deno: 10). */
export const readKeysMax = 10_000;
/** Entries of one batch of a list (Deno: 1,000). */
export const listBatchMax = 1000;
/** Entries of one batch of a list when nothing is said. Source: Deno KV. */
export const listBatchDefault = 100;

/** What a commit may be, by the relay's word. Units as in the limits of the same names. */
export interface CommitLimits {
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
  readonly checksMax: number;
  readonly mutationsMax: number;
  readonly commitBytesMax: number;
}

/** Versions kept of a key, the current one included. Source: NATS KV, ADR-8. */
export const historyMax = 64;

/** Commits that share one row of the log, at most. */
export const groupCommitsMax = 4096;
/** Bytes of the commits that share one row of the log, at most (or one larger commit). */
export const groupBytesMax: number = 4 * 1024 * 1024;
/** Bytes of commits that may wait for the relay before a write is refused with `pending-full`. */
export const pendingBytesMax: number = 64 * 1024 * 1024;

/** A clock ahead of the relay's by more than this, in ms, is stamped anew by the relay. */
export const clockAheadMsMax = 60_000;
/** How long a device remembers a deletion that needs it no more, in ms: 30 days. Feeds resume that far back. */
export const deletionMs: number = 30 * 24 * 60 * 60 * 1000;
/** How long the relay keeps deletions, in ms: 90 days. */
export const retentionMs: number = 90 * 24 * 60 * 60 * 1000;
/** How long the relay keeps the result of a commit, in ms: 30 days. */
export const resultMs: number = 30 * 24 * 60 * 60 * 1000;
/** How long the relay remembers which of a host's commits it has ruled on, in ms: 400 days after the last. */
export const hostMs: number = 400 * 24 * 60 * 60 * 1000;

/** What a commit may be where no relay says less. */
export const commitLimits: CommitLimits = {
  keyBytesMax,
  valueBytesMax,
  checksMax,
  mutationsMax,
  commitBytesMax,
};
