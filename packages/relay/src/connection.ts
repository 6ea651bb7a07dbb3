/**
 * One replica's WebSocket: frames of messages in and out.
 */
import {
  decodeUp,
  encodeDown,
  ProtocolError,
  type DownMessage,
  type SessionErrorCode,
  type UpMessage,
} from "@rockpool/protocol";
import type { WebSocket } from "ws";
import { BoundedSocket } from "./bounded-socket.ts";
import type { RelayConfig } from "./relay-config.ts";

/** 4400-4499: the peer must not come back as it is. Others: later. PROTOCOL.md lists them. */
export const closeCodeByError: Readonly<Record<SessionErrorCode, number>> = {
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

export interface ConnectionEvents {
  /** A frame's messages, and its size in characters. */
  onMessages(messages: readonly UpMessage[], frameLength: number): void;
  /** The socket has sent so much that patches may go out again. */
  onDrained(): void;
  onClosed(): void;
}

export class Connection {
  readonly #socket: BoundedSocket;
  #events: ConnectionEvents | undefined;

  constructor(socket: WebSocket, config: RelayConfig) {
    this.#socket = new BoundedSocket(socket, config, {
      onFrame: (data, isBinary) => this.#receive(data, isBinary),
      onDrained: () => this.#events?.onDrained(),
      onClosed: () => this.#events?.onClosed(),
    });
  }

  /** Who hears of messages from now on. */
  listen(events: ConnectionEvents): void {
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  get unsentBytes(): number {
    return this.#socket.unsentBytes;
  }

  /** False while so much waits to be sent that patches must wait. */
  get hasRoom(): boolean {
    return this.#socket.hasRoom;
  }

  send(messages: readonly DownMessage[]): void {
    if (messages.length > 0) this.sendFrame(encodeDown(messages));
  }

  /** Sends an encoded frame; one Buffer may be sent to many. */
  sendFrame(frame: string | Buffer): void {
    this.#socket.send(frame, false);
  }

  /** Says why, and closes. */
  fail(code: SessionErrorCode, message: string, retryAfterMs?: number): void {
    const error = { type: "error", code, message } as const;
    this.send([retryAfterMs === undefined ? error : { ...error, retryAfterMs }]);
    this.end(closeCodeByError[code], code);
  }

  /** Closes; what was sent before still goes out, nothing that arrives later is heard. */
  end(closeCode: number, reason: string): void {
    this.#socket.end(closeCode, reason);
  }

  /** Hears no more messages; what was heard is still answered. */
  stopListening(): void {
    this.#socket.stopListening();
  }

  /** Drops the socket without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Pings; a socket that has shown no life since the last time is dropped. */
  checkLife(): void {
    this.#socket.checkLife();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
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
}
