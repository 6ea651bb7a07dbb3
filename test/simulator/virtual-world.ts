/**
 * A world in which nothing happens by itself: one clock that moves from event to event, and one
 * source of chance, so that the same seed gives the same run. After each event the event loop turns
 * until what promises and the relay make of it has happened; watchers then look at all of it.
 */
import { setImmediate } from "node:timers/promises";
import { seededRandom } from "../fake-environment.ts";

interface WorldEvent {
  readonly atMs: number;
  readonly run: () => void;
}

/** Turns of the event loop after each event: the relay gathers pushes for one, the rest follows in another. */
const turnsPerEvent = 3;

export class VirtualWorld {
  readonly seed: number;
  /** Draws ids alone, so that none is ever drawn twice. */
  readonly #idRandom: () => number;
  #random: () => number;
  /** Ascending by time; of one time, in the order they were asked for. */
  readonly #events: WorldEvent[] = [];
  readonly #watchers = new Set<() => void>();
  #nowMs = Date.UTC(2026, 0, 1);
  #trace = 0x811c9dc5;

  constructor(seed: number) {
    this.seed = seed;
    this.#random = seededRandom(seed);
    this.#idRandom = seededRandom(~seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** A number that two runs share, as good as surely, only when the same was noted in both, in the same order. */
  get trace(): number {
    return this.#trace >>> 0;
  }

  /** Notes that something happened, now. */
  note(what: string): void {
    let trace = Math.imul(this.#trace ^ (this.#nowMs & 0x7fffffff), 0x01000193);
    for (let index = 0; index < what.length; index++) {
      trace = Math.imul(trace ^ what.charCodeAt(index), 0x01000193);
    }
    this.#trace = trace;
  }

  /** From here on chance depends on the seed and `label` alone, not on what was drawn before. */
  reseed(label: number): void {
    this.#random = seededRandom(Math.imul(this.seed, 0x9e3779b1) ^ Math.imul(label + 1, 0x85ebca6b));
  }

  /** A draw from [0, 1). */
  random(): number {
    return this.#random();
  }

  /** A draw from [min, max]. */
  between(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)] as Item;
  }

  /** 128 bits as 32 hex digits. */
  drawId(): string {
    const part = (): string =>
      Math.floor(this.#idRandom() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    return part() + part() + part() + part();
  }

  /** Runs `run` after `delayMs`; the result cancels. */
  schedule(delayMs: number, run: () => void): () => void {
    const event: WorldEvent = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1] as WorldEvent).atMs > event.atMs) index--;
    this.#events.splice(index, 0, event);
    return () => {
      const at = this.#events.indexOf(event);
      if (at !== -1) this.#events.splice(at, 1);
    };
  }

  /** Fulfilled after `delayMs` of this world's time. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.schedule(delayMs, resolve);
    });
  }

  /** Calls back after each event; what it throws ends the run. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#settle();
    while (this.#events[0] !== undefined && this.#events[0].atMs <= untilMs) await this.#step();
    this.#nowMs = untilMs;
  }

  /** Lets time pass until `isDone`. @throws Error with `describe()` when it is not within `msMax` */
  async until(isDone: () => boolean, describe: () => string, msMax = 600_000): Promise<void> {
    const untilMs = this.#nowMs + msMax;
    await this.#settle();
    while (!isDone()) {
      const next = this.#events[0];
      if (next === undefined || next.atMs > untilMs) {
        throw new Error(`after ${msMax} ms of virtual time: ${describe()}`);
      }
      await this.#step();
    }
  }

  /** Lets time pass until `promise` settles. */
  async resolved<T>(promise: Promise<T>, what = "a promise is still unsettled"): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.until(
      () => isSettled,
      () => what,
    );
    return promise;
  }

  async #step(): Promise<void> {
    const event = this.#events.shift();
    if (event === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, event.atMs);
    event.run();
    await this.#settle();
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < turnsPerEvent; turn++) await setImmediate();
    for (const watcher of this.#watchers) watcher();
  }
}
