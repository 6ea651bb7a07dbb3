/**
 * One tab of the benchmark: opens a document of some side, types into it, and says when typing of another tab arrives.
 * Times are those of the machine's clock, so that tabs can compare theirs.
 */
import * as Y from "yjs";
import { openMerges } from "./merges.ts";
import { openAlone, openYIndexeddb, openYWebsocket } from "./peers.ts";
import { openRockpool } from "./rockpool.ts";
import type { OpenedDocument, OpenSide } from "./side.ts";
import { bytesInRecords } from "./stored-bytes.ts";

export type SideName = "alone" | "y-indexeddb" | "y-websocket" | "rockpool" | "rockpool merges";

const sides: Readonly<Record<SideName, OpenSide>> = {
  alone: openAlone,
  "y-indexeddb": openYIndexeddb,
  "y-websocket": openYWebsocket,
  rockpool: openRockpool,
  "rockpool merges": openMerges,
};

/** Each list has one member for each keystroke, in ms. */
export interface Typing {
  /** When it was made, since 1970. */
  readonly madeAt: readonly number[];
  /** How long the call that put it into the document held the thread. */
  readonly heldMs: readonly number[];
  /** From the keystroke until it was reported saved. */
  readonly savedMs: readonly number[];
}

/** What the page offers on its global object. */
export interface EditorPage {
  /** The ms it took until the document was there. */
  open(side: SideName, name: string, server: string | null): Promise<number>;
  /** Applies an update, in base64; fulfilled when it is saved. */
  apply(update: string): Promise<void>;
  length(): number;
  /** Fulfilled when the text has so many characters, as it may only learn from a server. */
  untilLength(length: number): Promise<void>;
  /** Types so many characters into the middle of the text: the next one when the last is saved, which each asks for, or one every `everyMs`. */
  type(count: number, everyMs: number | null): Promise<Typing>;
  /** When each of the next `count` characters was there, since 1970; another tab types them. */
  watch(count: number): Promise<readonly number[]>;
  bytesInRecords(): Promise<number>;
  close(): Promise<void>;
}

let opened: OpenedDocument;
const text = (): Y.Text => opened.doc.getText("text");
const nowMs = (): number => performance.timeOrigin + performance.now();
const save = (): Promise<void> => opened.save?.() ?? opened.saved();
const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const page: EditorPage = {
  open: async (side, name, server) => {
    const fromMs = performance.now();
    opened = await sides[side](name, server);
    return performance.now() - fromMs;
  },
  apply: async (update) => {
    Y.applyUpdate(
      opened.doc,
      Uint8Array.from(atob(update), (character) => character.charCodeAt(0)),
    );
    await save();
  },
  length: () => text().length,
  untilLength: (length) => arrivals(length, () => undefined),
  type: async (count, everyMs) => {
    const madeAt: number[] = [];
    const heldMs: number[] = [];
    const savings: Promise<number>[] = [];
    const middle = text().length >> 1;
    const begunMs = performance.now();
    for (let typed = 0; typed < count; typed++) {
      const fromMs = performance.now();
      madeAt.push(nowMs());
      text().insert(middle + typed, "k");
      heldMs.push(performance.now() - fromMs);
      const saving = (everyMs === null ? save() : opened.saved()).then(() => performance.now() - fromMs);
      savings.push(saving);
      if (everyMs === null) await saving;
      else await delay(Math.max(0, begunMs + (typed + 1) * everyMs - performance.now()));
    }
    return { madeAt, heldMs, savedMs: await Promise.all(savings) };
  },
  watch: async (count) => {
    const from = text().length;
    const arrivedAt: number[] = [];
    await arrivals(from + count, (length) => {
      while (arrivedAt.length < length - from) arrivedAt.push(nowMs());
    });
    return arrivedAt;
  },
  bytesInRecords,
  close: () => opened.close(),
};

/** Tells of every length the text comes to, until it has `length` characters. */
function arrivals(length: number, tell: (length: number) => void): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      tell(text().length);
      if (text().length < length) return;
      opened.doc.off("update", look);
      resolve();
    };
    opened.doc.on("update", look);
    look();
  });
}

Object.assign(globalThis, { editor: page });
