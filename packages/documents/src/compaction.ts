/**
 * Puts one update in the place of the many that a document's confirmed log has come to, when nothing else is
 * to be done. Made by a `Y.Doc`, which drops what was deleted and keeps what still waits for something; a
 * merge of the updates alone drops nothing and takes time by the square of their number.
 */
import { updatesOf } from "@rockpool/model";
import type { Key } from "rockpool";
import type { DocumentAccess, WholeDocument } from "rockpool/documents";
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";

/** A confirmed log of at least so many updates is worth it. */
export const compactedUpdates = 200;
/** How long nothing has come before it is looked at, in ms. */
const restMs = 2000;

export interface CompactorOptions {
  readonly access: Pick<DocumentAccess, "openFeed" | "compact">;
  readonly key: Key;
  /** Gives a function that cancels it. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
  readonly random: () => number;
}

export class Compactor {
  readonly #its: CompactorOptions;
  /** Updates that came since the log was last looked at. */
  #count = 0;
  #cancelTimer: (() => void) | undefined;
  readonly #ending = new AbortController();

  constructor(its: CompactorOptions) {
    this.#its = its;
  }

  /** So many updates were read or came. */
  onUpdates(count: number): void {
    this.#count += count;
    if (this.#count < compactedUpdates || this.#ending.signal.aborted) return;
    this.#cancelTimer?.();
    // Not all tabs at once: who comes later finds it done.
    this.#cancelTimer = this.#its.setTimer(() => this.#start(), restMs * (1 + this.#its.random()));
  }

  /** Does it now. True when bytes were saved. @throws what the bucket throws */
  async compact(): Promise<boolean> {
    this.#count = 0;
    const whole = await this.#readWhole();
    if (whole === undefined || updatesOf(whole.confirmed).length < compactedUpdates) return false;
    const update = compactUpdates(updatesOf(whole.confirmed));
    if (update === undefined || update.length >= whole.confirmed.length) return false;
    return this.#its.access.compact(this.#its.key, {
      incarnation: whole.incarnation,
      length: whole.confirmed.length,
      digest: await digestOf(whole.confirmed),
      update,
    });
  }

  end(): void {
    this.#ending.abort();
    this.#cancelTimer?.();
  }

  #start(): void {
    this.#cancelTimer = undefined;
    whenIdle(() => {
      this.compact().catch(() => {
        // Nothing depends on it: the log stays as it was, and another try comes with more updates.
      });
    });
  }

  async #readWhole(): Promise<WholeDocument | undefined> {
    const reader = this.#its.access.openFeed(this.#its.key, this.#ending.signal).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value?.whole === true ? value : undefined;
  }
}

/** All that the updates say, and no more; undefined where one of them cannot be read. */
export const compactUpdates = (updates: readonly Uint8Array[]): Uint8Array | undefined => {
  const doc = new Y.Doc();
  return applyUpdates(doc, updates, null) === undefined ? Y.encodeStateAsUpdate(doc) : undefined;
};

const digestOf = async (bytes: Uint8Array): Promise<string> => {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

const whenIdle = (callback: () => void): void => {
  // Safari has it not.
  if (typeof requestIdleCallback === "function") requestIdleCallback(callback);
  else callback();
};
