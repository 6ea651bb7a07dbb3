/**
 * What apps of a run have asked and wait for. An answer that is late, and an error that no app has to
 * expect, are failures of the run.
 */
import { KvError } from "@rockpool/model";
import { Violation } from "./violation.ts";
import type { VirtualDevice, VirtualTab } from "./virtual-device.ts";
import type { VirtualWorld } from "./virtual-world.ts";

/** A call on a tab that runs is answered within this time, whatever the others do, in ms. */
const answerMsMax = 60_000;
/** Errors that an app may meet at any time: its tab was closed, it is offline, it was decided already, its document gave way to another. */
const ordinaryCodes = ["closed", "offline", "not-found", "pending-full", "replaced"];
/** Errors of a disk that fails. */
const troubleCodes = ["lost-connection", "outcome-unknown", "quota", "unavailable"];

interface Call {
  readonly tab: VirtualTab;
  readonly what: string;
  readonly sinceMs: number;
}

export class Calls {
  readonly #world: VirtualWorld;
  readonly #failures: unknown[] = [];
  readonly #calls = new Set<Call>();
  readonly #troubled = new Set<VirtualDevice>();

  constructor(world: VirtualWorld) {
    this.#world = world;
  }

  /** Work on a tab that must come to an end in time. */
  answered(tab: VirtualTab, what: string, work: Promise<unknown>): void {
    const call: Call = { tab, what, sinceMs: this.#world.nowMs };
    this.#calls.add(call);
    this.add(
      tab.device,
      work.finally(() => this.#calls.delete(call)),
    );
  }

  /** Work that goes on while time passes, and may wait for the relay or the app. */
  add(device: VirtualDevice, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#isExpected(device, error)) this.#failures.push(error);
    });
  }

  /** A failure of `work` ends the run, at the next look. */
  attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failures.push(error);
    }
  }

  /** A device whose disk fails: apps on it may meet its errors. */
  expectTrouble(device: VirtualDevice): void {
    this.#troubled.add(device);
  }

  /** What a tab was asked before it was frozen is answered when it goes on. */
  excuse(tab: VirtualTab): void {
    for (const call of this.#calls) if (call.tab === tab) this.#calls.delete(call);
  }

  /** @throws what failed since the last look, and Violation for an answer that is late */
  look(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
    for (const call of this.#calls) if (this.#world.nowMs - call.sinceMs > answerMsMax) late(call);
  }

  /** Everybody was answered. @throws Violation */
  seeEnd(): void {
    this.look();
    for (const call of this.#calls) late(call);
  }

  #isExpected(device: VirtualDevice, error: unknown): boolean {
    if (error instanceof Violation) return false;
    if (/on a non-(U64|document) value|lies outside the prefixes|: the relay's limit/.test(String(error))) {
      return true;
    }
    const code = codeOf(error);
    return ordinaryCodes.includes(code) || (this.#troubled.has(device) && troubleCodes.includes(code));
  }
}

/** The code of an error of a call, or of one that an answer carries; "" for another. */
export const codeOf = (error: unknown): string =>
  error instanceof KvError ? error.code : (/"code":"([a-z-]+)"/.exec(String(error))?.[1] ?? "");

const late = ({ tab, what }: Call): void => {
  if (!tab.isOpen) return;
  const expected = `an answer to ${what} within ${answerMsMax} ms`;
  throw new Violation({ invariant: 10, at: tab.device.name, expected, found: "none" });
};
