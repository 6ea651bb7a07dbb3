/**
 * One WebSocket: frames in, frames out, bounded. A socket that takes what is sent too slowly is not
 * read from until it has drained, so what waits in it stays bounded too.
 */
import {
  decodeUp,
  encodeDown,
  ProtocolError,
  type DownMessage,
  type SessionErrorCode,
  type UpMessage,
} from "@rockpool/protocol";
import type { RawData, WebSocket } from "ws";
import type { RelayConfig } from "./relay-config.ts";

/** 4400-4499: the peer must not come back as it is. Others: later. PROTOCOL.md lists them. */
const closeCodeByError: Readonly<Record<SessionErrorCode, number>> = {
  malformed: 4400,
  unauthorized: 4401,
  scope: 4509,
  "too-large": 4413,
  version: 4426,
  internal: 1011,
  closing: 1012,
  busy: 1013,
};

/** Hello did not come in time; the network may have been slow, so the peer may try again. */
export const helloTimeoutCloseCode = 4508;

/** A socket has drained when it holds no more than this share of what patches may fill. */
const drainedShare = 4;

export interface ConnectionEvents {
  /** A frame's messages, and its size in characters. */
  onMessages(messages: readonly UpMessage[], frameLength: number): void;
  /** The socket has sent so much that patches may go out again. */
  onDrained(): void;
  onClosed(): void;
}

export class Connection {
  readonly #socket: WebSocket;
  readonly #config: RelayConfig;
  #events: ConnectionEvents | undefined;
  #isAlive = true;
  #isEnding = false;
  #isDeaf = false;
  readonly #afterSend = (): void => this.#drain();

  constructor(socket: WebSocket, config: RelayConfig) {
    this.#socket = socket;
    this.#config = config;
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("pong", () => (this.#isAlive = true));
    // ws closes the socket itself after an error (a frame too large, bad UTF-8); "close" tells of it.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#events?.onClosed());
  }

  /** Who hears of messages from now on. */
  listen(events: ConnectionEvents): void {
    this.#events = events;
  }

  get isOpen(): boolean {
    return !this.#isEnding && this.#socket.readyState === this.#socket.OPEN;
  }

  /** False while so much waits to be sent that patches must wait. */
  get hasRoom(): boolean {
    return this.#socket.bufferedAmount < this.#config.sendBufferBytes;
  }

  send(messages: readonly DownMessage[]): void {
    if (messages.length > 0) this.sendFrame(encodeDown(messages));
  }

  /** Sends an encoded frame; one Buffer may be sent to many. */
  sendFrame(frame: string | Buffer): void {
    if (!this.isOpen) return;
    this.#socket.send(frame, { binary: false }, this.#afterSend);
    if (this.#socket.bufferedAmount > this.#config.sendBufferBytesMax) this.#socket.pause();
  }

  /** Says why, and closes. */
  fail(code: SessionErrorCode, message: string, retryAfterMs?: number): void {
    const error = { type: "error", code, message } as const;
    this.send([retryAfterMs === undefined ? error : { ...error, retryAfterMs }]);
    this.end(closeCodeByError[code], code);
  }

  /** Closes; what was sent before still goes out, nothing that arrives later is heard. */
  end(closeCode: number, reason: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#socket.resume();
    this.#socket.close(closeCode, reason);
  }

  /** Hears no more messages; what was heard is still answered. */
  stopListening(): void {
    this.#isDeaf = true;
  }

  /** Drops the socket without a word. */
  terminate(): void {
    this.#isEnding = true;
    this.#socket.terminate();
  }

  /** Pings; a socket that has shown no life since the last time is dropped. */
  checkLife(): void {
    if (!this.#isAlive) return this.terminate();
    this.#isAlive = false;
    if (this.isOpen) this.#socket.ping();
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#isAlive = true;
    if (this.#isEnding || this.#isDeaf) return;
    if (isBinary || !Buffer.isBuffer(data)) {
      this.fail("malformed", "a binary frame; send JSON text");
      return;
    }
    const frame = data.toString();
    try {
      this.#events?.onMessages(decodeUp(frame), frame.length);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail("malformed", error.message);
    }
  }

  #drain(): void {
    if (!this.hasRoom || !this.isOpen) return;
    if (this.#socket.isPaused) this.#socket.resume();
    if (this.#socket.bufferedAmount <= this.#config.sendBufferBytes / drainedShare) this.#events?.onDrained();
  }
}
