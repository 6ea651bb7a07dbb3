/**
 * Counting a whole selector, piece by piece: each piece is one snapshot, and other calls have their turn
 * in between.
 */
import { type Key, type PackedKey, resolveSelector, type Selector } from "@rockpool/model";
import { expectAnswer, type Send } from "../answer.ts";
import { isStrong } from "./consistency.ts";
import type { ReadOptions } from "../kv.ts";

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

/** A key is an array, a selector an object that is none; what is neither is refused as a key. */
export const isSelector = (what: Key | Selector): what is Selector =>
  typeof what === "object" && what !== null && !Array.isArray(what);
