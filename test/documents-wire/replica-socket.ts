/**
 * A replica's session by hand: messages out, and all that came in.
 */
import { once } from "node:events";
import { packKey } from "@rockpool/model";
import { decodeDown, encodeUp, protocolVersion, type DownMessage, type UpMessage } from "@rockpool/protocol";
import { WebSocket } from "ws";
import { until } from "./stock-client.ts";

export class ReplicaSocket implements Disposable {
  readonly messages: DownMessage[] = [];
  /** The code of the close; undefined while it is open. */
  closeCode: number | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.messages.push(...decodeDown(data.toString())));
    socket.on("close", (code) => (this.closeCode = code));
  }

  /** Opens a session, and waits for its welcome. */
  static async open(url: string, bucket: string, replica: string, token?: string): Promise<ReplicaSocket> {
    const socket = new WebSocket(url);
    await once(socket, "open");
    const session = new ReplicaSocket(socket);
    const protocol = { min: protocolVersion, max: protocolVersion };
    const hello = {
      bucket,
      replica,
      epoch: null,
      cursor: 0,
      follow: [packKey([])],
      clockMs: Date.now(),
      protocol,
    };
    session.send({ type: "hello", ...hello, ...(token === undefined ? {} : { token }) });
    await until(
      () => session.messages[0]?.type === "welcome",
      () => `it was welcomed, not ${JSON.stringify(session.messages)}`,
    );
    return session;
  }

  send(...messages: readonly UpMessage[]): void {
    this.#socket.send(encodeUp(messages));
  }

  /** An answer that shows that all before was heard. */
  async heard(): Promise<void> {
    const id = this.messages.length + 1;
    this.send({ type: "ping", id });
    await until(
      () => this.messages.some((message) => message.type === "pong" && message.id === id),
      () => `it was answered; closed with ${String(this.closeCode)}`,
    );
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
