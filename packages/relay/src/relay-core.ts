/**
 * A relay without its server: takes sockets that were opened however they were, and serves each
 * until it closes. server.ts listens for them; an existing Node server can hand over its own.
 */
import type { WebSocket } from "ws";
import { BucketDirectory, type DirectoryOptions } from "./bucket-directory.ts";
import { Connection } from "./connection.ts";
import { Greeter } from "./greeter.ts";

export class RelayCore {
  readonly #options: DirectoryOptions;
  readonly #connections = new Set<Connection>();
  readonly #buckets: BucketDirectory;
  readonly #greeter: Greeter;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#buckets = new BucketDirectory(options);
    this.#greeter = new Greeter({ ...options, buckets: this.#buckets });
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
