/**
 * Sockets between devices and a relay without a network: frames take a while, connections drop or
 * die half open, and nothing arrives twice or out of order, as TCP has it. The relay's end looks like
 * a WebSocket of `ws`, as far as the relay uses one.
 */
import { EventEmitter } from "node:events";
import type { HostSocket, SocketEvents } from "@rockpool/host";
import type { WebSocket } from "ws";
import type { VirtualWorld } from "./virtual-world.ts";

export interface LinkFaults {
  /** Delay of a frame, in ms, both inclusive. */
  readonly delayMs: readonly [number, number];
}

const calm: LinkFaults = { delayMs: [1, 40] };
const slow: LinkFaults = { delayMs: [200, 3000] };

/** What takes the relay's end of a new connection; false: nobody listens. */
export type Acceptor = (socket: WebSocket) => boolean;

/** One end of a connection, to tell it from others. */
export interface LinkEnd {
  readonly device: string;
}

/** Sees each frame as it is sent. */
export interface LinkWatcher {
  onUp(link: LinkEnd, frame: string): void;
  onDown(link: LinkEnd, frame: string): void;
}

export class VirtualNetwork {
  readonly #world: VirtualWorld;
  readonly #accept: Acceptor;
  readonly #links = new Set<Link>();
  /** Devices without a network, by name. */
  readonly #offline = new Set<string>();
  /** Devices whose frames take longer, by name. */
  readonly #slow = new Map<string, LinkFaults>();

  /** Told of each frame that reaches a device. */
  onArrival: ((device: string, frame: string) => void) | null = null;

  watcher: LinkWatcher | null = null;

  constructor(world: VirtualWorld, accept: Acceptor) {
    this.#world = world;
    this.#accept = accept;
  }

  /** Opens a connection for a tab of `device`; a tab that ends takes it along. */
  open(device: string, events: SocketEvents, tab: AbortSignal): HostSocket {
    const faults = (): LinkFaults => this.#slow.get(device) ?? calm;
    const onFrame = (frame: string): void => {
      this.onArrival?.(device, frame);
      events.onFrame(frame);
    };
    const heard = { ...events, onFrame };
    const link = new Link(this.#world, device, heard, faults, {
      onGone: () => this.#links.delete(link),
      onUp: (frame) => this.watcher?.onUp(link, frame),
      onDown: (frame) => this.watcher?.onDown(link, frame),
    });
    this.#links.add(link);
    link.connect(this.#accept, () => this.#offline.has(device));
    tab.addEventListener("abort", () => link.abandon(), { once: true });
    return {
      send: (frame) => link.sendUp(frame),
      close: () => link.closeByDevice(),
    };
  }

  /** Cuts a device's connections: both ends learn of it, what was under way is lost. */
  drop(device?: string): void {
    for (const link of this.#links) if (device === undefined || link.device === device) link.drop();
  }

  /** Lets a device's connections die half open: nothing arrives any more, and nobody is told. */
  freeze(device: string): void {
    for (const link of this.#links) if (link.device === device) link.freeze();
  }

  /** New connections of a device fail until it is online again; those it has drop. */
  setOnline(device: string, isOnline: boolean): void {
    if (isOnline) {
      this.#offline.delete(device);
      return;
    }
    this.#offline.add(device);
    this.drop(device);
  }

  /**
   * What comes to a device on the connections it has waits until the result is called, in order; even
   * what the relay sent before it went away, as a socket's buffer keeps it.
   */
  hold(device: string): () => void {
    const held = [...this.#links].filter((link) => link.device === device);
    for (const link of held) link.isHeld = true;
    return () => {
      for (const link of held) link.release();
    };
  }

  setSlow(device: string, isSlow: boolean): void {
    if (isSlow) this.#slow.set(device, slow);
    else this.#slow.delete(device);
  }

  heal(): void {
    this.#offline.clear();
    this.#slow.clear();
  }
}

/** The relay's end: what Connection asks of a WebSocket. */
class RelayEnd extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly bufferedAmount = 0;
  readonly isPaused = false;
  readonly #link: Link;

  constructor(link: Link) {
    super();
    this.#link = link;
  }

  send(frame: string | Buffer, _options: unknown, sent: () => void): void {
    this.#link.sendDown(frame.toString());
    queueMicrotask(sent);
  }

  ping(): void {
    if (!this.#link.isDead) queueMicrotask(() => this.emit("pong"));
  }

  close(code: number, reason: string): void {
    this.#link.closeByRelay(code, reason);
  }

  terminate(): void {
    this.#link.drop();
  }

  pause(): void {}
  resume(): void {}

  /** The socket is closed here; told once. */
  end(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit("close");
  }
}

interface LinkListener {
  readonly onGone: () => void;
  readonly onUp: (frame: string) => void;
  readonly onDown: (frame: string) => void;
}

class Link implements LinkEnd {
  readonly device: string;
  isDead = false;
  /** Frames to the device wait. */
  isHeld = false;
  readonly #world: VirtualWorld;
  readonly #events: SocketEvents;
  readonly #faults: () => LinkFaults;
  readonly #told: LinkListener;
  readonly #held: (() => void)[] = [];
  #relayEnd: RelayEnd | undefined;
  /** The device's end is still to be told of what happens. */
  #isHeard = true;
  #upMs = 0;
  #downMs = 0;

  constructor(
    world: VirtualWorld,
    device: string,
    events: SocketEvents,
    faults: () => LinkFaults,
    told: LinkListener,
  ) {
    this.#world = world;
    this.device = device;
    this.#events = events;
    this.#faults = faults;
    this.#told = told;
  }

  connect(accept: Acceptor, isOffline: () => boolean): void {
    this.#up(() => {
      const relayEnd = new RelayEnd(this);
      if (isOffline() || !accept(relayEnd as unknown as WebSocket)) return this.#tellClosed(false, "refused");
      this.#relayEnd = relayEnd;
      this.#down(() => this.#events.onOpen());
    });
  }

  sendUp(frame: string): void {
    this.#told.onUp(frame);
    this.#up(() => {
      if (this.#relayEnd?.readyState === 1) this.#relayEnd.emit("message", Buffer.from(frame), false);
    });
  }

  sendDown(frame: string): void {
    this.#told.onDown(frame);
    this.#down(() => this.#events.onFrame(frame));
  }

  closeByDevice(): void {
    this.#isHeard = false;
    this.#up(() => this.#end());
  }

  closeByRelay(code: number, reason: string): void {
    if (this.#relayEnd !== undefined) this.#relayEnd.readyState = 2;
    this.#down(() => {
      this.#tellClosed(code >= 4400 && code < 4500, reason);
      this.#end();
    });
  }

  /** The tab is gone: its end says nothing more, and the relay's learns of it later. */
  abandon(): void {
    this.#isHeard = false;
    this.#world.schedule(this.#delayMs(), () => this.#end());
  }

  drop(): void {
    this.isDead = true;
    this.#world.schedule(this.#delayMs(), () => {
      if (this.isHeld) this.#held.push(() => this.#tellClosed(false, "dropped"));
      else this.#tellClosed(false, "dropped");
    });
    this.#world.schedule(this.#delayMs(), () => this.#end());
  }

  freeze(): void {
    this.isDead = true;
    // The relay's own pings find it dead in the end.
    this.#world.schedule(60_000, () => this.#end());
  }

  release(): void {
    this.isHeld = false;
    for (const arrive of this.#held.splice(0)) arrive();
  }

  #end(): void {
    this.isDead = true;
    this.#relayEnd?.end();
    this.#told.onGone();
  }

  #tellClosed(permanent: boolean, reason: string): void {
    if (!this.#isHeard) return;
    this.#isHeard = false;
    this.#events.onClose(permanent, reason);
  }

  #up(arrive: () => void): void {
    this.#upMs = Math.max(this.#world.nowMs + this.#delayMs(), this.#upMs);
    this.#world.schedule(this.#upMs - this.#world.nowMs, () => {
      if (!this.isDead) arrive();
    });
  }

  #down(arrive: () => void): void {
    this.#downMs = Math.max(this.#world.nowMs + this.#delayMs(), this.#downMs);
    this.#world.schedule(this.#downMs - this.#world.nowMs, () => {
      if (this.isDead) return;
      if (!this.isHeld) return this.#hear(arrive);
      this.#held.push(() => this.#hear(arrive));
    });
  }

  #hear(arrive: () => void): void {
    if (this.#isHeard) arrive();
  }

  #delayMs(): number {
    const [min, max] = this.#faults().delayMs;
    return this.#world.between(min, max);
  }
}
