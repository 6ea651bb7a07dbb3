/**
 * A relay without its server: takes sockets that were opened however they were, and serves each
 * until it closes. server.ts listens for them; an existing Node server can hand over its own.
 */
import type { WebSocket } from "ws";
import { Gatekeeper, type Authenticate } from "./access.ts";
import { BucketDirectory, type DirectoryOptions } from "./bucket-directory.ts";
import { Connection } from "./connection.ts";
import { Greeter } from "./greeter.ts";
import { Presence } from "./presence/presence.ts";
import { scheduleByTimer, type Schedule } from "./schedule.ts";
import { SessionRoll } from "./session-roll.ts";
import { YGreeter } from "./y-websocket/y-greeter.ts";

export interface RelayCoreOptions extends DirectoryOptions {
  /** Says what a token stands for. Without it everybody may do everything. */
  readonly authenticate?: Authenticate | undefined;
  /** Timers for the ends of tokens; the clock's own, unless time is virtual. */
  readonly schedule?: Schedule;
}

/** Counts of what a relay holds for those who are connected. */
export interface HeldByRelay {
  readonly sockets: number;
  /** What waits in their sockets. */
  readonly unsentBytes: number;
  /** Documents at which somebody is present. */
  readonly attended: number;
  /** Characters of the states of those who are. */
  readonly presenceLength: number;
  /** Documents of which stock clients hear. */
  readonly watched: number;
}

/** What is at the other end of a socket. */
interface Peer {
  readonly unsentBytes: number;
  checkLife(): void;
  stopListening(): void;
  terminate(): void;
  fail(code: "closing", message: string, retryAfterMs: number): void;
}

export class RelayCore {
  readonly #options: RelayCoreOptions;
  readonly #peers = new Set<Peer>();
  readonly #buckets: BucketDirectory;
  readonly #roll = new SessionRoll();
  readonly #presence: Presence;
  readonly #greeter: Greeter;
  readonly #yGreeter: YGreeter;

  constructor(options: RelayCoreOptions) {
    this.#options = options;
    this.#buckets = new BucketDirectory(options);
    const { config, now, schedule = scheduleByTimer } = options;
    const gatekeeper = new Gatekeeper(options);
    this.#presence = new Presence({ config, now, schedule });
    const [buckets, roll, presence] = [this.#buckets, this.#roll, this.#presence];
    const greeting = { buckets, gatekeeper, roll, presence, config, now, schedule };
    this.#greeter = new Greeter(greeting);
    this.#yGreeter = new YGreeter({ ...greeting, onError: options.onError });
  }

  /** What is held for those who are connected: all of it is given back when they go. */
  get held(): HeldByRelay {
    const { rooms: attended, length: presenceLength } = this.#presence;
    const { watched } = this.#buckets;
    const unsentBytes = [...this.#peers].reduce((sum, peer) => sum + peer.unsentBytes, 0);
    return { sockets: this.#peers.size, unsentBytes, attended, presenceLength, watched };
  }

  /** Serves a replica's open socket, from its hello on. */
  accept(socket: WebSocket): void {
    const connection = new Connection(socket, this.#options.config);
    this.#keep(socket, connection);
    this.#greeter.greet(connection);
  }

  /** Serves the open socket of a stock y-websocket client; `path` is that of its request, with the query. */
  acceptY(socket: WebSocket, path: string): void {
    this.#keep(socket, this.#yGreeter.greet(socket, path));
  }

  /** Drops the sockets that showed no life since the last call, and asks the others for a sign of it. */
  checkLife(): void {
    for (const peer of this.#peers) peer.checkLife();
    this.#presence.forgetSilent();
  }

  /**
   * Asks `authenticate` again what the tokens of open sessions stand for, of one subject or of all:
   * call it when rights were granted or withdrawn. Sessions that they change for come back at once.
   */
  recheck(subject?: string): Promise<void> {
    return this.#roll.recheck(subject);
  }

  /** Does what time asks for in every bucket in use; called every `sweepMs`. Failures go to `onError`. */
  sweep(): Promise<void> {
    return this.#buckets.sweep();
  }

  /** Hears no more, rules on what was pushed, and tells every session that the relay goes down. */
  async dismiss(): Promise<void> {
    for (const peer of this.#peers) peer.stopListening();
    await this.#buckets.drain();
    const message = "the relay is going down: connect again later";
    for (const peer of this.#peers) {
      peer.fail("closing", message, this.#options.config.restartMs);
    }
  }

  /** Drops the sockets that are left, without a word. */
  terminate(): void {
    for (const peer of this.#peers) peer.terminate();
  }

  #keep(socket: WebSocket, peer: Peer): void {
    this.#peers.add(peer);
    socket.on("close", () => this.#peers.delete(peer));
  }
}
