/**
 * The table of what can happen in a run: how often, what it is drawn from, and what it does. A new
 * fault is a new entry here and a new line in actions.ts.
 */
import type { Actions, ActionType } from "./actions.ts";
import { drawCommit, scopeOf } from "./draw-commit.ts";
import type { Chance } from "./chance.ts";
import type { Run, Where } from "./run.ts";

export interface Kind<Type extends ActionType> {
  /** How often, next to the others. */
  readonly weight: number;
  /** True for what befalls the system; false for what an app does with it. */
  readonly isFault: boolean;
  draw(chance: Chance, id: number): Actions[Type];
  act(run: Run, action: Actions[Type], where: Where): void;
}

/** What an app may follow instead of everything. */
const followable = [
  ["text", "pair"],
  ["checked", "counter"],
  ["pair", "brief", "number"],
  ["text", "checked", "mixed"],
];

type Kinds = { readonly [Type in ActionType]: Kind<Type> };

export const kinds: Kinds = {
  commit: {
    weight: 66,
    isFault: false,
    draw: drawCommit,
    act: (run, action, where) => run.onTab(where, "a commit", (tab) => run.commit(tab, action)),
  },
  read: {
    weight: 4,
    isFault: false,
    draw: (chance) => ({ strong: chance.is(0.5) }),
    act: (run, { strong }, where) => run.onTab(where, "a read", (tab) => run.read(tab, strong)),
  },
  decide: {
    weight: 2,
    isFault: false,
    draw: (chance) => ({ retry: chance.is(0.6) }),
    act: (run, { retry }, where) => run.onTab(where, "a decision", (tab) => run.decide(tab, retry)),
  },
  follow: {
    // Drawn once views and feeds agree on a pending sum whose key leaves the scope.
    weight: 0,
    isFault: false,
    draw: (chance) => ({ prefixes: chance.is(0.5) ? [] : chance.pick(followable) }),
    act: (run, { prefixes }, where) =>
      run.call(where, ({ host }) => host.call("follow", { prefixes: scopeOf(prefixes) })),
  },
  pause: {
    weight: 0.8,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.call(where, (tab) => tab.host.call("pause", { paused: true })),
  },
  resume: {
    weight: 1.2,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.call(where, (tab) => tab.host.call("pause", { paused: false })),
  },
  flush: {
    weight: 1,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.call(where, (tab) => tab.host.call("flush", {})),
  },
  settled: {
    weight: 1,
    isFault: false,
    draw: () => ({}),
    act: (run, _, where) => run.call(where, (tab) => run.settled(tab)),
  },
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
  "steal-sync": {
    weight: 1,
    isFault: true,
    draw: () => ({}),
    act: (run, _, where) => run.device(where).stealSync(),
  },
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
