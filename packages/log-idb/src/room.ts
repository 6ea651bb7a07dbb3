/**
 * Room on a full disk. Chromium refuses every transaction that writes a byte once a site is over its
 * quota, and lets those through that only delete: so what is given up is given up in one of those, and
 * a reserve is kept for the deletions of the app, which are rows like any other.
 */
import { reserveKey } from "./schema.ts";
import { commit, ignoreRejection } from "./transaction.ts";
import type { LogTransaction, Verdict } from "./transaction.ts";

/** Of each piece of the reserve. */
const pieceBytes = 256 * 1024;
/** `getRandomValues` gives so many at a time. */
const drawPieceMax = 65_536;

export const giveUp = async (
  transaction: LogTransaction<"readwrite">,
  what: "versions" | "reserve",
): Promise<Verdict<boolean>> => {
  if (what === "versions") {
    const values = transaction.objectStore("values");
    const count = await values.count();
    if (count > 0) await values.clear();
    return commit(count > 0);
  }
  const meta = transaction.objectStore("meta");
  const kept = await meta.getAllKeys(allPieces());
  for (const key of kept) ignoreRejection(meta.delete(key));
  return commit(kept.length > 0);
};

export const keepReserve = async (
  transaction: LogTransaction<"readwrite">,
  bytes: number,
): Promise<Verdict<void>> => {
  const meta = transaction.objectStore("meta");
  const kept = await meta.count(allPieces());
  for (let index = kept; index * pieceBytes < bytes; index++) {
    ignoreRejection(meta.put(drawPiece(), reserveKey(index)));
  }
  return commit(undefined);
};

const allPieces = (): IDBKeyRange => IDBKeyRange.bound(reserveKey(0), reserveKey(9999));

/** Random, so that no storage can make them smaller. */
const drawPiece = (): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(pieceBytes);
  for (let from = 0; from < pieceBytes; from += drawPieceMax) {
    crypto.getRandomValues(bytes.subarray(from, from + drawPieceMax));
  }
  return bytes;
};
