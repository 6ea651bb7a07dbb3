/**
 * Attaching a bucket to its relay, the first time it is opened with one: what it holds by then is pushed
 * like any commit, and counts where the relay never had anything. One row hands over all of it, or a tab that
 * ends in between would leave half a bucket synced; so all of it is in memory once, bounded by what may wait.
 */
import { KvError, pendingBytesMax, type ReplicaId } from "@rockpool/model";
import { type CommitAuthor, decideAttach } from "@rockpool/replica";
import { bucketStatus } from "../bucket-status.ts";
import type { Ledger } from "../ledger.ts";

/**
 * Gives the bucket its replica id, unless it has one.
 * @throws KvError "pending-full" when it holds more than may wait for a relay; nothing is changed then
 */
export const attachRelay = async (
  ledger: Ledger,
  bucket: string,
  replica: ReplicaId,
  author: () => CommitAuthor,
): Promise<void> => {
  await ledger.catchUp();
  if (ledger.state.replica !== null) return;
  // Before all of it is read: it may be more than fits the memory.
  const { bytes } = await bucketStatus(ledger);
  if (bytes > pendingBytesMax) throw tooLargeError(bucket, bytes);
  await ledger.append((state, pages) => {
    const decision = decideAttach(state, pages, replica, author());
    if (decision.type === "too-large") throw tooLargeError(bucket, decision.bytes);
    return { row: decision.type === "row" ? decision.row : undefined, result: undefined };
  });
};

const tooLargeError = (bucket: string, bytes: number): KvError =>
  new KvError(
    "pending-full",
    `the bucket "${bucket}" holds ${bytes} bytes that were written without a relay, and at most ${pendingBytesMax} may wait for one; nothing was changed. Open it without the option relay and delete what need not be synced, or copy it piece by piece into a new bucket that has the relay`,
  );
