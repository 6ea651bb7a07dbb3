/**
 * What becomes of a device's tabs and of what they do in the background. One part of the table in kinds.ts.
 */
import type { KindsOf } from "./kind.ts";

export const tabKinds: KindsOf<
  | "checkpoint"
  | "sweep"
  | "open-tab"
  | "attach"
  | "close-tab"
  | "kill-tab"
  | "freeze-tab"
  | "hide"
  | "wake"
  | "rest"
  | "steal-sync"
> = {
  checkpoint: {
    weight: 2,
    isFault: false,
    draw: () => ({}),
    // Of all its tabs at once: one of them wins.
    act: (run, _, where) => {
      for (const tab of [0, 1, 2]) run.call({ ...where, tab }, ({ host }) => host.checkpoint());
    },
  },
  sweep: {
    weight: 0.5,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.call(where, (tab) => tab.host.sweepGenerations()),
  },
  "open-tab": {
    weight: 2,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.openTab(run.device(where)),
  },
  attach: {
    weight: 3,
    isFault: false,
    draw: (chance) => ({
      tabs: chance.between(1, 2),
      diesAfterMs: chance.is(0.3) ? chance.between(0, 20) : null,
      isForAll: chance.is(0.7),
    }),
    act: (run, attach, where) => run.attach(run.device(where), attach),
  },
  "close-tab": {
    weight: 0.7,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.call(where, (tab) => tab.close()),
  },
  "kill-tab": {
    weight: 0.7,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.tab(where)?.kill(),
  },
  "freeze-tab": {
    weight: 0.8,
    isFault: true,
    draw: (chance) => ({ forMs: chance.between(100, chance.pick([2000, 60_000])) }),
    act: (run, { forMs }, where) => run.freeze(run.tab(where), forMs),
  },
  hide: {
    weight: 1.5,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) =>
      run.call(where, (tab) => {
        tab.isVisible = false;
        return tab.host.call("hide", {});
      }),
  },
  wake: {
    weight: 1,
    isFault: false,
    draw: (chance) => ({ visible: chance.is(0.8) }),
    act: (run, { visible }, where) => run.call(where, (tab) => tab.wake(visible)),
  },
  rest: {
    weight: 1,
    isFault: false,
    draw: (chance) => ({ forMs: chance.between(100, chance.pick([2000, 60_000])) }),
    act: (run, { forMs }, where) => run.putAway(run.tab(where), forMs),
  },
  "steal-sync": {
    weight: 1,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.device(where).stealSync(),
  },
};
