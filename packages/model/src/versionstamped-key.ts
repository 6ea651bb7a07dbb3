/**
 * Keys that end with the versionstamp of the commit that sets them: known only once its row has a
 * position. Until then a mark stands in the packed key for the last part; `finishKey` puts the part
 * in its place. The mark is a code unit that no packed key has, so nothing else is taken for it.
 */
import type { Key, KeyPart } from "./key.ts";
import { keyBytesMax } from "./limits.ts";
import { type PackedKey, packKeyForWrite } from "./packed-key.ts";
import { writePart } from "./tuple-writer.ts";
import { type Versionstamp, zeroVersionstamp } from "./versionstamp.ts";

/** Stands for the commit's versionstamp as the last part of a key in a set. The same for every bucket. */
export const commitVersionstamp: unique symbol = Symbol("KvCommitVersionstamp");

/** A key in a set: its last part, not its only one, may be {@link commitVersionstamp}. */
export type KeyToSet = readonly (KeyPart | symbol)[];

/** In rows on disk: never change it. */
const mark = "\u0100";

/** @throws TypeError as `packKeyForWrite` does: for a symbol in any other place too. */
export const packKeyToSet = (key: KeyToSet): PackedKey => {
  if (!Array.isArray(key) || key.at(-1) !== commitVersionstamp) return packKeyForWrite(key as Key);
  const marked = `${packKeyForWrite(key.slice(0, -1))}${mark}` as PackedKey;
  const bytes = finishKey(marked, zeroVersionstamp).length;
  if (bytes > keyBytesMax) {
    throw new TypeError(
      `Key too large for write (max ${keyBytesMax} bytes): ${bytes} bytes with its versionstamp; shorten its other parts`,
    );
  }
  return marked;
};

/** True for a key that waits for its commit's versionstamp. */
export const isUnfinishedKey = (key: PackedKey): boolean => key.endsWith(mark);

/** The key that is written by the commit of this versionstamp. */
export const finishKey = (key: PackedKey, versionstamp: Versionstamp): PackedKey =>
  isUnfinishedKey(key) ? ((key.slice(0, -mark.length) + writePart(versionstamp, 0)) as PackedKey) : key;
