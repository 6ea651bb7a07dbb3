/**
 * What waits to be committed, and how much of it goes into one commit.
 */
import { mergeInGroups, valueBytesMax } from "@rockpool/model";
import type { CommitFailure, CommitResult } from "rockpool";
import * as Y from "yjs";

export type Committed = CommitResult | CommitFailure;

export interface Edit {
  readonly type: "edit";
  readonly updates: readonly Uint8Array[];
  /** A commit that did not wait for its turn has it. */
  isSaved: boolean;
}

/** An edit that is committed together with something else, or undone. */
export interface JointEdit {
  readonly updates: readonly Uint8Array[];
  readonly commit: (update: Uint8Array | undefined) => Promise<Committed>;
  /** After a commit that failed: whether the edit is in the bucket all the same. Never rejects. */
  readonly stands: () => Promise<boolean>;
  /** Makes good in the document what was not committed. */
  readonly undo: () => void;
}

export interface Joint extends JointEdit {
  readonly type: "joint";
  readonly resolve: (result: Committed) => void;
  readonly reject: (error: unknown) => void;
}

export type Waiting = Edit | Joint;

/** Whoever waits until so many members of the queue are through. */
export interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Takes from the front what one commit may hold: one joint edit, or edits of at most a value's bytes together. */
export const takeBatch = (waiting: Waiting[]): readonly Waiting[] => {
  if (waiting[0]?.type === "joint") return waiting.splice(0, 1);
  let bytes = 0;
  let count = 0;
  for (const one of waiting) {
    if (one.type === "joint") break;
    bytes += one.updates.reduce((sum, { length }) => sum + length, 0);
    if (count > 0 && bytes > valueBytesMax) break;
    count++;
  }
  return waiting.splice(0, count);
};

/** The edits at the front, up to one that is joint with something. */
export const leadingEdits = (waiting: readonly Waiting[]): readonly Edit[] => {
  const end = waiting.findIndex(({ type }) => type === "joint");
  return waiting.slice(0, end < 0 ? undefined : end) as readonly Edit[];
};

/** What is not saved yet of a batch, as one update; undefined for nothing. */
export const mergeBatch = (batch: readonly Waiting[]): Uint8Array | undefined => {
  const updates = batch.flatMap((one) => (one.type === "edit" && one.isSaved ? [] : one.updates));
  return updates.length > 1 ? mergeInGroups(updates, Y.mergeUpdates) : updates[0];
};
