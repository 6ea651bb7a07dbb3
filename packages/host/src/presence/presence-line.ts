/**
 * What a device tells the relay of presence, at a bounded rate: of each source the latest alone, a few in a
 * frame, a frame now and then. What cannot be sent for long is lost, and said again in the next session.
 */
import { attendedKeysMax, type PackedKey } from "@rockpool/model";
import type { UpMessage } from "@rockpool/protocol";
import type { HostEnvironment } from "../environment.ts";

/** What was said under a key. */
export interface Said {
  readonly key: PackedKey;
  readonly update: Uint8Array;
}

export interface PresenceLineOptions {
  readonly environment: Pick<HostEnvironment, "setTimer">;
  /** Tells the relay. - `busy`: not now. - `closed`: there is no session, or another host carries it. */
  readonly send: (messages: readonly UpMessage[]) => "sent" | "busy" | "closed";
  /** All that the device's tabs attend. */
  readonly attended: () => readonly PackedKey[];
}

/** From one frame to the next at least, in ms. */
const frameMs = 100;
/** In one frame at most: so many updates, and so many bytes of them or one that is larger. */
const frameUpdatesMax = 20;
const frameBytesMax = 64 * 1024;

export class PresenceLine {
  readonly #its: PresenceLineOptions;
  /** Not sent yet, by source, the one that waits longest first. */
  readonly #dueById = new Map<string, Said>();
  #isAttendDue = false;
  /** In this session something is attended. */
  #isAttending = false;
  #cancelTimer: (() => void) | undefined;

  constructor(its: PresenceLineOptions) {
    this.#its = its;
  }

  /** What is attended is another, or those who are there are to be told of again. */
  attend(): void {
    this.#isAttendDue = this.#isAttending || this.#its.attended().length > 0;
    this.#flush();
  }

  /** The last one of an id counts. */
  say(id: string, said: Said): void {
    this.#dueById.set(id, said);
    this.#flush();
  }

  end(): void {
    this.#dueById.clear();
    this.#isAttendDue = this.#isAttending = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #flush(): void {
    if (this.#cancelTimer !== undefined || (!this.#isAttendDue && this.#dueById.size === 0)) return;
    const ids = this.#idsOfFrame();
    const keys = this.#isAttendDue ? this.#its.attended().slice(0, attendedKeysMax) : undefined;
    const outcome = this.#its.send(this.#frameOf(keys, ids));
    if (outcome === "closed") return this.end();
    if (outcome === "sent") {
      this.#isAttendDue = false;
      if (keys !== undefined) this.#isAttending = keys.length > 0;
      for (const id of ids) this.#dueById.delete(id);
    }
    this.#cancelTimer = this.#its.environment.setTimer(() => {
      this.#cancelTimer = undefined;
      this.#flush();
    }, frameMs);
  }

  #idsOfFrame(): readonly string[] {
    const ids: string[] = [];
    let bytes = 0;
    for (const [id, { update }] of this.#dueById) {
      bytes += update.length;
      if (ids.length === frameUpdatesMax || (ids.length > 0 && bytes > frameBytesMax)) break;
      ids.push(id);
    }
    return ids;
  }

  /** Attended first: what is said counts only for what the session attends. */
  #frameOf(keys: readonly PackedKey[] | undefined, ids: readonly string[]): readonly UpMessage[] {
    const said = ids.flatMap((id) => this.#dueById.get(id) ?? []);
    return [
      ...(keys === undefined ? [] : [{ type: "attend", keys } as const]),
      ...said.map(({ key, update }) => ({ type: "aware", key, update }) as const),
    ];
  }
}
