/**
 * A plan of a run, as data: the devices there are at first and what happens, one operation after the
 * other. It is drawn from a seed, or written down; every operation says all about itself, so that any
 * of them can be left out and the rest still makes sense.
 */
import type { Action, PlannedLimits } from "./actions.ts";

export interface PlannedDevice {
  readonly tabs: number;
  readonly clockAheadMs: number;
  /** Share of the messages between its tabs that are lost. */
  readonly channelLoss: number;
  /** Entries of the log's tail that make a checkpoint due. */
  readonly tailEntries: number;
}

export interface PlannedRelay {
  readonly patchEntriesMax: number;
  /** Parts of a catch-up that come unasked. Default as the relay has it. */
  readonly catchUpPartsMax?: number;
  readonly retentionMs: number;
  readonly sweepMs?: number;
  readonly sweepEntriesMax?: number;
  readonly turnCommitsMax?: number;
  /** Those that are not as the relay has them by default. */
  readonly limits?: PlannedLimits;
}

export type Operation = Action & {
  /** Its place in the plan as drawn; chance from here on depends on it and the seed. */
  readonly id: number;
  /** Time that passes before it, in ms. */
  readonly afterMs: number;
  /** Which device, and which of its open tabs: taken modulo how many there are. */
  readonly device: number;
  readonly tab: number;
};

export interface Plan {
  readonly seed: number;
  readonly relay: PlannedRelay;
  readonly devices: readonly PlannedDevice[];
  readonly operations: readonly Operation[];
}

/** A plan as text that can be pasted into regressions.ts, one operation a line. */
export const textOfPlan = ({ seed, relay, devices, operations }: Plan): string =>
  [
    "{",
    `  seed: ${seed},`,
    `  relay: ${JSON.stringify(relay)},`,
    `  devices: ${JSON.stringify(devices)},`,
    "  operations: [",
    ...operations.map((operation) => `    ${JSON.stringify(operation)},`),
    "  ],",
    "},",
  ].join("\n");
