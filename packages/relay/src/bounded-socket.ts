/**
 * One WebSocket, bounded, whatever is spoken on it. A socket that takes what is sent too slowly is not
 * read from until it has drained, so what waits in it stays bounded too; nor is one whose messages are
 * not dealt with yet.
 */
import type { RawData, WebSocket } from "ws";
import type { RelayConfig } from "./relay-config.ts";

/** A socket has drained when it holds no more than this share of what may wait in it. */
const drainedShare = 4;

export interface SocketEvents {
  onFrame(data: Buffer, isBinary: boolean): void;
  /** The socket has sent so much that it may be given more. */
  onDrained(): void;
  onClosed(): void;
}

export class BoundedSocket {
  readonly #socket: WebSocket;
  readonly #config: RelayConfig;
  #isAlive = true;
  #isEnding = false;
  #isDeaf = false;
  #isFull = false;
  #isHeld = false;
  readonly #events: SocketEvents;
  readonly #afterSend = (): void => this.#drain();

  constructor(socket: WebSocket, config: RelayConfig, events: SocketEvents) {
    this.#socket = socket;
    this.#config = config;
    this.#events = events;
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("pong", () => (this.#isAlive = true));
    // ws closes the socket itself after an error (a frame too large, bad UTF-8); "close" tells of it.
    socket.on("error", () => undefined);
    socket.on("close", () => events.onClosed());
  }

  get isOpen(): boolean {
    return !this.#isEnding && this.#socket.readyState === this.#socket.OPEN;
  }

  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** False while so much waits to be sent that what can wait must. */
  get hasRoom(): boolean {
    return this.#socket.bufferedAmount < this.#config.sendBufferBytes;
  }

  /** Text, or bytes where `isBinary` says so; one Buffer may be sent to many. */
  send(frame: string | Uint8Array, isBinary: boolean): void {
    if (!this.isOpen) return;
    this.#socket.send(frame, { binary: isBinary }, this.#afterSend);
    if (this.#socket.bufferedAmount <= this.#config.sendBufferBytesMax) return;
    this.#isFull = true;
    this.#updateReading();
  }

  /** Whether nothing is read from it for now; what was read before is still heard. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#updateReading();
  }

  /** Closes; what was sent before still goes out, nothing that arrives later is heard. */
  end(closeCode: number, reason: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#updateReading();
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

  /** Pings; a socket that has shown no life since the last time is dropped, unless it was not read from. */
  checkLife(): void {
    if (!this.#isAlive && !this.#isHeld) return this.terminate();
    this.#isAlive = false;
    if (this.isOpen) this.#socket.ping();
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#isAlive = true;
    if (this.#isEnding || this.#isDeaf || !Buffer.isBuffer(data)) return;
    this.#events.onFrame(data, isBinary);
  }

  #drain(): void {
    if (!this.hasRoom || !this.isOpen) return;
    this.#isFull = false;
    this.#updateReading();
    if (this.#socket.bufferedAmount <= this.#config.sendBufferBytes / drainedShare) this.#events.onDrained();
  }

  #updateReading(): void {
    const isPaused = !this.#isEnding && (this.#isFull || this.#isHeld);
    if (isPaused === this.#socket.isPaused) return;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }
}
