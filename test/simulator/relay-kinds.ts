/**
 * What befalls the relay. One part of the table in kinds.ts.
 */
import type { KindsOf } from "./kind.ts";

export const relayKinds: KindsOf<
  "relay-restart" | "relay-dies-after-turn" | "relay-backup" | "relay-restore"
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
};
