/**
 * Who is present at a document: an `Awareness` of y-protocols, said to the bucket's other tabs and, by the
 * relay, to other devices. Who is gone is gone at once: with what it says each tab leaves how its end is to be
 * said, which its bucket does when the document is closed, the page goes, or the tab dies.
 */
import type { PresenceListener, Presence as PresenceChannel } from "rockpool/documents";
import {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import type * as Y from "yjs";

/** What changed in an awareness. */
interface Change {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

export class Presence {
  readonly awareness: Awareness;
  readonly #channel: PresenceChannel;
  #isClosed = false;
  /** Who was heard by the relay. */
  readonly #remote = new Set<number>();

  /** @throws as `DocumentAccess.openPresence` */
  constructor(
    doc: Y.Doc,
    open: (listener: PresenceListener) => PresenceChannel,
    state: Record<string, unknown> | null = {},
  ) {
    this.awareness = new Awareness(doc);
    this.awareness.setLocalState(state);
    this.#channel = open({
      onUpdate: (update, isRemote) => this.#hear(update, isRemote),
      onAsked: () => this.#renew(),
      onUnheard: () => this.#forgetRemote(),
    });
    this.awareness.on("update", this.#onUpdate);
    this.#say();
  }

  /** This one leaves, and hears nothing any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.awareness.off("update", this.#onUpdate);
    this.#channel.close();
    this.awareness.destroy();
  }

  readonly #onUpdate = ({ added, updated, removed }: Change, origin: unknown): void => {
    if (origin === this) return;
    const own = this.awareness.clientID;
    if ([...added, ...updated, ...removed].includes(own)) this.#say();
  };

  #say(): void {
    const { awareness } = this;
    const own = [awareness.clientID];
    const nobody = new Map<number, Record<string, unknown>>();
    this.#channel.say(encodeAwarenessUpdate(awareness, own), encodeAwarenessUpdate(awareness, own, nobody));
  }

  #hear(update: Uint8Array, isRemote: boolean): void {
    const { awareness } = this;
    const before = new Set(awareness.getStates().keys());
    const clock = awareness.meta.get(awareness.clientID)?.clock;
    applyAwarenessUpdate(awareness, update, this);
    for (const client of awareness.getStates().keys()) {
      if (isRemote && !before.has(client)) this.#remote.add(client);
    }
    // Somebody took this one for gone: y-protocols has raised its clock, which the others are to hear.
    if (awareness.meta.get(awareness.clientID)?.clock !== clock) this.#say();
  }

  /** Says the same as something newer. */
  #renew(): void {
    const state = this.awareness.getLocalState();
    if (state !== null) this.awareness.setLocalState(state);
  }

  #forgetRemote(): void {
    removeAwarenessStates(this.awareness, [...this.#remote], this);
    this.#remote.clear();
  }
}
