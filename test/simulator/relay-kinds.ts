/**
 * What befalls the relay. One part of the table in kinds.ts.
 */
import { drawLimits } from "./draw-limits.ts";
import type { KindsOf } from "./kind.ts";

export const relayKinds: KindsOf<
  | "relay-restart"
  | "relay-dies-after-turn"
  | "relay-compact"
  | "relay-backup"
  | "relay-restore"
  | "relay-limits"
> = {
  "relay-restart": {
    weight: 0.7,
    isFault: true,
    draw: (chance) => ({ downMs: chance.between(0, 3000) }),
    act: (run, { downMs }) => run.relay.goDown(downMs),
  },
  "relay-dies-after-turn": {
    weight: 0.6,
    isFault: true,
    draw: (chance) => ({ downMs: chance.between(0, 1000) }),
    act: (run, { downMs }) => run.relay.dieAfterTurn(downMs),
  },
  "relay-compact": {
    weight: 2,
    isFault: false,
    draw: (chance) => ({ withTurn: chance.is(0.5) }),
    act: (run, { withTurn }) => run.relay.compact(withTurn),
  },
  "relay-backup": {
    weight: 0.5,
    isFault: false,
    draw: () => ({}),
    act: (run) => run.relay.backUp(),
  },
  "relay-restore": {
    weight: 0.15,
    isFault: true,
    draw: (chance) => ({ downMs: chance.between(0, 2000) }),
    act: (run, { downMs }) => run.restoreRelay(downMs),
  },
  "relay-limits": {
    weight: 0.25,
    isFault: true,
    // Commits that were made under the limits of before may be over the new ones.
    draw: (chance) => ({
      downMs: chance.between(0, 1000),
      limits: chance.is(0.4) ? {} : drawLimits(chance),
    }),
    act: (run, { downMs, limits }) => run.relay.limit(limits, downMs),
  },
};
