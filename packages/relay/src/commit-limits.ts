/**
 * The relay's limits on one commit. A replica checks them at the call; the relay checks again,
 * since a commit over a limit must be ruled like any other, not stop the queue behind it.
 */
import { mutationBytes, type Commit, type PackedKey } from "@rockpool/model";
import type { RelayLimits } from "@rockpool/protocol";

/** What a commit exceeds, naming value, limit and remedy; undefined when it exceeds nothing. */
export const exceededLimit = (commit: Commit, limits: RelayLimits): string | undefined => {
  const { checks, mutations } = commit;
  if (checks.length > limits.checksMax) {
    return `${checks.length} checks in one commit, at most ${limits.checksMax}: check fewer keys`;
  }
  if (mutations.length > limits.mutationsMax) {
    return `${mutations.length} mutations in one commit, at most ${limits.mutationsMax}: write them in several commits`;
  }
  let bytes = 0;
  for (const { key } of checks) {
    bytes += key.length;
    if (key.length > limits.keyBytesMax) return exceededKey(key, limits);
  }
  for (const mutation of mutations) {
    const { length: keyBytes } = mutation.key;
    if (keyBytes > limits.keyBytesMax) return exceededKey(mutation.key, limits);
    const mutated = mutationBytes(mutation);
    bytes += mutated;
    if (mutation.type === "merge" && mutation.update.length > limits.valueBytesMax) {
      return `an update of ${mutation.update.length} bytes, at most ${limits.valueBytesMax}: make the edit in several steps`;
    }
    if (mutation.type === "set" && mutated - keyBytes > limits.valueBytesMax) {
      return `a value of ${mutated - keyBytes} bytes, at most ${limits.valueBytesMax}: split it over several keys`;
    }
  }
  return bytes > limits.commitBytesMax
    ? `a commit of ${bytes} bytes, at most ${limits.commitBytesMax}: write it in several commits`
    : undefined;
};

const exceededKey = (key: PackedKey, limits: RelayLimits): string =>
  `a key of ${key.length} bytes, at most ${limits.keyBytesMax}: shorten its parts`;
