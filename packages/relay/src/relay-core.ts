/**
 * A relay without its server: takes sockets that were opened however they were, and serves each
 * until it closes. server.ts listens for them; an existing Node server can hand over its own.
 */
import type { WebSocket } from "ws";
import { Gatekeeper, type Authenticate } from "./access.ts";
import { BucketDirectory, type DirectoryOptions } from "./bucket-directory.ts";
import { Connection } from "./connection.ts";
import { Greeter } from "./greeter.ts";
import { scheduleByTimer, type Schedule } from "./schedule.ts";
import { SessionRoll } from "./session-roll.ts";

export interface RelayCoreOptions extends DirectoryOptions {
  /** Says what a token stands for. Without it everybody may do everything. */
  readonly authenticate?: Authenticate | undefined;
  /** Timers for the ends of tokens; the clock's own, unless time is virtual. */
  readonly schedule?: Schedule;
}

export class RelayCore {
  readonly #options: RelayCoreOptions;
  readonly #connections = new Set<Connection>();
  readonly #buckets: BucketDirectory;
  readonly #roll = new SessionRoll();
  readonly #greeter: Greeter;

  constructor(options: RelayCoreOptions) {
    this.#options = options;
    this.#buckets = new BucketDirectory(options);
    const { config, now, schedule = scheduleByTimer } = options;
    const gatekeeper = new Gatekeeper(options);
    const buckets = this.#buckets;
    this.#greeter = new Greeter({ buckets, gatekeeper, roll: this.#roll, config, now, schedule });
  }

  /** Serves an open socket, from its hello on. */
  accept(socket: WebSocket): void {
    const connection = new Connection(socket, this.#options.config);
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    this.#greeter.greet(connection);
  }

  /** Drops the sockets that showed no life since the last call, and asks the others for a sign of it. */
  checkLife(): void {
    for (const connection of this.#connections) connection.checkLife();
  }

  /**
   * Asks `authenticate` again what the tokens of open sessions stand for, of one subject or of all:
   * call it when rights were granted or withdrawn. Sessions that they change for come back at once.
   */
  recheck(subject?: string): Promise<void> {
    return this.#roll.recheck(subject);
  }

  /** Does what time asks for in every bucket in use; called every `sweepMs`. Failures go to `onError`. */
  sweep(): Promise<void> {
    return this.#buckets.sweep();
  }

  /** Hears no more, rules on what was pushed, and tells every session that the relay goes down. */
  async dismiss(): Promise<void> {
    for (const connection of this.#connections) connection.stopListening();
    await this.#buckets.drain();
    const message = "the relay is going down: connect again later";
    for (const connection of this.#connections) {
      connection.fail("closing", message, this.#options.config.restartMs);
    }
  }

  /** Drops the sockets that are left, without a word. */
  terminate(): void {
    for (const connection of this.#connections) connection.terminate();
  }
}
