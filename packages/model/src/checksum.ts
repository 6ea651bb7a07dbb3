/**
 * SHA-256 of what comes piece by piece, which WebCrypto cannot do (its digest takes all at once).
 * @see https://github.com/paulmillr/noble-hashes
 */
import { sha256 } from "@noble/hashes/sha2.js";

export interface Checksum {
  add(bytes: Uint8Array): void;
  /** 64 hex digits. Nothing can be added after it. */
  digest(): string;
}

export const createChecksum = (): Checksum => {
  const hash = sha256.create();
  return {
    add: (bytes) => void hash.update(bytes),
    digest: () => Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
};
