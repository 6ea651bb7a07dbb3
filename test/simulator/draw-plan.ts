/**
 * Draws a plan from a seed: how the run is set up, and its operations by the weights in kinds.ts.
 */
import type { Action, ActionType } from "./actions.ts";
import { Chance } from "./chance.ts";
import { drawLimits } from "./draw-limits.ts";
import { kinds } from "./kinds.ts";
import type { Operation, Plan, PlannedDevice, PlannedRelay } from "./plan.ts";

/** Mean time between two operations, in ms, of a run: some are hasty, some have pauses. */
const pacesMs = [40, 150, 150, 150, 600];
const dayMs = 86_400_000;

export const drawPlan = (seed: number, steps: number): Plan => {
  const chance = new Chance(Math.imul(seed, 0x9e3779b1));
  const paceMs = chance.pick(pacesMs);
  const relay: PlannedRelay = {
    patchEntriesMax: chance.between(2, 12),
    // Some runs outlast what the relay remembers of deletions.
    retentionMs: chance.is(0.15) ? chance.between(20, 120) * 1000 : 90 * dayMs,
    sweepMs: chance.between(500, 10_000),
    sweepEntriesMax: chance.between(1, 10),
    turnCommitsMax: chance.pick([1, 3, 100]),
    catchUpPartsMax: chance.between(1, 16),
    limits: chance.is(0.15) ? drawLimits(chance) : {},
  };
  const devices = Array.from({ length: chance.between(2, 3) }, () => drawDevice(chance));
  const operations = Array.from({ length: steps }, (_, id): Operation => {
    const action = drawAction(chance, id);
    return {
      id,
      afterMs: Math.round(chance.draw() ** 2 * 3 * paceMs),
      device: chance.between(0, 7),
      tab: chance.between(0, 7),
      ...action,
    };
  });
  return { seed, relay, devices, operations };
};

const drawDevice = (chance: Chance): PlannedDevice => ({
  tabs: chance.is(0.5) ? 2 : 1,
  clockAheadMs: chance.is(0.05) ? dayMs : chance.is(0.3) ? chance.between(-5000, 5000) : 0,
  channelLoss: chance.is(0.2) ? 0.5 : 0.1,
  tailEntries: chance.between(5, 40),
});

const weighted = Object.entries(kinds).map(([type, { weight }]) => ({ type: type as ActionType, weight }));
const totalWeight = weighted.reduce((total, { weight }) => total + weight, 0);

const drawAction = (chance: Chance, id: number): Action => {
  let left = chance.draw() * totalWeight;
  const { type } = weighted.find(({ weight }) => (left -= weight) < 0) ?? { type: "commit" };
  return { type, ...kinds[type].draw(chance, id) } as Action;
};
