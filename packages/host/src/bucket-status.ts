/**
 * What a bucket holds, as of one state: the size of its pages is known, and the keys that the tail
 * and pending commits touch are compared with them, some at a time so that their pages need not all
 * be in memory. Costs what the tail is long, not what the bucket holds.
 */
import { formatVersion } from "@rockpool/log";
import { lastVersionstampOf, type PackedKey } from "@rockpool/model";
import { memoryKeys, type ReplicaState, sizeChange } from "@rockpool/replica";
import type { TransportBucketStatus } from "./host-api.ts";
import type { Ledger } from "./ledger.ts";

/** Keys compared at a time: each may need a page of its own. */
const keysMax = 1000;
/** Attempts at one state while others commit; then it is had in one go, with all pages it needs. */
const attemptsMax = 20;

export const bucketStatus = async (ledger: Ledger): Promise<TransportBucketStatus> => {
  await ledger.catchUp();
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const status = await statusInPieces(ledger, keysMax);
    if (status !== undefined) return status;
  }
  return (await statusInPieces(ledger, Number.POSITIVE_INFINITY)) as TransportBucketStatus;
};

/** Undefined when a row came between two pieces; one piece is always of one state. */
const statusInPieces = async (ledger: Ledger, piece: number): Promise<TransportBucketStatus | undefined> => {
  let keys: readonly PackedKey[] = [];
  let tail: number | undefined;
  let status: TransportBucketStatus | undefined;
  for (let from = 0; from === 0 || from < keys.length; from += piece) {
    const before = status;
    status = await ledger.read(false, (state, pages) => {
      if (from === 0) [keys, tail] = [memoryKeys(state), state.tail];
      const change = sizeChange(state, pages, keys.slice(from, from + piece));
      const { entries, bytes } = before ?? state.stored;
      return state.tail === tail
        ? { ...statusOf(state), entries: entries + change.entries, bytes: bytes + change.bytes }
        : undefined;
    });
    if (status === undefined) return undefined;
  }
  return status;
};

const statusOf = (state: ReplicaState): Omit<TransportBucketStatus, "entries" | "bytes"> => ({
  format: formatVersion,
  pending: state.pendingCount,
  pendingBytes: state.pendingBytes,
  tail: state.tailRows,
  versionstamp: lastVersionstampOf(state.tail),
  settings: state.settings,
});
