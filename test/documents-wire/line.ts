/**
 * The line between one client and the relay, which can be cut and mended.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Line {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(relayUrl: () => string) {
    this.#server = createServer((client) => this.#pass(client, Number(new URL(relayUrl()).port)));
  }

  static async open(relayUrl: () => string): Promise<Line> {
    const line = new Line(relayUrl);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  /** Where the relay is, for who is at the end of this line. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #pass(client: Socket, port: number): void {
    if (this.#isCut) return void client.destroy();
    const relay = connect(port, "127.0.0.1");
    for (const socket of [client, relay]) {
      this.#sockets.add(socket);
      // Reset, or refused while the relay is down: both ends go.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        relay.destroy();
      });
    }
    client.pipe(relay);
    relay.pipe(client);
  }
}
