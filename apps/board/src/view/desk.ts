/**
 * What every view works with: the bucket, the latest board, and the ways to speak to the person at the screen.
 */
import type { Kv } from "rockpool";
import type { BoardStore } from "../board/board-store.ts";
import type { Announce } from "./announcer.ts";
import type { ShowToast } from "./toasts.ts";

export interface Desk {
  readonly kv: Kv;
  readonly store: BoardStore;
  readonly announce: Announce;
  readonly showToast: ShowToast;
  /** Runs a write; when it fails, says so in a notice. Fulfilled with its result, or undefined after a failure. */
  attempt<Result>(write: Promise<Result>): Promise<Result | undefined>;
}

export const createDesk = (parts: Omit<Desk, "attempt">): Desk => ({
  ...parts,
  attempt: async (write) => {
    try {
      return await write;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      parts.showToast(`Not saved. ${reason}`, { tone: "warning", stayMs: 15_000 });
      return undefined;
    }
  },
});
