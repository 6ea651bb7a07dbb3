/**
 * One device for tests, as far as hosts see it: a clock that only the test moves, Web Locks, a
 * channel between tabs that may lose what is posted, sockets that never open unless a test says so.
 * Each tab gets an environment of its own; `kill` ends one as a browser does, without a word from it,
 * and `freeze` stops one that may be thawed.
 */
import type { HostEnvironment, HostLocks, HostSocket, SocketEvents } from "@rockpool/host";
import { FakeLocks } from "./fake-locks.ts";

export interface FakeDeviceOptions {
  /** The clock's first reading, in ms since 1970. */
  readonly nowMs?: number;
  /** Draws from [0, 1); all that happens by chance on the device is drawn from it. */
  readonly random?: () => number;
  /** True for a message that is lost on the way to one tab. Default: none is. */
  readonly isLost?: () => boolean;
  /** Connects to a relay. Default: the socket never opens. */
  readonly openSocket?: (url: string, events: SocketEvents) => HostSocket;
}

export interface FakeTab {
  readonly environment: HostEnvironment;
  /** Ends the tab at once: its locks are free, its timers never fire, nobody hears it or is heard by it. */
  kill(): void;
  /** Stops the tab where it is: it keeps its locks, and nothing is heard, fired or told until `thaw`. */
  freeze(): void;
  /** What it was not told meanwhile is told now, in order. */
  thaw(): void;
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

interface Listener {
  readonly name: string;
  hear(message: unknown): void;
}

export class FakeDevice {
  readonly #options: FakeDeviceOptions;
  readonly #locks = new FakeLocks();
  readonly #timers = new Set<Timer>();
  readonly #listeners = new Set<Listener>();
  readonly #wakers = new Set<() => void>();
  #nowMs: number;

  constructor(options: FakeDeviceOptions = {}) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.UTC(2026, 0, 1);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Moves the clock, and fires the timers that fall due, in their order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let timer = this.#nextTimer(untilMs); timer !== undefined; timer = this.#nextTimer(untilMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Moves the clock while nobody runs: what fell due fires afterwards, once. */
  sleep(ms: number): void {
    this.#nowMs += ms;
    this.advance(0);
  }

  /** What a browser does when the network is back or the page is looked at again. */
  wake(): void {
    for (const callback of this.#wakers) callback();
  }

  openTab(): FakeTab {
    const killing = new AbortController();
    const { signal } = killing;
    const gate = new Gate(signal);
    const locks = gatedLocks(this.#locks.forTab(signal), gate);
    const random = this.#options.random ?? Math.random;
    const environment: HostEnvironment = {
      now: () => this.#nowMs,
      random,
      drawId: () => drawId(random),
      locks,
      openChannel: (name) => this.#openChannel(name, gate),
      openSocket: this.#options.openSocket ?? ((): HostSocket => ({ send: () => {}, close: () => {} })),
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs, gate),
      onWake: (callback) => {
        const wake = (): void => gate.pass(callback);
        this.#wakers.add(wake);
        return () => this.#wakers.delete(wake);
      },
    };
    return {
      environment,
      kill: () => killing.abort(),
      freeze: () => gate.shut(),
      thaw: () => gate.open(),
    };
  }

  #nextTimer(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }

  #setTimer(callback: () => void, delayMs: number, gate: Gate): () => void {
    const timer: Timer = { atMs: this.#nowMs + delayMs, callback: () => gate.pass(callback) };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #openChannel(name: string, gate: Gate): ReturnType<HostEnvironment["openChannel"]> {
    const channel: ReturnType<HostEnvironment["openChannel"]> = {
      onMessage: null,
      post: (message) => {
        if (!gate.isDead && this.#listeners.has(listener)) this.#post(listener, message);
      },
      close: () => this.#listeners.delete(listener),
    };
    const listener: Listener = {
      name,
      hear: (message) =>
        gate.pass(() => {
          if (this.#listeners.has(listener)) channel.onMessage?.(message);
        }),
    };
    this.#listeners.add(listener);
    return channel;
  }

  #post(from: Listener, message: unknown): void {
    for (const listener of this.#listeners) {
      if (listener === from || listener.name !== from.name || this.#options.isLost?.() === true) continue;
      const copy: unknown = structuredClone(message);
      afterTurn(() => listener.hear(copy));
    }
  }
}

/** What reaches a tab passes here: at once, late if the tab is frozen, never once it is dead. */
class Gate {
  readonly #signal: AbortSignal;
  #waiting: (() => void)[] | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get isDead(): boolean {
    return this.#signal.aborted;
  }

  pass(callback: () => void): void {
    if (this.isDead) return;
    if (this.#waiting === undefined) callback();
    else this.#waiting.push(callback);
  }

  shut(): void {
    this.#waiting ??= [];
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const callback of waiting) this.pass(callback);
  }
}

const told = (granted: (lock: Lock | null) => unknown, lock: Lock | null, gate: Gate): Promise<unknown> =>
  new Promise((settle) => gate.pass(() => settle(granted(lock))));

/** Locks are granted, lost and given back behind a frozen tab's back. */
const gatedLocks = (locks: HostLocks, gate: Gate): HostLocks => {
  const request = (name: string, options: LockOptions, granted: (lock: Lock | null) => unknown) =>
    new Promise((resolve, reject) => {
      locks
        .request(name, options, (lock) => told(granted, lock, gate))
        .then(
          (value) => gate.pass(() => resolve(value)),
          (error: unknown) => gate.pass(() => reject(error as Error)),
        );
    });
  return {
    // oxlint-disable-next-line typescript/consistent-type-assertions -- `request` has overloads
    request: ((name: string, ...given: readonly unknown[]) =>
      given.length === 1
        ? request(name, {}, given[0] as () => unknown)
        : request(name, given[0] as LockOptions, given[1] as () => unknown)) as LockManager["request"],
    query: locks.query,
  };
};

/** 128 bits as 32 hex digits, as hosts draw them. */
const drawId = (random: () => number): string =>
  Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");

/** In a turn of its own, as browsers deliver messages. */
const afterTurn = (callback: () => void): void => {
  if (typeof setImmediate === "function") setImmediate(callback);
  else setTimeout(callback, 0);
};

/** Draws from [0, 1) that depend on the seed alone (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
