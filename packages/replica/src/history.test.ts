/**
 * A key's history is what it was, version by version, wherever the versions are kept: in memory, in
 * its page or in records of their own. Nobody can tell when checkpoints were made.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deletionMs } from "@rockpool/model";
import { entryOf, key, number, purge, remove, set, sum, testNowMs } from "./commit-fixture.ts";
import { historyOf } from "./history.ts";
import { TestReplica } from "./replica-fixture.ts";

const keep = (replica: TestReplica, history: number): TestReplica => {
  replica.append({ type: "settings", settings: { history, expireInMs: null } });
  return replica;
};

const keeping = (history: number): TestReplica => keep(new TestReplica(), history);

const versionstamps = (replica: TestReplica, name: string): readonly string[] =>
  historyOf(replica.state, replica.pages, key(name)).map(({ versionstamp }) => versionstamp);

/** How many of 100 commits a checkpoint of a few pages leaves in the log. */
const rowsLeft = (history: number, nameOf: (n: number) => string): number => {
  const replica = keeping(history);
  for (let n = 0; n < 100; n++) replica.commit(set(nameOf(n), "v"));
  replica.checkpoint({ pagesMax: 10, pageEntries: 64 });
  return replica.rows.filter(({ type }) => type === "commit").length;
};

describe("a bucket on its own", () => {
  test("shows the last versions, deletions among them, with the versionstamps of their commits", () => {
    const replica = keeping(3);
    const made = [set("k", "1"), set("k", "2"), remove("k"), set("k", "4")].map((one) => replica.commit(one));
    expect(replica.history("k")).toEqual(["2", undefined, "4"]);
    expect(versionstamps(replica, "k")).toEqual(made.slice(1).map(({ versionstamp }) => versionstamp));
    expect(replica.history("other")).toEqual([]);
  });

  test("that keeps one version shows the entry as it is, and holds no other", () => {
    const replica = keeping(1);
    replica.commit(set("k", "1"));
    replica.checkpoint();
    replica.commit(set("k", "2"));
    replica.commit(set("k", "3"));
    expect(replica.history("k")).toEqual(["3"]);
    expect(replica.state.overlay.get(key("k"))?.past).toEqual([]);
    replica.checkpoint();
    expect(replica.storedVersions).toEqual([]);
  });

  test("shows the same before and after each checkpoint, and keeps no more on disk than it shows", () => {
    const replica = keeping(3);
    for (let n = 1; n <= 6; n++) {
      replica.commit(set("k", `${n}`), set(`other ${n}`, "x"));
      const before = [replica.history("k"), versionstamps(replica, "k")];
      replica.checkpoint({ pageEntries: 2 });
      expect([replica.history("k"), versionstamps(replica, "k")]).toEqual(before);
    }
    expect(replica.history("k")).toEqual(["4", "5", "6"]);
    expect(replica.storedVersions).toHaveLength(2);
  });

  test("moves fewer rows at once than one that keeps none, and counts no more of a key than it keeps", () => {
    expect(rowsLeft(1, (n) => `k${n}`)).toBe(0);
    expect(rowsLeft(2, (n) => `k${n}`)).toBeGreaterThan(80);
    expect(rowsLeft(8, () => "k")).toBe(0);
    expect(rowsLeft(64, () => "k")).toBeGreaterThan(80);
  });

  test("takes a version out of its page once, however often its key changes afterwards", () => {
    const replica = keeping(5);
    replica.commit(set("k", "1"));
    replica.checkpoint();
    for (const value of ["2", "3", "4"]) replica.commit(set("k", value));
    expect(replica.history("k")).toEqual(["1", "2", "3", "4"]);
    replica.checkpoint();
    expect(replica.history("k")).toEqual(["1", "2", "3", "4"]);
  });

  test("shows an entry whose life ended as the set it was", () => {
    const replica = keeping(3);
    replica.commit(set("k", "1", testNowMs + 10));
    replica.nowMs += 20;
    replica.commit(set("k", "2"));
    const [ended] = historyOf(replica.state, replica.pages, key("k"));
    expect(ended).toMatchObject({ expireAt: testNowMs + 10 });
    expect(replica.history("k")).toEqual(["1", "2"]);
    replica.checkpoint();
    replica.commit(set("k", "3"));
    replica.checkpoint();
    expect(historyOf(replica.state, replica.pages, key("k"))[0]).toMatchObject({ expireAt: testNowMs + 10 });
  });

  test("forgets a key's versions with its deletion", () => {
    const replica = keeping(4);
    replica.commit(set("k", "1"));
    replica.checkpoint();
    replica.commit(remove("k"));
    replica.checkpoint();
    expect(replica.history("k")).toEqual(["1", undefined]);
    replica.nowMs += deletionMs + 1;
    replica.commit(set("k2", "in the same page"));
    replica.checkpoint();
    expect(replica.history("k")).toEqual([]);
    expect(replica.storedVersions).toEqual([]);
  });

  test("forgets them at once when a sweep forgets the deletion", () => {
    const replica = keeping(4);
    replica.commit(set("k", "1"));
    const { versionstamp } = replica.commit(remove("k"));
    replica.append({
      type: "expire",
      expired: [],
      forgotten: [key("k")],
      forgottenUpTo: versionstamp,
      readingMs: replica.nowMs,
    });
    expect(replica.history("k")).toEqual([undefined]);
    replica.checkpoint();
    expect(replica.history("k")).toEqual([]);
  });

  test("that is to keep fewer shows fewer at once, and lets go of the others when their keys change", () => {
    const replica = keeping(4);
    for (const value of ["1", "2", "3", "4"]) {
      replica.commit(set("k", value), set("still", value));
      replica.checkpoint();
    }
    keep(replica, 2);
    expect(replica.history("k")).toEqual(["3", "4"]);
    replica.commit(set("k", "5"));
    replica.checkpoint();
    expect(replica.history("k")).toEqual(["4", "5"]);
    expect(replica.storedVersions.filter((version) => version.key === key("k"))).toHaveLength(1);
    keep(replica, 1);
    replica.commit(set("k", "6"));
    replica.checkpoint();
    expect(replica.storedVersions.filter((version) => version.key === key("k"))).toEqual([]);
    expect(replica.history("k")).toEqual(["6"]);
    expect(replica.history("still")).toEqual(["4"]);
  });

  test("that is to keep more has them from then on", () => {
    const replica = keeping(1);
    replica.commit(set("k", "1"));
    replica.checkpoint();
    replica.commit(set("k", "2"));
    keep(replica, 3);
    replica.commit(set("k", "3"));
    expect(replica.history("k")).toEqual(["2", "3"]);
    replica.checkpoint();
    expect(replica.history("k")).toEqual(["2", "3"]);
  });

  test("drops what a fill replaces, older versions included", () => {
    const replica = keeping(3);
    replica.commit(set("k", "1"));
    replica.checkpoint();
    replica.commit(set("k", "2"));
    replica.append({ type: "build" });
    const [generation = 0] = replica.state.building;
    replica.append({ type: "fill", generation, stored: { entries: 0, bytes: 0 } });
    expect(replica.history("k")).toEqual([]);
    replica.commit(set("k", "3"));
    expect(replica.history("k")).toEqual(["3"]);
  });
});

describe("a purge", () => {
  test("deletes its key with all that came before", () => {
    const replica = keeping(4);
    for (const value of ["1", "2", "3"]) {
      replica.commit(set("k", value));
      replica.checkpoint();
    }
    replica.commit(purge("k"));
    expect(replica.history("k")).toEqual([undefined]);
    replica.commit(set("k", "5"));
    replica.commit(set("k", "6"));
    expect(replica.history("k")).toEqual([undefined, "5", "6"]);
    replica.checkpoint();
    expect(replica.history("k")).toEqual([undefined, "5", "6"]);
    expect(replica.storedVersions).toHaveLength(2);
  });

  test("counts for its whole commit, whatever follows in it", () => {
    const replica = keeping(4);
    replica.commit(set("k", "1"));
    replica.checkpoint();
    replica.commit(purge("k"), set("k", "2"));
    expect(replica.history("k")).toEqual(["2"]);
    replica.checkpoint();
    expect([replica.history("k"), replica.storedVersions]).toEqual([["2"], []]);
  });

  test("that waits for the relay hides what came before, which comes back when it is rejected", () => {
    const replica = keep(TestReplica.synced(), 4);
    replica.receive({ to: 1, entries: [entryOf("k", 1, "1")] });
    replica.receive({ to: 2, entries: [entryOf("k", 2, "2")] });
    replica.checkpoint();
    const { name } = replica.commit(purge("k"));
    replica.commit(set("k", "3"));
    expect(replica.history("k")).toEqual([undefined, "3"]);
    const reason = { type: "permission", message: "no" } as const;
    replica.receive({ to: 3, results: [replica.result(name, 3, reason)] });
    expect(replica.history("k")).toEqual(["1", "2", "3"]);
  });

  test("that the relay confirms drops what came before, here and on disk", () => {
    const replica = keep(TestReplica.synced(), 4);
    replica.receive({ to: 1, entries: [entryOf("k", 1, "1")] });
    replica.receive({ to: 2, entries: [entryOf("k", 2, "2")] });
    replica.checkpoint();
    const { name } = replica.commit(purge("k"));
    replica.checkpoint();
    replica.receive({ to: 3, entries: [entryOf("k", 3)], results: [replica.result(name, 3)] });
    expect(replica.history("k")).toEqual([undefined]);
    replica.checkpoint();
    expect([replica.history("k"), replica.storedVersions]).toEqual([[undefined], []]);
  });

  test("that loses to a later write drops nothing", () => {
    const replica = keep(TestReplica.synced(), 4);
    replica.receive({ to: 1, entries: [entryOf("k", 1, "1")] });
    const { name } = replica.commit(purge("k"));
    const lost = [{ mutation: 0, winner: { host: "other", n: 1 } }];
    replica.receive({ to: 3, entries: [entryOf("k", 2, "2")], results: [replica.result(name, 3, lost)] });
    expect(replica.history("k")).toEqual(["1", "2"]);
  });
});

describe("a bucket with a relay", () => {
  test("shows what was confirmed here, then what each pending commit makes of it", () => {
    const replica = keep(TestReplica.synced(), 9);
    replica.receive({ to: 1, entries: [entryOf("k", 1, number(1n))] });
    replica.receive({ to: 2, entries: [entryOf("k", 2, number(5n))] });
    replica.commit(sum("k", 1n), sum("k", 1n));
    replica.commit(remove("k"));
    replica.commit(sum("k", 3n));
    expect(replica.history("k")).toEqual([1n, 5n, 7n, undefined, 3n]);
    replica.checkpoint();
    expect(replica.history("k")).toEqual([1n, 5n, 7n, undefined, 3n]);
  });

  test("keeps an entry once when a rejection has but moved its versionstamp, and keeps it under that one", () => {
    const replica = keep(TestReplica.synced(), 5);
    replica.receive({ to: 1, entries: [entryOf("k", 1, "1")] });
    replica.checkpoint();
    const { name } = replica.commit(set("k", "rejected"));
    const reason = { type: "permission", message: "no" } as const;
    replica.receive({ to: 2, results: [replica.result(name, 2, reason)] });
    const { versionstamp } = replica.view("k");
    expect([replica.history("k"), versionstamps(replica, "k")]).toEqual([["1"], [versionstamp]]);
    replica.receive({ to: 3, entries: [entryOf("k", 3, "3")] });
    expect(replica.history("k")).toEqual(["1", "3"]);
    expect(versionstamps(replica, "k")[0]).toBe(versionstamp);
    replica.checkpoint();
    expect(replica.history("k")).toEqual(["1", "3"]);
    expect(versionstamps(replica, "k")[0]).toBe(versionstamp);
  });

  test("shows the version that a write of its own replaced, once that one is confirmed", () => {
    const replica = keep(TestReplica.synced(), 5);
    replica.receive({ to: 1, entries: [entryOf("k", 1, "theirs")] });
    const { name, versionstamp } = replica.commit(set("k", "mine"));
    replica.receive({ to: 2, entries: [entryOf("k", 2, "mine")], results: [replica.result(name, 2)] });
    expect(replica.history("k")).toEqual(["theirs", "mine"]);
    expect(versionstamps(replica, "k")[1]).toBe(versionstamp);
  });
});

describe("any sequence of commits", () => {
  const names = ["a", "b", "c", "d"];
  const anyName = fc.constantFrom(...names);
  const anyStep = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant("set" as const), name: anyName }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("remove" as const), name: anyName }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("purge" as const), name: anyName }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("checkpoint" as const), name: anyName }) },
  );

  test.each([
    ["on its own", () => new TestReplica()],
    ["with a relay", () => TestReplica.synced()],
  ])("leaves the last versions of each key, oldest first, %s", (_, open) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(anyStep, { maxLength: 40 }),
        (history, rowsMax, steps) => {
          const replica = keep(open(), history);
          const model = new Map<string, (string | undefined)[]>();
          for (const [n, { type, name }] of steps.entries()) {
            if (type === "checkpoint") replica.checkpoint({ rowsMax, pageEntries: 1 });
            else {
              replica.commit(
                type === "set" ? set(name, `${n}`) : type === "purge" ? purge(name) : remove(name),
              );
              const before = type === "purge" ? [] : (model.get(name) ?? []);
              model.set(name, [...before, type === "set" ? `${n}` : undefined]);
            }
            for (const one of names) {
              expect(replica.history(one)).toEqual((model.get(one) ?? []).slice(-history));
              expect(versionstamps(replica, one).at(-1)).toBe(
                model.has(one) ? replica.view(one).versionstamp : undefined,
              );
            }
            for (const one of names) {
              const records = replica.storedVersions.filter((version) => version.key === key(one));
              expect(records.length).toBeLessThan(history);
              expect(replica.state.overlay.get(key(one))?.past.length ?? 0).toBeLessThan(history);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
