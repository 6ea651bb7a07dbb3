/**
 * One stock client's WebSocket: binary frames in and out, and closes whose codes y-websocket understands.
 * It gives no place for an error but the close itself, so the reason says what and what to do.
 */
import { WebSocket } from "ws";
import { BoundedSocket } from "../bounded-socket.ts";
import { closeCodeByError } from "../connection.ts";
import type { RelayConfig } from "../relay-config.ts";
import { writeAware } from "./message.ts";
import { writeAwarenessUpdate } from "../presence/awareness-update.ts";

/** Why a client's connection is closed. PROTOCOL.md lists them. */
export type YCloseReason =
  | "malformed"
  | "unauthorized"
  | "forbidden"
  | "other-value"
  | "gone"
  | "too-large"
  | "internal"
  | "closing"
  | "busy"
  | "scope"
  | "missing";

/** 4400-4499: y-websocket stays away until the app connects it again. Others: it comes back by itself. */
export const closeCodeByYReason: Readonly<Record<YCloseReason, number>> = {
  ...closeCodeByError,
  forbidden: 4403,
  "other-value": 4409,
  gone: 4410,
  missing: 4510,
};

/** Longest reason of a close, in bytes. Source: RFC 6455, section 5.5. */
const reasonBytesMax = 123;

/** What ws closes with when a frame is too large, and y-websocket would come back with the same frame. */
const frameTooLargeCode = 1009;

/** A server's socket whose frames may not be too large, for good. */
export class YServerSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code === frameTooLargeCode ? closeCodeByYReason["too-large"] : code, reason);
  }
}

/** Tells of nobody: y-websocket drops a connection on which it has heard nothing for 30 s. */
const lifeSign = writeAware(writeAwarenessUpdate([]));

export interface YSocketEvents {
  onFrame(frame: Uint8Array): void;
  onDrained(): void;
  onClosed(): void;
}

export class YSocket {
  readonly #socket: BoundedSocket;
  #events: YSocketEvents | undefined;
  #isListening = true;

  constructor(socket: WebSocket, config: RelayConfig) {
    this.#socket = new BoundedSocket(socket, config, {
      onFrame: (data, isBinary) => {
        if (isBinary) this.#events?.onFrame(data);
        else this.fail("malformed", "a frame of text; y-websocket sends bytes");
      },
      onDrained: () => this.#events?.onDrained(),
      onClosed: () => this.#events?.onClosed(),
    });
  }

  /** Who hears of frames from now on. */
  listen(events: YSocketEvents): void {
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** True while it is open, and the relay does not go down. */
  get isListening(): boolean {
    return this.#isListening && this.isOpen;
  }

  get unsentBytes(): number {
    return this.#socket.unsentBytes;
  }

  /** False while so much waits to be sent that what can wait must. */
  get hasRoom(): boolean {
    return this.#socket.hasRoom;
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame, true);
  }

  /** Whether nothing is read from it for now. */
  hold(isHeld: boolean): void {
    this.#socket.hold(isHeld);
  }

  /** Says why, as far as a close can, and closes. */
  fail(reason: YCloseReason, message: string): void {
    this.#socket.end(closeCodeByYReason[reason], shorten(message));
  }

  stopListening(): void {
    this.#isListening = false;
    this.#socket.stopListening();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  checkLife(): void {
    this.send(lifeSign);
    this.#socket.checkLife();
  }
}

const shorten = (message: string): string => {
  if (Buffer.byteLength(message) <= reasonBytesMax) return message;
  // A character that is cut through is dropped.
  const bytes = Buffer.from(message).subarray(0, reasonBytesMax - Buffer.byteLength("…"));
  return `${new TextDecoder().decode(bytes, { stream: true })}…`;
};
