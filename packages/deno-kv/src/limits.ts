/**
 * Deno KV's limits. Rockpool's own are wider; code that runs here must run there, so these hold.
 * Source: denoland/deno, ext/kv/config.rs and ext/kv/01_db.ts; the boundaries as measured on Deno 2.9.6.
 */

/** Longest key to write, in bytes as packed. */
export const writeKeyBytesMax = 2048;
/** Longest key or bound to read, in bytes as packed; of a `get` the byte behind the key counts. */
export const readKeyBytesMax = 2049;
/** Largest value, in bytes as V8 serializes it. */
export const valueBytesMax = 65_536;
/** Keys of one getMany. */
export const readRangesMax = 10;
/** Keys of one watch. */
export const watchedKeysMax = 10;
/** Entries of one batch of a list. */
export const batchEntriesMax = 1000;
export const checksMax = 100;
/** Mutations and messages of one commit. */
export const mutationsMax = 1000;
/** Checks, keys (twice where there is a value), values and messages of one commit, in bytes. */
export const commitBytesMax: number = 800 * 1024;
/** Keys of one commit that carry values, in bytes. */
export const commitKeyBytesMax: number = 80 * 1024;
/** Latest moment at which an entry may end, in ms since 1970: the last of chrono's year 262142. */
export const expireAtMsMax = 8_210_266_876_799_999;

/** Longest delay of a message, in ms. */
export const delayMsMax: number = 30 * 24 * 60 * 60 * 1000;
/** Intervals of a backoff schedule. */
export const backoffIntervalsMax = 5;
/** Longest interval of one, in ms. */
export const backoffMsMax: number = 60 * 60 * 1000;
/** Intervals before each further attempt when nothing is said, in ms. */
export const backoffDefault: readonly number[] = [100, 1000, 5000, 30_000, 60_000];
/** Bytes that an interval counts in a commit. */
export const backoffIntervalBytes = 4;
/** Messages whose handlers run at the same time in one tab. */
export const handlersMax = 100;
