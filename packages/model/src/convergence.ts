/**
 * The proof that a replica and the relay hold the same: a hash over every entry's key and revision,
 * which two sides share only when they hold the same entries. Deletions do not count.
 */
import { createChecksum } from "./checksum.ts";
import type { Revision } from "./commit.ts";
import type { PackedKey } from "./packed-key.ts";

/** An entry that counts: one with a value. */
export interface HashedEntry {
  readonly key: PackedKey;
  readonly revision: Revision;
}

export interface ConvergenceHash {
  /** Takes entries, all in all ascending by key. */
  add(entries: Iterable<HashedEntry>): void;
  /** 32 hex digits. Nothing can be added after it. */
  digest(): string;
}

/** Half of the SHA-256 of, entry by entry, the key's length (4 bytes), the key and the revision (8 bytes). */
export const createConvergenceHash = (): ConvergenceHash => {
  const checksum = createChecksum();
  return {
    add: (entries) => {
      for (const entry of entries) checksum.add(bytesOf(entry));
    },
    digest: () => checksum.digest().slice(0, digestLength),
  };
};

const digestLength = 32;
const lengthBytes = 4;
const revisionBytes = 8;

const bytesOf = ({ key, revision }: HashedEntry): Uint8Array => {
  const bytes = new Uint8Array(lengthBytes + key.length + revisionBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, key.length);
  for (let index = 0; index < key.length; index++) bytes[lengthBytes + index] = key.charCodeAt(index);
  view.setBigUint64(lengthBytes + key.length, BigInt(revision));
  return bytes;
};
