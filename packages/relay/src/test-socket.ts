/**
 * For tests: a WebSocket by hand that speaks messages, remembers what came, and waits for what is
 * to come; every wait ends in a failure that says what was there instead.
 */
import {
  decodeDown,
  encodeUp,
  protocolVersion,
  type DownMessage,
  type Hello,
  type UpMessage,
} from "@rockpool/protocol";
import { packKey } from "@rockpool/model";
import { WebSocket, type ClientOptions } from "ws";
import { testNowMs } from "./commit-fixture.ts";

type MessageOf<Type> = Extract<DownMessage, { readonly type: Type }>;

/** Longest wait for anything in these tests, in ms. */
const waitMsMax = 5000;

export const helloOf = (replica: string, options: Partial<Hello> = {}): Hello => ({
  type: "hello",
  protocol: { min: protocolVersion, max: protocolVersion },
  bucket: "b",
  replica,
  epoch: null,
  cursor: 0,
  follow: [packKey([])],
  clockMs: testNowMs,
  ...options,
});

export class TestSocket implements AsyncDisposable {
  /** Every frame that came, in order. */
  readonly frames: (readonly DownMessage[])[] = [];
  /** Settles with the code of the close, whoever closed. */
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  /** Characters that came. */
  receivedLength = 0;
  readonly #watchers = new Set<() => void>();
  #taken = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      const frame = data.toString();
      this.receivedLength += frame.length;
      this.frames.push(decodeDown(frame));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  static async open(url: string, options: ClientOptions = {}): Promise<TestSocket> {
    const socket = new WebSocket(url, options);
    const testSocket = new TestSocket(socket);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return testSocket;
  }

  /** Opens a socket, says hello and returns it with the welcome. */
  static async join(
    url: string,
    hello: Hello,
  ): Promise<{ socket: TestSocket; welcome: MessageOf<"welcome"> }> {
    const socket = await TestSocket.open(url);
    socket.send(hello);
    return { socket, welcome: await socket.next("welcome") };
  }

  get messages(): readonly DownMessage[] {
    return this.frames.flat();
  }

  send(...messages: readonly UpMessage[]): void {
    this.socket.send(encodeUp(messages));
  }

  /** The next message of a type that no earlier wait has passed; waits for it. */
  async next<Type extends DownMessage["type"]>(
    type: Type,
    isWanted: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    let found: MessageOf<Type> | undefined;
    await this.until(() => {
      for (; found === undefined && this.#taken < this.messages.length; this.#taken++) {
        const message = this.messages[this.#taken];
        const isFound = message?.type === type && isWanted(message as MessageOf<Type>);
        if (isFound) found = message as MessageOf<Type>;
      }
      return found !== undefined;
    }, `a ${type}`);
    return found as unknown as MessageOf<Type>;
  }

  /** Waits until the condition holds, which is tried whenever something comes. */
  until(condition: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(false), waitMsMax);
      const finish = (isMet: boolean): void => {
        clearTimeout(timer);
        this.#watchers.delete(attempt);
        if (isMet) resolve();
        else reject(new Error(`waited for ${what}; last came ${JSON.stringify(this.messages.slice(-3))}`));
      };
      const attempt = (): void => {
        if (condition()) finish(true);
        else if (this.socket.readyState === WebSocket.CLOSED) finish(false);
      };
      this.#watchers.add(attempt);
      attempt();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  #wake(): void {
    for (const attempt of this.#watchers) attempt();
  }
}
