/**
 * A tab's end of the channel between the tabs of a device.
 */
import type { HostChannel } from "@rockpool/host";
import type { TabLife } from "./tab-life.ts";

export class TabChannel implements HostChannel {
  readonly name: string;
  onMessage: ((message: unknown) => void) | null = null;
  busyUntilMs = 0;
  readonly #life: TabLife;
  readonly #send: (message: unknown) => void;
  #isClosed = false;

  constructor(name: string, life: TabLife, send: (message: unknown) => void) {
    this.name = name;
    this.#life = life;
    this.#send = send;
  }

  post(message: unknown): void {
    if (!this.#isClosed && !this.#life.hasEnded) this.#send(message);
  }

  hear(message: unknown): void {
    this.#life.do(() => {
      if (!this.#isClosed) this.onMessage?.(message);
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}
