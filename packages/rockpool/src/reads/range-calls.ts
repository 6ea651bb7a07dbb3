/**
 * Calls about a whole selector, made piece by piece: each piece is one snapshot, or one commit, and
 * other calls have their turn in between.
 */
import { type Key, type PackedKey, resolveSelector, type Selector } from "@rockpool/model";
import { expectAnswer, type Send } from "../answer.ts";
import { isStrong } from "./consistency.ts";
import type { CommitOptions, DeleteResult, ReadOptions } from "../kv.ts";

/** As `Kv.count`. */
export const countRange = async (
  send: Send,
  selector: Selector,
  { consistency, signal }: ReadOptions,
): Promise<number> => {
  const range = resolveSelector(selector);
  const strong = isStrong(consistency);
  let count = 0;
  for (let start: PackedKey | null = range.start; start !== null;) {
    const answer = await send({ type: "count", range: { ...range, start }, strong }, signal);
    const piece = expectAnswer(answer, "counted");
    count += piece.count;
    start = piece.rest;
  }
  return count;
};

/** As `Kv.delete` with a selector. */
export const deleteRange = async (
  send: Send,
  selector: Selector,
  { signal }: CommitOptions,
): Promise<DeleteResult> => {
  const range = resolveSelector(selector);
  let deleted = 0;
  let versionstamp: string | null = null;
  for (let start: PackedKey | null = range.start; start !== null;) {
    // Not passed on: a commit that is under way is waited for, so that what is told is what was done.
    if (signal?.aborted === true) return { ok: false, deleted, versionstamp };
    const answer = await send({ type: "delete", range: { ...range, start } }, undefined);
    const piece = expectAnswer(answer, "deleted");
    deleted += piece.deleted;
    versionstamp = piece.versionstamp ?? versionstamp;
    start = piece.rest;
  }
  return { ok: true, deleted, versionstamp };
};

/** A key is an array, a selector an object that is none; what is neither is refused as a key. */
export const isSelector = (what: Key | Selector): what is Selector =>
  typeof what === "object" && what !== null && !Array.isArray(what);
