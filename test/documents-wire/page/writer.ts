/**
 * A page on which somebody edits a document of a bucket at random, and which says how much of that the relay
 * has confirmed.
 */
import { openDocument, type RockpoolDocument } from "@rockpool/documents";
import { openKv } from "rockpool";
import { contentOf, RandomWriter } from "../random-writer.ts";

/** What the page offers to the test, on its global object. */
export interface Writer {
  open(bucket: string, relay: string, key: readonly string[], name: string, seed: number): Promise<void>;
  /** Begins to edit, in stretches, once in so many ms. */
  start(everyMs: number): void;
  stop(): void;
  /** Edits made, and how many of them are known to be confirmed. */
  count(): { readonly made: number; readonly confirmed: number };
  content(): ReturnType<typeof contentOf>;
  /** The network may be back: after failures the session waits long. */
  wake(): void;
}

let document: RockpoolDocument | undefined;
let writer: RandomWriter | undefined;
let confirmed = 0;
let timer: ReturnType<typeof setInterval> | undefined;

const mustGet = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error("the document is not open");
  return value;
};

const page: Writer = {
  async open(bucket, relay, key, name, seed) {
    const kv = await openKv(bucket, { relay });
    const opened = openDocument(kv, [...key]);
    document = opened;
    const made = new RandomWriter(name, () => opened.doc, seededRandom(seed));
    writer = made;
    await opened.whenLoaded;
    setInterval(() => {
      if (opened.synced) confirmed = made.made;
    }, 10);
  },
  start(everyMs) {
    timer = setInterval(() => mustGet(writer).tick(), everyMs);
  },
  stop: () => clearInterval(timer),
  count: () => ({ made: mustGet(writer).made, confirmed }),
  content: () => contentOf(mustGet(document).doc),
  wake: () => void globalThis.dispatchEvent(new Event("online")),
};

/** Numbers from 0 to 1 that a seed gives again. @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32) */
const seededRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

Object.assign(globalThis, { writer: page });
