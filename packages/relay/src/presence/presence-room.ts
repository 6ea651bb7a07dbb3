/**
 * Who is present at one document: the last awareness state of each client, from whichever connection it
 * came, given to newcomers and told to everybody else. A client is gone when it says so, and when the
 * connection that brought its state ends. Everything here is bounded, and lost without harm.
 */
import { readAwarenessUpdate, writeAwarenessUpdate, type ClientState } from "./awareness-update.ts";
import type { PresenceBudget, PresenceOptions } from "./presence-budget.ts";

/** A connection at a document, as it hears of the others. */
export interface Attendant {
  /** States of other clients, as y-protocols writes them; of its own where another connection ended them. */
  hearAware(update: Uint8Array): void;
}

/**
 * What became of an awareness update. - `malformed`: it is none. - `too-large`: a state is larger than is
 * kept, or it tells of more clients than are.
 */
export type AwareOutcome = "taken" | "malformed" | "too-large";

/** A connection's place at a document, until it leaves. */
export interface PresenceSeat {
  /** Tells of its clients. What does not fit into the bounds of document and relay is not kept, nor told. */
  aware(update: Uint8Array): AwareOutcome;
  /** Has the states of all others told to it again. */
  query(): void;
  /** The clients that came by it are gone. Leaving twice is harmless. */
  leave(): void;
}

interface Present extends ClientState {
  readonly seat: Seat;
  /** When it was last told of by its own connection. */
  readonly heardMs: number;
}

/** Peers hide a client that was silent for longer than this, in ms. Source: y-protocols, `outdatedTimeout`. */
const silentMsMax = 30_000;

export class PresenceRoom {
  readonly #options: PresenceOptions;
  readonly #budget: PresenceBudget;
  readonly #onEmpty: () => void;
  readonly #seats = new Set<Seat>();
  readonly #presentByClient = new Map<number, Present>();
  /** The clocks of clients that are gone: peers ignore a client that comes back with one no later. */
  readonly #goneClockByClient = new Map<number, number>();
  /** The clients that are to be told of at the next telling, and who knows already. */
  readonly #knowerByUntold = new Map<number, Seat | undefined>();
  #cancelTelling: (() => void) | undefined;

  constructor(options: PresenceOptions, budget: PresenceBudget, onEmpty: () => void) {
    this.#options = options;
    this.#budget = budget;
    this.#onEmpty = onEmpty;
  }

  get clients(): number {
    return this.#presentByClient.size;
  }

  sit(attendant: Attendant): PresenceSeat {
    const seat = new Seat(attendant, this);
    this.#seats.add(seat);
    this.tellAll(seat);
    return seat;
  }

  leave(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    for (const present of this.#presentByClient.values()) {
      if (present.seat === seat) this.#end(present, undefined);
    }
    if (this.#seats.size > 0) return;
    this.#cancelTelling?.();
    this.#onEmpty();
  }

  take(seat: Seat, update: Uint8Array): AwareOutcome {
    const states = readAwarenessUpdate(update);
    if (states === undefined) return "malformed";
    const { presentMax, awareLengthMax } = this.#options.config;
    const isTooLarge =
      states.length > presentMax || states.some(({ state }) => state.length > awareLengthMax);
    if (isTooLarge) return "too-large";
    for (const state of states) this.#takeOne(seat, state);
    return "taken";
  }

  tellAll(seat: Seat): void {
    const others = [...this.#presentByClient.values()].filter((present) => present.seat !== seat);
    if (others.length > 0) seat.attendant.hearAware(writeAwarenessUpdate(others));
  }

  /** Forgets clients that were silent for so long that their peers have, too. */
  forgetSilent(): void {
    const oldestMs = this.#options.now() - silentMsMax;
    for (const present of this.#presentByClient.values()) {
      if (present.heardMs < oldestMs) this.#forget(present);
    }
  }

  #takeOne(seat: Seat, told: ClientState): void {
    const { client, clock, state } = told;
    const known = this.#presentByClient.get(client);
    if (state === "null") {
      if (known !== undefined && clock >= known.clock) this.#end({ ...known, clock }, seat);
      return;
    }
    // Stock clients send back what they hear of others: that is no news.
    if (known !== undefined && clock <= known.clock) return;
    const { presentMax, presentPerSessionMax } = this.#options.config;
    if (known?.seat !== seat && seat.clients >= presentPerSessionMax) return;
    if (known === undefined && this.#presentByClient.size >= presentMax) return;
    if (!this.#budget.take(state.length - (known?.state.length ?? 0))) return;
    if (known !== undefined) known.seat.clients--;
    seat.clients++;
    const goneClock = this.#goneClockByClient.get(client);
    this.#presentByClient.set(client, { client, clock, state, seat, heardMs: this.#options.now() });
    this.#tell(client, seat);
    if (goneClock === undefined) return;
    this.#goneClockByClient.delete(client);
    // Told that it is gone, it says with a later clock that it is not.
    if (clock <= goneClock) {
      seat.attendant.hearAware(writeAwarenessUpdate([{ client, clock: goneClock, state: "null" }]));
    }
  }

  #end(present: Present, by: Seat | undefined): void {
    this.#forget(present);
    this.#goneClockByClient.set(present.client, present.clock);
    const [oldest] = this.#goneClockByClient.keys();
    if (this.#goneClockByClient.size > this.#options.config.presentMax && oldest !== undefined) {
      this.#goneClockByClient.delete(oldest);
    }
    this.#tell(present.client, by);
  }

  #forget({ client, state, seat }: Present): void {
    this.#presentByClient.delete(client);
    seat.clients--;
    this.#budget.give(state.length);
  }

  /** At once, if nothing was told for a while; else with all that comes until then. */
  #tell(client: number, by: Seat | undefined): void {
    this.#knowerByUntold.set(client, by);
    if (this.#cancelTelling === undefined) this.#tellUntold();
  }

  #tellUntold(): void {
    this.#cancelTelling = undefined;
    if (this.#knowerByUntold.size === 0) return;
    const { schedule, config } = this.#options;
    this.#cancelTelling = schedule(config.awareMs, () => this.#tellUntold());
    const untold = [...this.#knowerByUntold];
    this.#knowerByUntold.clear();
    const forStrangers = this.#updateOf(untold);
    for (const seat of this.#seats) {
      const rest = untold.filter(([, knower]) => knower !== seat);
      const update = rest.length === untold.length ? forStrangers : this.#updateOf(rest);
      if (rest.length > 0) seat.attendant.hearAware(update);
    }
  }

  #updateOf(untold: readonly (readonly [client: number, knower: Seat | undefined])[]): Uint8Array {
    const states = untold.map(([client]) => this.#stateOf(client));
    return writeAwarenessUpdate(states.filter((state) => state !== undefined));
  }

  #stateOf(client: number): ClientState | undefined {
    const present = this.#presentByClient.get(client);
    if (present !== undefined) return present;
    const clock = this.#goneClockByClient.get(client);
    return clock === undefined ? undefined : { client, clock, state: "null" };
  }
}

class Seat implements PresenceSeat {
  readonly attendant: Attendant;
  /** Clients that came by it and are present. */
  clients = 0;
  readonly #room: PresenceRoom;
  #isTaken = true;

  constructor(attendant: Attendant, room: PresenceRoom) {
    this.attendant = attendant;
    this.#room = room;
  }

  aware(update: Uint8Array): AwareOutcome {
    return this.#isTaken ? this.#room.take(this, update) : "taken";
  }

  query(): void {
    if (this.#isTaken) this.#room.tellAll(this);
  }

  leave(): void {
    this.#isTaken = false;
    this.#room.leave(this);
  }
}
