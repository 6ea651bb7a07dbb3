/**
 * Presence at a relay: a room for each document that somebody attends, made for the first and dropped with
 * the last. What is kept in all of them together is bounded by one budget.
 */
import type { PackedKey } from "@rockpool/model";
import { PresenceBudget, type PresenceOptions } from "./presence-budget.ts";
import { PresenceRoom, type Attendant, type PresenceSeat } from "./presence-room.ts";

export class Presence {
  readonly #options: PresenceOptions;
  readonly #budget: PresenceBudget;
  readonly #roomByPlace = new Map<string, PresenceRoom>();

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#budget = new PresenceBudget(options.config.presenceLengthMax);
  }

  /** Documents that somebody attends. */
  get rooms(): number {
    return this.#roomByPlace.size;
  }

  /** Characters of states that are held. */
  get length(): number {
    return this.#budget.held;
  }

  /** Takes a seat at a document; all that are present there are told to it, at once and from then on. */
  attend(bucket: string, key: PackedKey, attendant: Attendant): PresenceSeat {
    // No bucket's name holds a control character.
    const place = `${bucket}\0${key}`;
    let room = this.#roomByPlace.get(place);
    if (room === undefined) {
      room = new PresenceRoom(this.#options, this.#budget, () => this.#roomByPlace.delete(place));
      this.#roomByPlace.set(place, room);
    }
    return room.sit(attendant);
  }

  forgetSilent(): void {
    for (const room of this.#roomByPlace.values()) room.forgetSilent();
  }
}
