/**
 * A gate between replicas and their relay that passes every frame on and measures it: how many there were each way, how
 * long in all, and how long the longest was, in characters.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

export interface FrameMeasure {
  readonly frames: number;
  readonly length: number;
  readonly longest: number;
}

const nothing: FrameMeasure = { frames: 0, length: 0, longest: 0 };

export class FrameMeter implements AsyncDisposable {
  readonly #server: WebSocketServer;
  /** From replicas to the relay, and from it to them. */
  up: FrameMeasure = nothing;
  down: FrameMeasure = nothing;
  /** Connections that replicas opened. */
  connections = 0;

  static async open(relayUrl: () => string): Promise<FrameMeter> {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
    await once(server, "listening");
    return new FrameMeter(server, relayUrl);
  }

  private constructor(server: WebSocketServer, relayUrl: () => string) {
    this.#server = server;
    server.on("connection", (replica) => {
      this.connections++;
      void this.#pass(replica, relayUrl());
    });
  }

  /** Where the relay is, for a replica whose frames are to be measured. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #pass(replica: WebSocket, relayUrl: string): Promise<void> {
    const relay = new WebSocket(relayUrl, { perMessageDeflate: false });
    for (const [from, to] of [
      [replica, relay],
      [relay, replica],
    ] as const) {
      from.on("close", () => to.terminate());
      // A close follows.
      from.on("error", () => undefined);
    }
    const opened = once(relay, "open");
    replica.on("message", (data: Buffer) => {
      this.up = measured(this.up, data);
      void opened.then(() => relay.send(data, { binary: false }));
    });
    relay.on("message", (data: Buffer) => {
      this.down = measured(this.down, data);
      replica.send(data, { binary: false });
    });
    // Refused when the relay is down; the close of it ends the replica's connection too.
    await opened.catch(() => undefined);
  }
}

const measured = ({ frames, length, longest }: FrameMeasure, frame: Buffer): FrameMeasure => ({
  frames: frames + 1,
  length: length + frame.length,
  longest: Math.max(longest, frame.length),
});
