/**
 * A gate between a browser and a relay that can keep the relay's answers back: what the relay rules behind the closed
 * gate is on its disk, and the browser has not heard of it. The worst moment for a relay to die, made to last.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class AnswerGate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** By the relay's end of a connection: what is to be called when it answers in vain. */
  readonly #keptBack = new Map<Socket, () => void>();

  readonly #answerDelayMs: number;

  private constructor(relayUrl: () => string, answerDelayMs: number) {
    this.#answerDelayMs = answerDelayMs;
    this.#server = createServer((browser) => this.#pass(browser, Number(new URL(relayUrl()).port)));
  }

  /** `answerDelayMs`: how much later each answer comes, as from a relay far away. */
  static async open(
    relayUrl: () => string,
    { answerDelayMs = 0 }: { readonly answerDelayMs?: number } = {},
  ): Promise<AnswerGate> {
    const gate = new AnswerGate(relayUrl, answerDelayMs);
    gate.#server.listen(0, "127.0.0.1");
    await once(gate.#server, "listening");
    return gate;
  }

  /** Where the relay is, for a browser that goes through the gate. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Shuts the gate for the connections there are, for good; fulfilled when the relay has answered in vain. */
  keepBack(): Promise<void> {
    return new Promise((resolve) => {
      for (const socket of this.#sockets) this.#keptBack.set(socket, resolve);
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(browser: Socket, port: number): void {
    const relay = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [browser, relay],
      [relay, browser],
    ] as const) {
      this.#sockets.add(socket);
      // Refused or reset, as when the relay is down: the other side sees its connection end.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#keptBack.delete(socket);
        if (socket === relay) this.#late(() => other.end());
        else other.destroy();
      });
    }
    browser.on("data", (data) => relay.write(data));
    relay.on("data", (data) => {
      const keepBack = this.#keptBack.get(relay);
      if (keepBack !== undefined) keepBack();
      else this.#late(() => browser.write(data));
    });
  }

  /** Does something as late as answers come. */
  #late(work: () => void): void {
    if (this.#answerDelayMs === 0) work();
    else setTimeout(work, this.#answerDelayMs);
  }
}
