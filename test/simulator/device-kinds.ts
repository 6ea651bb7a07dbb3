/**
 * What befalls devices: their connections, clocks and disks. One part of the table in kinds.ts.
 */
import type { KindsOf } from "./kind.ts";

export const deviceKinds: KindsOf<
  | "drop-link"
  | "half-open-link"
  | "offline"
  | "hold-link"
  | "slow-link"
  | "clock-jump"
  | "abort"
  | "disk-full"
  | "disk-stall"
  | "power-cut"
  | "restore-device"
  | "evict"
  | "clone"
> = {
  "drop-link": {
    weight: 3,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.relay.network.drop(run.device(where).name),
  },
  "half-open-link": {
    weight: 1,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.relay.network.freeze(run.device(where).name),
  },
  offline: {
    weight: 2,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(100, chance.pick([2000, 8000, 60_000])) }),
    act: (run, { forMs }, where) => {
      const { name } = run.device(where);
      run.relay.network.setOnline(name, false);
      run.healLater(`offline ${name}`, forMs, () => run.relay.network.setOnline(name, true));
    },
  },
  "hold-link": {
    weight: 1,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(50, 3000) }),
    act: (run, { forMs }, where) => {
      const { name } = run.device(where);
      run.healLater(`held ${name} ${forMs}`, forMs, run.relay.network.hold(name));
    },
  },
  "slow-link": {
    weight: 0.5,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(500, 10_000) }),
    act: (run, { forMs }, where) => {
      const { name } = run.device(where);
      run.relay.network.setSlow(name, true);
      run.healLater(`slow ${name}`, forMs, () => run.relay.network.setSlow(name, false));
    },
  },
  "clock-jump": {
    weight: 0.7,
    isFault: true,
    draw: (chance) => ({
      byMs: chance.between(1, chance.pick([500, 5000, 90_000])) * chance.pick([-1, 1]),
    }),
    act: (run, { byMs }, where) => run.device(where).setClock(byMs),
  },
  abort: {
    weight: 1,
    isFault: true,
    draw: (chance) => ({
      when: chance.pick(["before", "commit", "after"]),
      times: chance.between(1, 3),
    }),
    act: (run, { when, times }, where) => run.troubled(run.device(where)).storage.abort(when, times),
  },
  "disk-full": {
    weight: 0.5,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(50, 5000) }),
    act: (run, { forMs }, where) => {
      const { storage } = run.troubled(run.device(where));
      storage.isFull = true;
      run.healLater(`full ${run.device(where).name}`, forMs, () => {
        storage.isFull = false;
      });
    },
  },
  "disk-stall": {
    weight: 0.5,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(50, 3000) }),
    act: (run, { forMs }, where) => {
      const device = run.device(where);
      run.healLater(`stalled ${device.name}`, forMs, device.stallStorage());
    },
  },
  "power-cut": {
    weight: 0.5,
    isFault: true,
    draw: (chance) => ({ lostMs: chance.between(0, 2000) }),
    act: (run, { lostMs }, where) => run.goBack(run.device(where), lostMs),
  },
  "restore-device": {
    weight: 0.25,
    isFault: true,
    draw: (chance) => ({ lostMs: chance.between(2000, 60_000) }),
    act: (run, { lostMs }, where) => run.goBack(run.device(where), lostMs),
  },
  evict: {
    weight: 0.15,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.device(where).evict(),
  },
  clone: {
    weight: 0.4,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.clone(run.device(where)),
  },
};
