/**
 * Draws a plan from a seed: how the run is set up, and its operations by the weights in kinds.ts.
 */
import type { Action, ActionType } from "./actions.ts";
import { Chance } from "./chance.ts";
import { accessKinds } from "./access-kinds.ts";
import { drawAccess } from "./draw-access.ts";
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
    // Where everything is compacted at once, nothing is sent in parts.
    ...(chance.is(0.6) ? { compactionRowsMin: chance.between(2, 20) } : {}),
    ...(chance.is(0.1) ? { documentBytesMax: chance.between(60, 600) } : {}),
  };
  const access = chance.is(0.35) ? drawAccess(chance) : undefined;
  const aloneShare = chance.is(0.15) ? 0.7 : 0;
  const devices = Array.from({ length: chance.between(2, 3) }, () => drawDevice(chance, aloneShare));
  const weighted = weightedKinds.filter(
    ({ type }) => (access !== undefined || !(type in accessKinds)) && (aloneShare > 0 || type !== "attach"),
  );
  /** The device that follows other prefixes since a moment ago, and how many operations may still meet that. */
  let meeting = { device: 0, left: 0 };
  const operations = Array.from({ length: steps }, (_, id): Operation => {
    const meets = meeting.left-- > 0 && chance.is(0.7);
    const type = meets ? chance.pick(meetFollow) : drawType(chance, weighted);
    const afterMs = meets ? chance.between(0, 60) : Math.round(chance.draw() ** 2 * 3 * paceMs);
    const device = meets ? meeting.device : chance.between(0, 7);
    if (type === "follow") meeting = { device, left: meetingsMax };
    return { id, afterMs, device, tab: chance.between(0, 7), ...drawAction(type, chance, id) };
  });
  return { seed, relay, ...(access === undefined ? {} : { access }), devices, operations };
};

/** Operations that may meet what an app has just begun to follow. */
const meetingsMax = 6;

/** Of what happens while a device goes over to other prefixes, most would seldom fall into so short a time. */
const meetFollow: readonly ActionType[] = [
  ...Array<ActionType>(8).fill("commit"),
  "follow",
  "decide",
  "checkpoint",
  "open-tab",
  "kill-tab",
  "steal-sync",
  "drop-link",
  "hold-link",
  "offline",
  "abort",
  "clone",
  "evict",
  "power-cut",
  "restore-device",
  "relay-restart",
  "relay-dies-after-turn",
  "relay-backup",
  "relay-restore",
];

const drawDevice = (chance: Chance, aloneShare: number): PlannedDevice => ({
  tabs: chance.is(0.5) ? 2 : 1,
  clockAheadMs: chance.is(0.05) ? dayMs : chance.is(0.3) ? chance.between(-5000, 5000) : 0,
  channelLoss: chance.is(0.2) ? 0.5 : 0.1,
  tailEntries: chance.between(5, 40),
  subject: chance.between(0, 2),
  ...(chance.is(aloneShare) ? { isAlone: true } : {}),
});

interface Weighted {
  readonly type: ActionType;
  readonly weight: number;
}

const weightedKinds = Object.entries(kinds).map(([type, { weight }]): Weighted => ({
  type: type as ActionType,
  weight,
}));

const drawType = (chance: Chance, weighted: readonly Weighted[]): ActionType => {
  let left = chance.draw() * weighted.reduce((total, { weight }) => total + weight, 0);
  return weighted.find(({ weight }) => (left -= weight) < 0)?.type ?? "commit";
};

const drawAction = (type: ActionType, chance: Chance, id: number): Action =>
  ({ type, ...kinds[type].draw(chance, id) }) as Action;
