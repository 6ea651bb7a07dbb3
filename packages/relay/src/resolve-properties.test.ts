/**
 * What holds of ruling whatever the commits are: over random ones, from several replicas, in any order.
 */
import {
  applyMutation,
  createStamp,
  digestOf,
  documentBytesMax,
  type Check,
  type Commit,
  type Mutation,
  type PackedKey,
  type Premise,
  type Stamp,
  type Value,
} from "@rockpool/model";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { allRights } from "./access.ts";
import { commitOf, key, number, replicaOf, set, testNowMs, text } from "./commit-fixture.ts";
import { createRelayConfig } from "./relay-config.ts";
import type { RelayEntry } from "./relay-entry.ts";
import { resolve, type Resolution } from "./resolve.ts";
import { yjsDocuments } from "./yjs-documents.ts";

const names = ["x", "y", "z"];
const keys = names.map((name) => key(name));
const hosts = ["a", "b", "c"];

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.bigInt(0n, 9n).map(number),
  fc.string({ maxLength: 2 }).map(text),
);
const setOrDelete: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ type: fc.constant("set"), key: fc.constantFrom(...keys), value }),
  fc.record({ type: fc.constant("delete"), key: fc.constantFrom(...keys) }),
);
const sumOf: fc.Arbitrary<Mutation> = fc.record({
  type: fc.constant("sum"),
  key: fc.constantFrom(...keys),
  operand: fc.bigInt(0n, 9n),
});
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  setOrDelete,
  fc.record({
    type: fc.constantFrom("sum", "min", "max"),
    key: fc.constantFrom(...keys),
    operand: fc.bigInt(0n, 9n),
  }),
);
const premise: fc.Arbitrary<Premise> = fc.oneof(
  fc.record({ type: fc.constant("absent") }),
  fc.record({ type: fc.constant("revision"), epoch: fc.constantFrom("e1", "e2"), revision: fc.nat(20) }),
  fc.record({
    type: fc.constant("written"),
    by: fc.record({ host: fc.constantFrom(...hosts), n: fc.integer({ min: 1, max: 20 }) }),
    digest: value.map(digestOf),
  }),
);
const check: fc.Arbitrary<Check> = fc.record({ key: fc.constantFrom(...keys), premise });

interface Draft {
  readonly host: string;
  readonly atMs: number;
  readonly mutations: readonly Mutation[];
  readonly checks: readonly Check[];
}
const draftOf = (one: fc.Arbitrary<Mutation>, checksMax = 0): fc.Arbitrary<Draft> =>
  fc.record({
    host: fc.constantFrom(...hosts),
    atMs: fc.integer({ min: -50, max: 50 }),
    mutations: fc.array(one, { minLength: 1, maxLength: 4 }),
    checks: fc.array(check, { maxLength: checksMax }),
  });
const historyOf = (one: fc.Arbitrary<Mutation>, checksMax = 0): fc.Arbitrary<readonly Commit[]> =>
  fc
    .array(draftOf(one, checksMax), { maxLength: 20 })
    .map((drafts) =>
      drafts.map(({ host, atMs, mutations, checks }, index) =>
        commitOf(host, index + 1, mutations, { atMs, checks }),
      ),
    );

/** Rules on commits one after another; tells of each what stood before and what came out. */
const ruleAll = (commits: readonly Commit[]) => {
  const entries = new Map<PackedKey, RelayEntry>();
  const steps = commits.map(
    (commit, index): { commit: Commit; before: Map<PackedKey, RelayEntry>; resolution: Resolution } => {
      const before = new Map(entries);
      const resolution = resolve((key) => entries.get(key), commit, {
        replica: replicaOf(commit),
        rights: allRights,
        nowMs: testNowMs,
        epochs: [
          { epoch: "e1", firstRevision: 1 },
          { epoch: "e2", firstRevision: 10 },
        ],
        retentionMs: 1000,
        limits: createRelayConfig().limits,
        documentBytesMax,
        documents: yjsDocuments,
        revision: index + 1,
      });
      for (const entry of resolution.effects) entries.set(entry.key, entry);
      return { commit, before, resolution };
    },
  );
  return { entries, steps };
};

const shownIn = (entries: ReadonlyMap<PackedKey, RelayEntry>) =>
  keys.map((key) => ({ value: entries.get(key)?.value, stamp: entries.get(key)?.stamp }));

test("the order in which blind sets of different replicas come does not matter", () => {
  const oneEach = fc
    .array(
      fc.record({
        atMs: fc.integer({ min: -5, max: 5 }),
        mutations: fc.array(setOrDelete, { minLength: 1, maxLength: 3 }),
      }),
      { maxLength: 6 },
    )
    .map((drafts) =>
      drafts.map(({ atMs, mutations }, index) => commitOf(`host${index}`, 1, mutations, { atMs })),
    );
  const shuffled = oneEach.chain((commits) =>
    fc.tuple(fc.constant(commits), fc.shuffledSubarray(commits, { minLength: commits.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      expect(shownIn(ruleAll(one).entries)).toEqual(shownIn(ruleAll(other).entries));
    }),
  );
});

test("sums come to the same in any order, and none is lost", () => {
  const sums = fc.array(fc.record({ atMs: fc.integer({ min: -5, max: 5 }), mutation: sumOf }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(sums, (drafts) => {
      const commits = drafts.map(({ atMs, mutation }, index) =>
        commitOf(`host${index}`, 1, [mutation], { atMs }),
      );
      const { entries } = ruleAll(commits);
      for (const key of keys) {
        const operands = drafts.flatMap(({ mutation }) =>
          mutation.type === "sum" && mutation.key === key ? [mutation.operand] : [],
        );
        const total =
          operands.length === 0 ? undefined : number(operands.reduce((all, operand) => all + operand));
        expect(entries.get(key)?.value).toEqual(total);
      }
    }),
  );
});

test("the accepted mutations that were not superseded, replayed over a map, give the entries", () => {
  fc.assert(
    fc.property(historyOf(mutation, 1), (commits) => {
      const { entries, steps } = ruleAll(commits);
      const replayed = new Map<PackedKey, Value>();
      for (const { commit, resolution } of steps) {
        if (resolution.ruling.type === "rejected") continue;
        const skipped = new Set(resolution.ruling.superseded.map(({ mutation }) => mutation));
        for (const [index, mutation] of commit.mutations.entries()) {
          if (skipped.has(index)) continue;
          const outcome = applyMutation(replayed.get(mutation.key), mutation);
          if (outcome.ok && outcome.value !== undefined) replayed.set(mutation.key, outcome.value);
          else replayed.delete(mutation.key);
        }
      }
      expect(keys.map((key) => entries.get(key)?.value)).toEqual(keys.map((key) => replayed.get(key)));
    }),
  );
});

test("a key's stamps never fall, and every effect bears its commit's name and revision", () => {
  fc.assert(
    fc.property(historyOf(mutation, 1), (commits) => {
      for (const [index, { commit, before, resolution }] of ruleAll(commits).steps.entries()) {
        expect(new Set(resolution.effects.map((entry) => entry.key)).size).toBe(resolution.effects.length);
        for (const entry of resolution.effects) {
          const stood = before.get(entry.key);
          expect(entry.stamp >= (stood?.stamp ?? ("" as Stamp))).toBe(true);
          expect(entry.setStamp >= (stood?.setStamp ?? ("" as Stamp))).toBe(true);
          expect(entry.setStamp <= entry.stamp).toBe(true);
          expect([entry.writer, entry.revision]).toEqual([commit.name, index + 1]);
        }
      }
    }),
  );
});

test("a rejected commit and a superseded mutation leave nothing", () => {
  fc.assert(
    fc.property(historyOf(mutation, 1), (commits) => {
      for (const { commit, resolution } of ruleAll(commits).steps) {
        const { ruling, effects } = resolution;
        const skipped = new Set(
          ruling.type === "accepted"
            ? ruling.superseded.map(({ mutation }) => mutation)
            : commit.mutations.keys(),
        );
        const standing = commit.mutations.filter((_, index) => !skipped.has(index));
        expect(new Set(effects.map((entry) => entry.key))).toEqual(new Set(standing.map((each) => each.key)));
      }
    }),
  );
});

test("nothing of a replica is superseded by its own, whatever its clock does", () => {
  fc.assert(
    fc.property(historyOf(setOrDelete), (commits) => {
      const own = commits.map((commit) => ({ ...commit, name: { host: "a", n: commit.name.n } }));
      for (const { resolution } of ruleAll(own).steps) {
        expect(resolution.ruling).toEqual({ type: "accepted", superseded: [] });
      }
    }),
  );
});

test("a commit whose checks hold is never superseded, and stands above all it mutates", () => {
  fc.assert(
    fc.property(
      historyOf(setOrDelete),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (commits, mutations) => {
        const checked = commitOf("late", 1, mutations, {
          atMs: -60,
          checks: [{ key: key("never"), premise: { type: "absent" } }],
        });
        const last = ruleAll([...commits, checked]).steps.at(-1);
        const ruling = last?.resolution.ruling;
        expect(ruling?.type === "accepted" ? ruling.superseded : []).toEqual([]);
        for (const entry of last?.resolution.effects ?? []) {
          expect(entry.stamp).toBe(last?.resolution.stamp);
          expect(entry.stamp > (last?.before.get(entry.key)?.stamp ?? "")).toBe(true);
        }
      },
    ),
  );
});

test("ruling never throws, whatever is in a commit", () => {
  const strange = fc.record({
    name: fc.record({ host: fc.string({ maxLength: 3 }), n: fc.integer() }),
    tag: fc.string(),
    stamp: fc
      .tuple(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.nat(0xffff))
      .map(([ms, counter]) => createStamp(ms, counter, "s")),
    checks: fc.array(check, { maxLength: 3 }),
    mutations: fc.array(
      fc.oneof(
        mutation,
        fc.record({ type: fc.constant("set"), key: fc.constantFrom(...keys), value, expireAt: fc.double() }),
        fc.record({ type: fc.constant("sum"), key: fc.constantFrom(...keys), operand: fc.bigInt() }),
      ),
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(fc.array(strange, { maxLength: 10 }), historyOf(mutation, 1), (commits, others) => {
      const { steps } = ruleAll([
        ...others,
        ...(commits as readonly Commit[]),
        commitOf("a", 99, [set("x", "1")]),
      ]);
      expect(steps.map(({ resolution }) => resolution.ruling.type)).not.toContain(undefined);
    }),
  );
});
