/**
 * Presence at documents on the page's side: says of each of its own the latest, at a bounded rate, and hears
 * the others. What is said is lost without harm, so nobody waits for it.
 */
import type { PresenceEvent } from "@rockpool/host";
import { attendedKeysMax, awareBytesMax, type PackedKey } from "@rockpool/model";
import type { KvInternals } from "../kv-internals.ts";

/** From one round of what is said to the next at least, in ms. */
const roundMs = 50;

export interface PresenceListener {
  /**
   * Others say who is present there: an awareness update. Of this tab or device, or by the relay
   * (`isRemote`). It may come again, and late.
   */
  onUpdate(update: Uint8Array, isRemote: boolean): void;
  /** Others may take this one for gone: it is to say anew who is present, with a higher clock. */
  onAsked(): void;
  /** The relay is heard no more: who was present by it may not be. */
  onUnheard(): void;
}

export interface Presence {
  /**
   * Says who is present here: an awareness update of all that this one speaks for. Kept for who comes later;
   * of several in a short time the last is sent. `end` is what is to be said once the tab is gone: the same
   * clients at the same clocks, with the state `null`.
   * @throws TypeError for more than `awareBytesMax` bytes (64 KiB)
   */
  say(update: Uint8Array, end: Uint8Array): void;
  /** Says the last `end`, and hears nothing any more. Closing twice is harmless. */
  close(): void;
}

interface Said {
  readonly update: Uint8Array;
  readonly end: Uint8Array;
}

interface Source {
  readonly id: number;
  readonly key: PackedKey;
  readonly listener: PresenceListener;
  /** Not sent yet. */
  due: Said | undefined;
  sent: Said | undefined;
}

const clients = new WeakMap<KvInternals, PresenceClient>();

export class PresenceClient {
  readonly #its: KvInternals;
  readonly #sources = new Set<Source>();
  #lastId = 0;
  #isAttendDue = false;
  /** While it is set nothing is said. */
  #cancelRound: (() => void) | undefined;

  /** The one of a bucket. */
  static of(internals: KvInternals): PresenceClient {
    const known = clients.get(internals) ?? new PresenceClient(internals);
    clients.set(internals, known);
    return known;
  }

  private constructor(its: KvInternals) {
    this.#its = its;
    its.onPresence = (event) => this.#onEvent(event);
    its.connection.closed.addEventListener("abort", () => this.#cancelRound?.(), { once: true });
  }

  open(key: PackedKey, listener: PresenceListener): Presence {
    const keys = new Set([...this.#sources].map((source) => source.key)).add(key);
    if (keys.size > attendedKeysMax) {
      throw new TypeError(`Too many documents with presence (max ${attendedKeysMax}): close some of them`);
    }
    const source: Source = { id: ++this.#lastId, key, listener, due: undefined, sent: undefined };
    this.#sources.add(source);
    this.#attend();
    queueMicrotask(() => this.#tellOfTab(source));
    return {
      say: (update, end) => this.#say(source, { update, end }),
      close: () => this.#close(source),
    };
  }

  #say(source: Source, said: Said): void {
    const bytes = Math.max(said.update.length, said.end.length);
    if (bytes > awareBytesMax) {
      throw new TypeError(
        `Presence too large (max ${awareBytesMax} bytes): ${bytes} bytes; keep less in the awareness state`,
      );
    }
    source.due = said;
    this.#sayDue();
  }

  #close(source: Source): void {
    if (!this.#sources.delete(source)) return;
    source.due = undefined;
    if (source.sent !== undefined) this.#tell(source, source.sent.end);
    this.#attend();
  }

  /** At once, then in rounds. */
  #sayDue(): void {
    if (this.#cancelRound !== undefined || this.#its.connection.isClosed) return;
    const due = [...this.#sources].filter((source) => source.due !== undefined);
    if (due.length === 0) return;
    for (const source of due) {
      const said = source.due as Said;
      source.due = undefined;
      source.sent = said;
      this.#tell(source, said.update, said.end);
    }
    this.#cancelRound = this.#its.clock.setTimer(() => {
      this.#cancelRound = undefined;
      this.#sayDue();
    }, roundMs);
  }

  #tell({ id, key }: Source, update: Uint8Array, end?: Uint8Array): void {
    for (const other of this.#sources) {
      if (other.id !== id && other.key === key) other.listener.onUpdate(update, false);
    }
    const argument = { key, source: id, update, ...(end && { end }) };
    this.#its.connection.call("aware", argument).catch(ignoreAsLost);
  }

  /** What others of this tab said before. */
  #tellOfTab({ id, key, listener }: Source): void {
    for (const other of this.#sources) {
      if (other.id !== id && other.key === key && other.sent !== undefined) {
        listener.onUpdate(other.sent.update, false);
      }
    }
  }

  /** Once a turn: who opens a document anew is told of all who are there. */
  #attend(): void {
    if (this.#isAttendDue) return;
    this.#isAttendDue = true;
    queueMicrotask(() => {
      this.#isAttendDue = false;
      const keys = [...new Set([...this.#sources].map(({ key }) => key))];
      this.#its.connection.call("attend", { keys }).catch(ignoreAsLost);
    });
  }

  #onEvent(event: PresenceEvent): void {
    for (const { key, listener } of this.#sources) {
      if (event.type === "aware") {
        if (event.key === key) listener.onUpdate(event.update, event.isRemote);
      } else if (event.news === "asked") listener.onAsked();
      else listener.onUnheard();
    }
  }
}

const ignoreAsLost = (): void => {
  // The bucket is closed: nobody is present in it any more, and its host says so.
};
