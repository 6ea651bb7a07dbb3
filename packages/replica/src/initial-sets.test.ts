/**
 * Dividing commits of initial sets by what a relay takes: which are, into what, and what is left as it was.
 */
import {
  type Check,
  type Commit,
  type CommitLimits,
  type CommitName,
  commitLimits,
  type Mutation,
  nameKey,
  type PackedKey,
  zeroStamp,
} from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import { key, set, sum } from "@rockpool/model/mutation-fixture";
import { expect, test } from "vitest";
import { divideInitialSets } from "./initial-sets.ts";
import { TestReplica } from "./replica-fixture.ts";

const limits = { ...commitLimits, valueBytesMax: 10, mutationsMax: 3 };

const initial = (name: string, value = "1"): Mutation => ({ ...set(name, value), initial: true }) as Mutation;

const tracked = (
  n: number,
  mutations: readonly Mutation[],
  options: Partial<TrackedCommit> & { checks?: readonly Check[] } = {},
): TrackedCommit => {
  const { checks = [], ...rest } = options;
  const commit: Commit = { name: { host: "a", n }, tag: `t${n}`, stamp: zeroStamp, checks, mutations };
  return { commit, versionstamp: `v${n}` as TrackedCommit["versionstamp"], state: "pending", ...rest };
};

const large = "x".repeat(11);

test("each set that is too large becomes a commit of its own, the others are gathered anew, in the place of all", () => {
  const mutations = ["a", "b", "c", "d", "e"].map((name) => initial(name, name === "b" ? large : "1"));
  const before = tracked(1, [set("z", "1")]);
  const after = tracked(3, [set("b", "2")]);
  const divided = divideInitialSets([before, tracked(2, mutations), after], limits) ?? [];
  const parts = divided[1]?.commit.name.host;
  expect(parts).toMatch(/^aI2L[0-9a-f]{8}$/);
  expect(divided.map(({ commit }) => [nameKey(commit.name), commit.mutations.map((one) => one.key)])).toEqual(
    [
      ["a.1", [key("z")]],
      [`${parts}.1`, [key("a"), key("c"), key("d")]],
      [`${parts}.2`, [key("e")]],
      [`${parts}.3`, [key("b")]],
      ["a.3", [key("b")]],
    ],
  );
  expect(divided[0]).toBe(before);
  expect(divided[4]).toBe(after);
  expect(
    divided.slice(1, 4).map(({ versionstamp, state, commit }) => [versionstamp, state, commit.tag]),
  ).toEqual([1, 2, 3].map((part) => ["v2", "pending", `t2I${part}`]));
  // Whoever divides them again, by the same limits, leaves them.
  expect(divideInitialSets(divided, limits)).toBeUndefined();
});

test("a check on what the whole left names the part that has the key", () => {
  const built = tracked(2, [set("z", "1")], {
    checks: [
      { key: key("b"), premise: { type: "written", by: { host: "a", n: 1 }, digest: "d" } },
      { key: key("q"), premise: { type: "written", by: { host: "b", n: 1 }, digest: "d" } },
      { key: key("r"), premise: { type: "absent" } },
    ],
  });
  const divided = divideInitialSets([tracked(1, [initial("a"), initial("b", large)]), built], limits);
  expect(divided?.at(-1)?.commit.checks.map(({ premise }) => premise)).toEqual([
    { type: "written", by: divided?.[1]?.commit.name, digest: "d" },
    { type: "written", by: { host: "b", n: 1 }, digest: "d" },
    { type: "absent" },
  ]);
});

test.each([
  ["within the limits", tracked(1, [initial("a"), initial("b")])],
  ["of one set", tracked(1, [initial("a", large)])],
  ["that the app made", tracked(1, [set("a", large), set("b", "1")])],
  ["with something else in it", tracked(1, [initial("a", large), sum("b", 1n)])],
  ["that was rejected", tracked(1, [initial("a", large), initial("b")], { state: "rejected" })],
  ["that was confirmed", tracked(1, [initial("a", large), initial("b")], { state: "confirmed" })],
])("a commit %s is left as it is", (_, commit) => {
  expect(divideInitialSets([commit], limits)).toBeUndefined();
});

const attached = (limits: CommitLimits, count: number): TestReplica => {
  const mutations = Array.from({ length: count }, (_, n) => initial(`k${String(n).padStart(2, "0")}`));
  const record = { name: { host: "a", n: 1 }, tag: "t", readingMs: 1, checks: [], mutations, effects: [] };
  const replica = new TestReplica("a");
  replica.append({ type: "attach", replica: "r", commits: [record] });
  replica.welcome({ epoch: "e1", limits: { ...limits, pushCommitsMax: 100, pushBytesMax: 1e6 } });
  replica.refill({ to: 0 });
  return replica;
};

const waiting = ({ state }: TestReplica): readonly CommitName[] =>
  [...state.unruled.values()].map(({ commit }) => commit.name);

test("parts that the relay lost are pushed before those that still wait, in the order of their names", () => {
  const replica = attached({ ...commitLimits, mutationsMax: 1 }, 12);
  const parts = waiting(replica);
  expect(parts.map(({ n }) => n)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  const ruled = parts.slice(0, 3);
  replica.receive({ to: 3, results: ruled.map((name, index) => replica.result(name, index + 1)) });
  replica.checkpoint();
  replica.welcome({ epoch: "e2", valid: false, shared: 0 });
  replica.refill({ to: 0 });
  expect(waiting(replica)).toEqual(parts);
  replica.checkpoint();
  expect(waiting(replica)).toEqual(parts);
});

test("copies of a device that divide by other limits give no name to two different parts", () => {
  const keysByName = new Map<string, readonly PackedKey[]>();
  for (const mutationsMax of [1, 2, 3]) {
    for (const { commit } of attached({ ...commitLimits, mutationsMax }, 4).state.unruled.values()) {
      const keys = commit.mutations.map(({ key }) => key);
      const known = keysByName.get(nameKey(commit.name)) ?? keys;
      expect(keys).toEqual(known);
      keysByName.set(nameKey(commit.name), keys);
    }
  }
});
