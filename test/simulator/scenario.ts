/**
 * An aimed plan as it is written down: the devices by their tabs, and what happens on which of them, one
 * step after the other.
 */
import type { Action } from "./actions.ts";
import type { Operation, Plan, PlannedAccess, PlannedRelay } from "./plan.ts";

export interface Scenario {
  readonly name: string;
  /** The planted bugs that it is aimed at, by name. */
  readonly catches: readonly string[];
  readonly plan: Plan;
}

/** An action so many ms after the one before, on the first tab that runs of a device, or on another one of its tabs. */
export type Step = readonly [
  afterMs: number,
  where: number | { readonly device: number; readonly tab: number },
  action: Action,
];

export interface ScenarioOptions {
  readonly relay?: Partial<PlannedRelay>;
  /** Share of the messages between tabs that are lost. Default none. */
  readonly channelLoss?: number;
  /** Absent: everybody may do everything. */
  readonly access?: PlannedAccess;
  /** The devices whose apps know of no relay at first. */
  readonly alone?: readonly number[];
  /** Whose the devices are. */
  readonly subjects?: readonly number[];
}

const relayDefault: PlannedRelay = { patchEntriesMax: 5, retentionMs: 7_776_000_000, sweepMs: 5000 };

/** A plan for devices with so many tabs each. */
export const scenario = (
  name: string,
  catches: Scenario["catches"],
  tabs: readonly number[],
  steps: readonly Step[],
  { relay = {}, channelLoss = 0, access, alone = [], subjects = [] }: ScenarioOptions = {},
): Scenario => ({
  name,
  catches,
  plan: {
    seed: 1,
    relay: { ...relayDefault, ...relay },
    ...(access === undefined ? {} : { access }),
    devices: tabs.map((count, index) => ({
      tabs: count,
      clockAheadMs: 0,
      channelLoss,
      tailEntries: 20,
      subject: subjects[index] ?? 0,
      isAlone: alone.includes(index),
    })),
    operations: steps.map(([afterMs, where, action], id): Operation => ({
      id,
      afterMs,
      ...(typeof where === "number" ? { device: where, tab: 0 } : where),
      ...action,
    })),
  },
});
