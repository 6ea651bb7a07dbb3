/**
 * A plan of a run, as data: the devices there are at first and what happens, one operation after the
 * other. It is drawn from a seed, or written down; every operation says all about itself, so that any
 * of them can be left out and the rest still makes sense.
 */
import type { Action, PlannedLimits, PlannedRights } from "./actions.ts";

export interface PlannedDevice {
  readonly tabs: number;
  readonly clockAheadMs: number;
  /** Share of the messages between its tabs that are lost. */
  readonly channelLoss: number;
  /** Entries of the log's tail that make a checkpoint due. */
  readonly tailEntries: number;
  /** Whose it is, where the relay asks for tokens: an index, taken modulo how many subjects there are. */
  readonly subject?: number;
  /** Its apps know of no relay at first. */
  readonly isAlone?: boolean;
}

/** Who may do what at a relay that asks for tokens. */
export interface PlannedAccess {
  readonly subjects: readonly PlannedRights[];
  /** How long a token holds, in ms; null: until it is withdrawn. */
  readonly lifeMs: number | null;
  /** A token says what it stands for; else that is looked up whenever the relay asks. */
  readonly carriesRights: boolean;
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
  /** Of a document's updates together. Default as the relay has it. */
  readonly documentBytesMax?: number;
  /** Updates of a document up to which it is not compacted. Default: as many as there may be. */
  readonly compactionRowsMin?: number;
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
  /** Absent: everybody may do everything. */
  readonly access?: PlannedAccess;
  readonly devices: readonly PlannedDevice[];
  readonly operations: readonly Operation[];
}

/** A plan as text that can be pasted into regressions.ts, one operation a line. */
export const textOfPlan = ({ seed, relay, access, devices, operations }: Plan): string =>
  [
    "{",
    `  seed: ${seed},`,
    `  relay: ${JSON.stringify(relay)},`,
    ...(access === undefined ? [] : [`  access: ${JSON.stringify(access)},`]),
    `  devices: ${JSON.stringify(devices)},`,
    "  operations: [",
    ...operations.map((operation) => `    ${JSON.stringify(operation)},`),
    "  ],",
    "},",
  ].join("\n");
