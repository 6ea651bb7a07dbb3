/**
 * What every view works with: the bucket, the latest board, the ways to speak to the person at the screen, and the
 * turn-taking of actions: each begins when the board shows what the one before it did, so that two cards added in
 * a hurry do not claim the same place.
 */
import type { Kv } from "rockpool";
import type { BoardStore } from "../board/board-store.ts";
import type { Written } from "../board/board-writes.ts";
import type { Announce } from "./announcer.ts";
import type { ShowToast } from "./toasts.ts";

export interface Desk {
  readonly kv: Kv;
  readonly store: BoardStore;
  readonly announce: Announce;
  readonly showToast: ShowToast;
  /** What notices and words for screen readers appear in: a modal dialog takes them along. */
  readonly speakers: readonly HTMLElement[];
  /** Runs an action at once; when it fails, says so in a notice and gives undefined. */
  attempt<Result>(action: () => Promise<Result>): Promise<Result | undefined>;
  /** Runs an action after those before it, otherwise like `attempt`. An action must not wait for another one. */
  inTurn<Result>(action: () => Promise<Result>): Promise<Result | undefined>;
  /** Whether a write took place, told when the board shows it. */
  shown(write: Written): Promise<boolean>;
}

export const createDesk = (
  parts: Pick<Desk, "kv" | "store" | "announce" | "showToast" | "speakers">,
): Desk => {
  const attempt: Desk["attempt"] = async (action) => {
    try {
      return await action();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      parts.showToast(`Not saved. ${reason}`, { tone: "warning", stayMs: 15_000 });
      return undefined;
    }
  };
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...parts,
    attempt,
    inTurn: (action) => {
      const result = turn.then(() => attempt(action));
      turn = result;
      return result;
    },
    shown: async (write) => {
      const result = await write;
      if (result.ok) await parts.store.shows(result.versionstamp);
      return result.ok;
    },
  };
};
