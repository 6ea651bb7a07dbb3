/**
 * The board of one tab: follows the bucket's changes, made in whatever tab or on whatever device, and tells its
 * listeners the board after each. The bucket is the truth; this is only the latest picture of it.
 */
import type { Kv } from "rockpool";
import { foldChange, readBoard, type Board, type Entries } from "./board-state.ts";

export type BoardListener = (board: Board) => void;

/** Longest wait for a commit's own change, in ms; it normally takes a few. */
const showMsMax = 500;

export class BoardStore {
  #entries: Entries = new Map();
  /** The entries that `board` was read from. */
  #shown: Entries = this.#entries;
  #board: Board = { lists: [] };
  readonly #listeners = new Set<BoardListener>();
  readonly #ready = Promise.withResolvers<void>();
  #versionstamp = "";
  readonly #waiting = new Set<{ readonly versionstamp: string; readonly arrived: () => void }>();

  /** The latest board: the same object until something changes. */
  get board(): Board {
    return this.#board;
  }

  get entries(): Entries {
    return this.#entries;
  }

  /** Fulfilled when all that stood on this device at the start is in `board`. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Calls `listener` with every board from now on, until what it returns is called. */
  subscribe(listener: BoardListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Fulfilled when `board` shows the commit with this versionstamp, or what came of it has had time to. */
  shows(versionstamp: string): Promise<void> {
    if (this.#versionstamp >= versionstamp) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { versionstamp, arrived: () => done() };
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        resolve();
      };
      // A commit that left every entry as it was brings no item.
      const timer = setTimeout(done, showMsMax);
      this.#waiting.add(waiter);
    });
  }

  /** Follows the bucket until it is closed. Rejects when its feed fails: the board is then no longer live. */
  async follow(kv: Kv): Promise<void> {
    for await (const item of kv.changes({ prefix: [] }, { pending: true })) {
      this.#entries = foldChange(this.#entries, item);
      // What is not one state is not shown.
      if (item.type === "reset" || (item.type === "update" && item.more === true)) continue;
      this.#show(item.versionstamp);
      if (item.type === "ready") this.#ready.resolve();
    }
  }

  #show(versionstamp: string): void {
    this.#versionstamp = versionstamp;
    if (this.#entries !== this.#shown) {
      this.#shown = this.#entries;
      this.#board = readBoard(this.#entries);
      for (const listener of this.#listeners) listener(this.#board);
    }
    for (const waiting of this.#waiting) if (waiting.versionstamp <= versionstamp) waiting.arrived();
  }
}
