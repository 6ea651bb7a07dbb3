/**
 * Puts one update in the place of the many that a document's confirmed log has come to, when nothing else is
 * to be done. Made by a `Y.Doc`, which drops what was deleted and keeps what still waits for something; a
 * merge of the updates alone drops nothing and takes time by the square of their number.
 */
import { createChecksum, updatesOf } from "@rockpool/model";
import type { Key } from "rockpool";
import type { DocumentAccess, WholeDocument } from "rockpool/documents";
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";

/** How long nothing has come before it is looked at, in ms. */
const restMs = 2000;

export interface CompactorOptions {
  readonly access: Pick<DocumentAccess, "openFeed" | "compact"> & {
    readonly clock: Pick<DocumentAccess["clock"], "setTimer" | "random">;
  };
  readonly key: Key;
  /** A confirmed log of at least so many updates is worth it. */
  readonly compactAfter: number;
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
    const { access, compactAfter } = this.#its;
    this.#count += count;
    if (this.#count < compactAfter || this.#ending.signal.aborted) return;
    this.#cancelTimer?.();
    // Not all tabs at once: who comes later finds it done.
    this.#cancelTimer = access.clock.setTimer(() => this.#start(), restMs * (1 + access.clock.random()));
  }

  /** Does it now. True when bytes were saved. @throws what the bucket throws */
  async compact(): Promise<boolean> {
    this.#count = 0;
    const whole = await this.#readWhole();
    const updates = whole === undefined ? [] : updatesOf(whole.confirmed);
    if (whole === undefined || updates.length < this.#its.compactAfter) return false;
    const update = compactUpdates(updates);
    if (update === undefined || update.length >= whole.confirmed.length) return false;
    return this.#its.access.compact(this.#its.key, {
      incarnation: whole.incarnation,
      length: whole.confirmed.length,
      digest: digestOf(whole.confirmed),
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

const digestOf = (bytes: Uint8Array): string => {
  const checksum = createChecksum();
  checksum.add(bytes);
  return checksum.digest();
};

const whenIdle = (callback: () => void): void => {
  // Safari has it not.
  if (typeof requestIdleCallback === "function") requestIdleCallback(callback);
  else callback();
};
