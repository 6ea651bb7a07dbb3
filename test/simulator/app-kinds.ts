/**
 * What apps do with a bucket. One part of the table in kinds.ts.
 */
import { drawCommit, scopeOf } from "./draw-commit.ts";
import { documentNames } from "./draw-document-commit.ts";
import type { KindsOf } from "./kind.ts";

/** What an app may follow instead of everything. */
const followable = [
  ["text", "pair"],
  ["checked", "counter"],
  ["pair", "brief", "number"],
  ["text", "checked", "mixed"],
  ["pair a", "counter a", "checked b", "number"],
  ["doc", "checked"],
  ["doc a", "text"],
  ["brief"],
];

export const appKinds: KindsOf<
  "commit" | "confirm" | "read" | "decide" | "compact" | "follow" | "pause" | "resume" | "flush" | "settled"
> = {
  commit: {
    weight: 66,
    isFault: false,
    draw: drawCommit,
    act: (run, action, where) => run.onTab(where, "a commit", (tab) => run.apps.commit(tab, action)),
  },
  confirm: {
    weight: 4,
    isFault: false,
    draw: (chance, id) => ({ ...drawCommit(chance, id), times: 1 }),
    act: (run, action, where) =>
      run.onTab(where, "a commit that waits for the relay", (tab) => run.apps.confirm(tab, action)),
  },
  read: {
    weight: 4,
    isFault: false,
    draw: (chance) => ({ strong: chance.is(0.5) }),
    act: (run, { strong }, where) => run.onTab(where, "a read", (tab) => run.apps.read(tab, strong)),
  },
  decide: {
    weight: 2,
    isFault: false,
    draw: (chance) => ({ retry: chance.is(0.6) }),
    act: (run, { retry }, where) => run.onTab(where, "a decision", (tab) => run.apps.decide(tab, retry)),
  },
  compact: {
    weight: 2,
    isFault: false,
    draw: (chance) => ({ document: chance.pick(documentNames) }),
    act: (run, { document }, where) => run.call(where, (tab) => run.apps.documents.compact(tab, document)),
  },
  follow: {
    weight: 1.2,
    isFault: false,
    draw: (chance) => ({ prefixes: chance.is(0.4) ? [] : chance.pick(followable) }),
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
    act: (run, _, where) => run.call(where, (tab) => run.apps.settled(tab)),
  },
};
