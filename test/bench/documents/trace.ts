/**
 * An editing trace of the size of B4 of the public crdt-benchmarks, generated: no package of the registry holds B4
 * itself. As there, one person writes a text of 104,852 characters, a character at a time, by 182,315 inserts and
 * 77,463 deletes: mostly one after another, with corrections, jumps, and passages that are thrown away. The same seed
 * gives the same trace.
 */
import * as Y from "yjs";

/** One character put in at `position`, or, when `character` is empty, the one there taken out. */
export interface Edit {
  readonly position: number;
  readonly character: string;
}

export const insertsOfTrace = 182_315;
export const deletesOfTrace = 77_463;
export const traceSeed = 4;

const letters = "etaoin shrdlu cmfwyp vbgkq jxz, e t a o i n. s h r e t a\n";

/** Most edits of one stretch, by what it is. */
const typedMax = 250;
const correctedMax = 8;
const thrownAwayMax = 200;
/** How far a jump goes that stays near. */
const nearMax = 300;

/** The edits of the trace of `seed`, in order. */
export function* editsOf(seed: number): Generator<Edit> {
  const random = createRandom(seed);
  const upTo = (max: number): number => Math.floor(random() * max);
  let inserts = insertsOfTrace;
  let deletes = deletesOfTrace;
  let length = 0;
  let cursor = 0;
  while (inserts + deletes > 0) {
    for (let left = Math.min(inserts, 1 + upTo(typedMax)); left > 0; left--) {
      yield { position: cursor++, character: letters.charAt(upTo(letters.length)) };
      inserts--;
      length++;
    }
    // As many as keep the deletes in step with the inserts, by chance a few or a passage.
    const isBehind = deletes / deletesOfTrace > inserts / insertsOfTrace;
    const wanted =
      inserts === 0 ? deletes : isBehind ? 1 + upTo(random() < 0.7 ? correctedMax : thrownAwayMax) : 0;
    if (random() < 0.3) cursor = upTo(length + 1);
    for (let left = Math.min(wanted, deletes, cursor); left > 0; left--) {
      yield { position: --cursor, character: "" };
      deletes--;
      length--;
    }
    cursor = nextCursor(cursor, length, random);
  }
}

/** A document in which one client made all edits of the trace, each a transaction of its own, with `gc` or without. */
export const documentOfTrace = (seed: number, gc = true): Y.Doc => {
  const document = new Y.Doc({ gc });
  document.clientID = 1_000_000_000 + seed;
  const text = document.getText("text");
  for (const { position, character } of editsOf(seed)) {
    if (character === "") text.delete(position, 1);
    else text.insert(position, character);
  }
  return document;
};

/** Where writing goes on: mostly where it was or nearby, at times at the end or anywhere. */
function nextCursor(cursor: number, length: number, random: () => number): number {
  const kind = random();
  if (kind < 0.35) return cursor;
  if (kind < 0.7) {
    const near = cursor + Math.floor((random() * 2 - 1) * nearMax);
    return Math.max(0, Math.min(length, near));
  }
  return kind < 0.85 ? length : Math.floor(random() * (length + 1));
}

/** Numbers from 0 up to 1 (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
