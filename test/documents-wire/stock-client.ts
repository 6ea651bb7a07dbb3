/**
 * A stock y-websocket client on one document, as an app would have it: y-websocket's own provider, with ws
 * for a WebSocket, and what it was told of its connection.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

export interface StockOptions {
  readonly doc?: Y.Doc;
  readonly params?: Record<string, string>;
  readonly resyncInterval?: number;
}

/** Longest wait for anything in these tests, in ms. */
const waitMsMax = 10_000;

export class StockClient implements Disposable {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
  /** The codes of all closes, in order. */
  readonly closeCodes: number[] = [];
  /** What the relay said of rights. */
  readonly denials: string[] = [];
  /** Why it stays away; undefined while it does not. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  /** Of a document: the relay's url, the bucket and the room. */
  constructor(url: string, bucket: string, room: string, options: StockOptions = {}) {
    const { doc = new Y.Doc(), params = {}, resyncInterval = -1 } = options;
    this.doc = doc;
    this.provider = new WebsocketProvider(`${url}/y/${bucket}`, room, doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      connect: false,
      maxBackoffTime: 100,
      params,
      resyncInterval,
    });
    this.provider.on("connection-close", (event) => void this.closeCodes.push(event?.code ?? 0));
    this.provider.on("closed", (close) => (this.closed = close));
    this.provider.messageHandlers[2] = (_, decoder) => {
      // The reason stands behind the numbers of the message, and its length.
      this.denials.push(Buffer.from(decoder.arr.subarray(3)).toString());
    };
    this.provider.connect();
  }

  get text(): string {
    return this.doc.getText("t").toString();
  }

  type(text: string, at: number = this.doc.getText("t").length): void {
    this.doc.getText("t").insert(at, text);
  }

  erase(at: number, length: number): void {
    this.doc.getText("t").delete(at, length);
  }

  /** Those it sees, by name. */
  get names(): readonly unknown[] {
    return [...this.provider.awareness.getStates().values()].map(({ name }) => name as unknown).toSorted();
  }

  /** Connected, with all that the relay had. */
  synced(): Promise<void> {
    return until(
      () => this.provider.synced,
      () => `it was synced; closed ${JSON.stringify(this.closeCodes)}`,
    );
  }

  /** Its connection was closed, and it stays away. */
  async stopped(): Promise<number> {
    await until(
      () => this.closed !== undefined,
      () => `it stayed away; closed ${JSON.stringify(this.closeCodes)}`,
    );
    return this.closed?.code ?? 0;
  }

  /**
   * All that it sent before is saved: the relay answers a question when what came before it is on disk. A stock
   * provider asks by itself every `resyncInterval`.
   */
  async saved(): Promise<void> {
    await this.synced();
    const answered = Promise.withResolvers<void>();
    const readSync = this.provider.messageHandlers[0];
    if (readSync === undefined) throw new Error("y-websocket has no handler for sync messages");
    this.provider.messageHandlers[0] = (...parameters) => {
      const [, decoder] = parameters;
      const isStep2 = decoder.arr[decoder.pos] === 1;
      readSync(...parameters);
      if (isStep2) answered.resolve();
    };
    const stateVector = Y.encodeStateVector(this.doc);
    // Message 0 (sync), step 1, and the state vector behind its length.
    this.provider.ws?.send(Uint8Array.from([0, 0, ...varuint(stateVector.length), ...stateVector]));
    this.provider.once("connection-close", () => answered.reject(new Error("closed before it was saved")));
    await answered.promise;
    this.provider.messageHandlers[0] = readSync;
  }

  [Symbol.dispose](): void {
    this.provider.destroy();
    this.doc.destroy();
  }
}

/** Waits until the condition holds. @throws Error that says what did not come */
export const until = async (condition: () => boolean, what: () => string): Promise<void> => {
  for (const endMs = Date.now() + waitMsMax; !condition();) {
    if (Date.now() > endMs) throw new Error(`waited until ${what()}`);
    await sleep(5);
  }
};

/** All show the same text, of at least so many characters. */
export const untilEqual = (clients: readonly StockClient[], text?: string): Promise<void> =>
  until(
    () => clients.every((client) => client.text === (text ?? clients[0]?.text)),
    () => `all were equal: ${JSON.stringify(clients.map((client) => client.text))}`,
  );

const varuint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varuint(Math.floor(value / 0x80))];
