/**
 * Tells a tab of its bucket's sync status: once a turn, however much happened, and only of one that is
 * another.
 */
import type { HostEvent, TransportStatus } from "../host-api.ts";
import { isSameStatus } from "./sync-status.ts";

export class StatusTeller {
  readonly #status: () => TransportStatus;
  readonly #emit: (event: HostEvent) => void;
  #isDue = false;
  #told: TransportStatus | undefined;
  #closed = false;

  constructor(status: () => TransportStatus, emit: (event: HostEvent) => void) {
    this.#status = status;
    this.#emit = emit;
  }

  /** The status may be another. */
  tell(): void {
    if (this.#isDue || this.#closed) return;
    this.#isDue = true;
    void Promise.resolve().then(() => {
      this.#isDue = false;
      const status = this.#status();
      if (this.#closed || isSameStatus(status, this.#told)) return;
      this.#told = status;
      this.#emit({ type: "status", status });
    });
  }

  close(): void {
    this.#closed = true;
  }
}
