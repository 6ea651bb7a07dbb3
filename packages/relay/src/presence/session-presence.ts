/**
 * The presence of a replica at the documents that its session attends: what its device says of its tabs,
 * bounded in rate and size, and what it hears of others, as far as its socket takes it.
 * @see PROTOCOL.md section 10
 */
import { attendedKeysMax, awareBytesMax, isInScope, type PackedKey } from "@rockpool/model";
import type { Connection } from "../connection.ts";
import { PushRate } from "../push-rate.ts";
import type { RelayConfig } from "../relay-config.ts";
import type { SessionAccess } from "../session-access.ts";
import type { PresenceSeat } from "./presence-room.ts";
import type { Presence } from "./presence.ts";

export interface SessionPresenceOptions {
  readonly bucket: string;
  readonly presence: Presence;
  readonly access: SessionAccess;
  readonly config: RelayConfig;
  readonly now: () => number;
}

/** A socket that holds more unsent bytes than this is sent no presence: rulings and patches go before. */
const unsentBytesMax = 64 * 1024;
/** Who sends so many times as much as is taken is sent away. */
const floodFactor = 10;

export class SessionPresence {
  readonly #connection: Connection;
  readonly #options: SessionPresenceOptions;
  readonly #seatByKey = new Map<PackedKey, PresenceSeat>();
  /** Keys of which something could not be told. */
  readonly #behind = new Set<PackedKey>();
  readonly #awares: BoundedRate;
  readonly #attends: BoundedRate;

  constructor(connection: Connection, options: SessionPresenceOptions) {
    const { config, now } = options;
    this.#connection = connection;
    this.#options = options;
    this.#awares = new BoundedRate(config.awaresPerSecondMax, now);
    this.#attends = new BoundedRate(config.attendsPerSecondMax, now);
  }

  /** From now on it is present at these documents, as far as it may read them, and at no others. */
  attend(keys: readonly PackedKey[]): void {
    const rate = this.#attends.take();
    if (rate === "flood") return this.#failFlood("attend", this.#options.config.attendsPerSecondMax);
    if (keys.length > attendedKeysMax) {
      const message = `${keys.length} documents are attended, at most ${attendedKeysMax}: leave some`;
      return this.#connection.fail("too-large", message);
    }
    const { rights } = this.#options.access;
    const attended = new Set(keys.filter((key) => rights !== undefined && isInScope(rights.read, key)));
    for (const [key, seat] of this.#seatByKey) {
      if (!attended.has(key)) this.#leave(key, seat);
      else if (rate === "taken") seat.query();
    }
    for (const key of attended) if (!this.#seatByKey.has(key)) this.#sit(key);
  }

  aware(key: PackedKey, update: Uint8Array): void {
    const rate = this.#awares.take();
    if (rate === "flood") return this.#failFlood("aware", this.#options.config.awaresPerSecondMax);
    if (update.length > awareBytesMax) {
      const message = `an awareness update of ${update.length} bytes, at most ${awareBytesMax}: keep less in it`;
      return this.#connection.fail("too-large", message);
    }
    // What is no update, or does not fit, is dropped as it may be: another comes in a while.
    if (rate === "taken") this.#seatByKey.get(key)?.aware(update);
  }

  /** The socket has sent nearly all it held. */
  onDrained(): void {
    for (const key of this.#behind) {
      this.#behind.delete(key);
      this.#seatByKey.get(key)?.query();
      if (this.#behind.has(key)) return;
    }
  }

  /** The session is over. */
  end(): void {
    for (const [key, seat] of this.#seatByKey) this.#leave(key, seat);
  }

  #sit(key: PackedKey): void {
    const { presence, bucket } = this.#options;
    const hearAware = (update: Uint8Array): void => this.#tell(key, update);
    this.#seatByKey.set(key, presence.attend(bucket, key, { hearAware }));
  }

  #leave(key: PackedKey, seat: PresenceSeat): void {
    this.#seatByKey.delete(key);
    this.#behind.delete(key);
    seat.leave();
  }

  #tell(key: PackedKey, update: Uint8Array): void {
    if (this.#connection.unsentBytes > unsentBytesMax) this.#behind.add(key);
    else this.#connection.send([{ type: "aware", key, update }]);
  }

  #failFlood(type: "attend" | "aware", perSecond: number): void {
    const message = `more than ${floodFactor * perSecond} messages "${type}" a second: send fewer`;
    this.#connection.fail("busy", message, this.#options.config.busyMs);
  }
}

/** What is over a rate is dropped; what is far over it is a flood. */
class BoundedRate {
  readonly #taken: PushRate;
  readonly #borne: PushRate;

  constructor(perSecond: number, now: () => number) {
    this.#taken = new PushRate(perSecond, now);
    this.#borne = new PushRate(floodFactor * perSecond, now);
  }

  take(): "taken" | "dropped" | "flood" {
    if (this.#borne.take() > 0) return "flood";
    return this.#taken.take() > 0 ? "dropped" : "taken";
  }
}
