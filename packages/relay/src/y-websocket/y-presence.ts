/**
 * The presence of a stock client at its document: what it says of itself, bounded in rate and size, and what
 * it hears of the others, as far as it reads.
 */
import type { Attendant, AwareOutcome, PresenceSeat } from "../presence/presence-room.ts";
import { PushRate } from "../push-rate.ts";
import type { RelayConfig } from "../relay-config.ts";
import { writeAware } from "./message.ts";
import type { YSocket } from "./y-socket.ts";

export interface YPresenceOptions {
  readonly attend: (attendant: Attendant) => PresenceSeat;
  readonly config: RelayConfig;
  readonly now: () => number;
}

export class YPresence implements Attendant {
  readonly #socket: YSocket;
  readonly #config: RelayConfig;
  readonly #rate: PushRate;
  readonly #seat: PresenceSeat;
  #isBehind = false;

  constructor(socket: YSocket, { attend, config, now }: YPresenceOptions) {
    this.#socket = socket;
    this.#config = config;
    this.#rate = new PushRate(config.awaresPerSecondMax, now);
    this.#seat = attend(this);
  }

  aware(update: Uint8Array): void {
    if (this.#isInRate()) this.#tell(this.#seat.aware(update));
  }

  query(): void {
    if (this.#isInRate()) this.#seat.query();
  }

  hearAware(update: Uint8Array): void {
    if (this.#socket.hasRoom) this.#socket.send(writeAware(update));
    else this.#isBehind = true;
  }

  onDrained(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.#seat.query();
  }

  leave(): void {
    this.#seat.leave();
  }

  #isInRate(): boolean {
    if (this.#rate.take() === 0) return true;
    const { awaresPerSecondMax } = this.#config;
    this.#socket.fail("busy", `more than ${awaresPerSecondMax} messages of awareness a second: send fewer`);
    return false;
  }

  #tell(outcome: AwareOutcome): void {
    const { awareLengthMax, presentMax } = this.#config;
    switch (outcome) {
      case "taken":
        return;
      case "malformed":
        return this.#socket.fail("malformed", "the awareness update is none");
      case "too-large": {
        const message = `an awareness state of more than ${awareLengthMax} characters, or of ${presentMax} clients`;
        return this.#socket.fail("too-large", message);
      }
    }
  }
}
