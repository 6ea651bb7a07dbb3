/**
 * The board of one tab: follows the bucket's changes, made in whatever tab or on whatever device, and tells its
 * listeners the board after each. The bucket is the truth; this is only the latest picture of it.
 */
import type { Kv } from "rockpool";
import { foldChange, readBoard, type Board, type Entries } from "./board-state.ts";

export type BoardListener = (board: Board) => void;

export class BoardStore {
  #entries: Entries = new Map();
  #board: Board = { lists: [] };
  readonly #listeners = new Set<BoardListener>();
  readonly #ready = Promise.withResolvers<void>();

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

  /** Calls `listener` with every board from now on. */
  subscribe(listener: BoardListener): void {
    this.#listeners.add(listener);
  }

  /** Follows the bucket until it is closed. Rejects when its feed fails: the board is then no longer live. */
  async follow(kv: Kv): Promise<void> {
    for await (const item of kv.changes({ prefix: [] }, { pending: true })) {
      if (item.type === "ready") {
        this.#ready.resolve();
        continue;
      }
      this.#entries = foldChange(this.#entries, item);
      this.#board = readBoard(this.#entries);
      for (const listener of this.#listeners) listener(this.#board);
    }
  }
}
