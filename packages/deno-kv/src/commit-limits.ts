/**
 * What one commit may be, as Deno counts it: how many of each kind, how many bytes of keys and of all.
 */
import { bytesOfKeyToWrite } from "./keys.ts";
import type { AtomicCheck } from "./kv.ts";
import { checksMax, commitBytesMax, commitKeyBytesMax, mutationsMax, valueBytesMax } from "./limits.ts";
import { type Mutation, sizeOfMutation } from "./mutation.ts";
import { type Enqueue, enqueueBytes } from "./queue/message.ts";

/** What a commit is made of. */
export interface CommitParts {
  readonly checks: readonly AtomicCheck[];
  readonly mutations: readonly Mutation[];
  readonly enqueues: readonly Enqueue[];
}

/** @throws TypeError for a commit that Deno refuses whole */
export const checkCommit = ({ checks, mutations, enqueues }: CommitParts): void => {
  if (checks.length > checksMax) throw new TypeError(`Too many checks (max ${checksMax})`);
  if (mutations.length + enqueues.length > mutationsMax) {
    throw new TypeError(`Too many mutations (max ${mutationsMax})`);
  }
  let bytes = 0;
  let keyBytes = 0;
  for (const { key } of checks) bytes += bytesOfKeyToWrite(key);
  for (const mutation of mutations) {
    const size = sizeOfMutation(mutation);
    bytes += size.keyBytes;
    if (size.valueBytes === null) continue;
    // A key that carries a value is counted with both.
    keyBytes += size.keyBytes;
    bytes += size.keyBytes + size.valueBytes;
  }
  for (const enqueue of enqueues) bytes += bytesOfEnqueue(enqueue);
  if (bytes > commitBytesMax) {
    throw new TypeError(`Total mutation size too large (max ${commitBytesMax} bytes)`);
  }
  if (keyBytes > commitKeyBytesMax) {
    throw new TypeError(`Total key size too large (max ${commitKeyBytesMax} bytes)`);
  }
};

const bytesOfEnqueue = (enqueue: Enqueue): number => {
  if (enqueue.bytes > valueBytesMax) {
    throw new TypeError(`enqueue payload too large (max ${valueBytesMax} bytes)`);
  }
  // Not counted, but found now rather than when it is too late to say.
  for (const key of enqueue.undelivered) bytesOfKeyToWrite(key);
  return enqueueBytes(enqueue);
};
