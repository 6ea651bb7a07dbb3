/**
 * Draws who the users of a run are, and what they may read and write: prefixes of the workload's keys,
 * such that keys which are always written together are read together.
 */
import type { PlannedRights } from "./actions.ts";
import type { Chance } from "./chance.ts";
import type { PlannedAccess } from "./plan.ts";

/** The first is the whole bucket; under the last there is nothing. */
const readable = [
  [],
  ["text", "pair", "counter"],
  ["checked", "counter"],
  ["pair", "brief", "number"],
  ["text", "checked", "mixed"],
  ["doc a", "checked", "text"],
  ["nowhere"],
];
const writable = [[], ["text", "pair", "checked"], ["counter", "checked", "brief", "doc"], ["nowhere"]];

export const drawRights = (chance: Chance): PlannedRights => ({
  read: chance.is(0.5) ? [] : chance.pick(readable),
  write: chance.is(0.7) ? [] : chance.pick(writable),
});

export const drawAccess = (chance: Chance): PlannedAccess => ({
  subjects: Array.from({ length: chance.between(2, 3) }, () => drawRights(chance)),
  lifeMs: chance.is(0.4) ? null : chance.pick([8000, 30_000, 120_000]),
  carriesRights: chance.is(0.4),
});
