/**
 * How a group of local commits is judged: in order, each on what those before it leave.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { checksMax, digestOf, type Mutation, packKey, pendingBytesMax } from "@rockpool/model";
import { decodeUp, encodeUp } from "@rockpool/protocol";
import { key, number, remove, set, sum, testNowMs, text, entryOf } from "./commit-fixture.ts";
import type { CommitRequest } from "./evaluate.ts";
import { TestReplica } from "./replica-fixture.ts";

const asked = (...mutations: readonly Mutation[]): CommitRequest => ({ checks: [], mutations });

describe("without a relay", () => {
  let replica: TestReplica;

  beforeEach(() => {
    replica = new TestReplica();
  });

  test("each member sees those before it, keeps its own outcome and has its own versionstamp", () => {
    const [first, failed, second] = replica.group(
      { checks: [], mutations: [sum("n", 1n)] },
      { checks: [{ key: key("n"), versionstamp: null }], mutations: [set("n", "never")] },
      { checks: [], mutations: [sum("n", 2n)] },
    );
    expect(first?.outcome).toEqual({ type: "committed", place: 0 });
    expect(failed?.outcome).toEqual({ type: "failed", checks: [0] });
    expect(second?.outcome).toEqual({ type: "committed", place: 1 });
    expect(replica.value("n")).toBe(3n);
    expect(replica.view("n").versionstamp).toBe(second?.versionstamp);
  });

  test("a row holds what mutations came to, one effect a key, and no question", () => {
    replica.commit(set("k", "once"), set("k", "twice"), remove("gone"));
    const row = replica.rows.at(-1);
    expect(row).toMatchObject({
      commits: [
        {
          checks: [],
          mutations: [],
          effects: [{ key: key("k"), value: text("twice") }, { key: key("gone") }],
        },
      ],
    });
  });

  test("a check holds on the versionstamp in view, and on null where nothing stands", () => {
    const { versionstamp } = replica.commit(set("k", "v"));
    const check = (name: string, wanted: typeof versionstamp | null): string =>
      replica.group({ checks: [{ key: key(name), versionstamp: wanted }], mutations: [] })[0]?.outcome.type ??
      "";
    expect(check("k", versionstamp)).toBe("committed");
    expect(check("k", null)).toBe("failed");
    expect(check("none", null)).toBe("committed");
    expect(check("none", versionstamp)).toBe("failed");
    replica.commit(set("k", "v"));
    expect(check("k", versionstamp)).toBe("failed");
  });

  test("an entry that has ended counts as none for a check", () => {
    const { versionstamp } = replica.commit(set("k", "v", testNowMs + 1));
    replica.nowMs += 1;
    const outcomes = [versionstamp, null].map(
      (wanted) =>
        replica.group({ checks: [{ key: key("k"), versionstamp: wanted }], mutations: [] })[0]?.outcome.type,
    );
    expect(outcomes).toEqual(["failed", "committed"]);
  });

  test("a versionstamp that an earlier member of the group has overtaken does not hold", () => {
    const { versionstamp } = replica.commit(set("k", "v"));
    const outcomes = replica.group(
      { checks: [], mutations: [set("k", "w")] },
      { checks: [{ key: key("k"), versionstamp }], mutations: [set("k", "x")] },
    );
    expect(outcomes.map(({ outcome }) => outcome.type)).toEqual(["committed", "failed"]);
    expect(replica.value("k")).toBe("w");
  });

  test("a sum over what is no u64 refuses its commit whole, and that commit alone", () => {
    const outcomes = replica.group(
      { checks: [], mutations: [set("k", "text")] },
      { checks: [], mutations: [set("other", "1"), sum("k", 1n)] },
      { checks: [], mutations: [set("k", number(1n)), sum("k", 1n)] },
    );
    expect(outcomes.map(({ outcome }) => outcome.type)).toEqual(["committed", "type", "committed"]);
    expect([replica.value("other"), replica.value("k")]).toEqual([undefined, 2n]);
  });
});

describe("with a relay", () => {
  let replica: TestReplica;

  beforeEach(() => {
    replica = TestReplica.synced();
    replica.receive({ to: 3, entries: [entryOf("confirmed", 3, "v")] });
  });

  test("a row holds the mutations as they were asked, and premises for what the checks saw", () => {
    const { name } = replica.commit(set("mine", "1"));
    replica.commitOn(["confirmed", "mine", "none"], sum("n", 1n));
    expect(replica.rows.at(-1)).toMatchObject({
      commits: [
        {
          mutations: [sum("n", 1n)],
          effects: [],
          checks: [
            { key: key("confirmed"), premise: { type: "revision", epoch: "e1", revision: 3 } },
            { key: key("mine"), premise: { type: "written", by: name, digest: digestOf(text("1")) } },
            { key: key("none"), premise: { type: "absent" } },
          ],
        },
      ],
    });
  });

  test("absence that an earlier member of the group makes is a premise of absence", () => {
    const outcomes = replica.group(
      { checks: [], mutations: [remove("confirmed")] },
      { checks: [{ key: key("confirmed"), versionstamp: null }], mutations: [set("confirmed", "anew")] },
    );
    expect(outcomes.map(({ outcome }) => outcome.type)).toEqual(["committed", "committed"]);
    expect(replica.state.getTracked({ host: "a", n: 2 })?.commit.checks[0]?.premise).toEqual({
      type: "absent",
    });
    expect(replica.value("confirmed")).toBe("anew");
  });

  test("what may wait for the relay is bounded in bytes", () => {
    const value = text("x".repeat(1e6));
    const outcomes = Array.from(
      { length: 80 },
      (_, index) => replica.commit(set(`k${index}`, value)).outcome.type,
    );
    expect(outcomes.filter((type) => type === "full")).not.toEqual([]);
    expect(replica.state.pendingBytes).toBeLessThan(pendingBytesMax * 1.1);
  });

  test("by revision, each set and delete is checked against what its writer saw, and a sum is not", () => {
    const outcomes = replica.group(
      { checks: [], byRevision: true, mutations: [set("confirmed", "1"), remove("none"), sum("n", 1n)] },
      {
        checks: [{ key: key("other"), versionstamp: null }],
        byRevision: true,
        mutations: [set("confirmed", "2"), set("confirmed", "3"), set("other", "1"), set("none", "4")],
      },
    );
    expect(outcomes.map(({ outcome }) => outcome.type)).toEqual(["committed", "committed"]);
    const by = { host: "a", n: 1 };
    expect(replica.state.getTracked(by)?.commit.checks).toEqual([
      { key: key("confirmed"), premise: { type: "revision", epoch: "e1", revision: 3 } },
      { key: key("none"), premise: { type: "absent" } },
    ]);
    expect(replica.state.getTracked({ host: "a", n: 2 })?.commit.checks).toEqual([
      { key: key("other"), premise: { type: "absent" } },
      { key: key("confirmed"), premise: { type: "written", by, digest: digestOf(text("1")) } },
      { key: key("none"), premise: { type: "absent" } },
    ]);
  });

  test("by revision, more keys than a commit may have checks are refused", () => {
    const mutations = Array.from({ length: checksMax + 1 }, (_, n) => set(`k${n}`, "v"));
    const outcome = replica.group({ checks: [], byRevision: true, mutations })[0]?.outcome;
    expect(outcome).toMatchObject({ type: "excess", message: expect.stringMatching(/1000.*1001/) });
    expect(replica.state.pendingCount).toBe(0);
  });
});

describe("on a device that follows only some prefixes", () => {
  test("a check, sum, min or max outside of them is refused, and a blind write is not", () => {
    const replica = TestReplica.synced();
    replica.welcome({ epoch: "e1", scope: [packKey(["mine"])] });
    const [outside, inside] = [packKey(["theirs", "k"]), packKey(["mine", "k"])];
    const commits: readonly CommitRequest[] = [
      asked({ type: "sum", key: outside, operand: 1n }),
      asked({ type: "max", key: outside, operand: 1n }),
      { checks: [{ key: outside, versionstamp: null }], mutations: [] },
      { ...asked({ type: "delete", key: outside }), byRevision: true },
      asked({ type: "sum", key: inside, operand: 1n }, { type: "delete", key: outside }),
      { checks: [{ key: inside, versionstamp: null }], mutations: [] },
    ];
    expect(commits.map((request) => replica.group(request)[0]?.outcome.type)).toEqual([
      "outside",
      "outside",
      "outside",
      "outside",
      "committed",
      "failed",
    ]);
  });
});

test("a check on what was here before the relay, and was not handed to it, is one that the relay reads and refuses", () => {
  const replica = new TestReplica();
  const { versionstamp } = replica.commit(set("k", "v", testNowMs + 1));
  // It had ended by the clock of then, which was put right since.
  replica.append({ type: "attach", replica: "r", commits: [] });
  const [checked] = replica.group({ checks: [{ key: key("k"), versionstamp }], mutations: [set("k", "w")] });
  expect(checked?.outcome.type).toBe("committed");
  const commits = [...replica.state.unruled.values()].map(({ commit }) => commit);
  expect(commits).toMatchObject([{ checks: [{ premise: { type: "revision", revision: 0 } }] }]);
  expect(decodeUp(encodeUp([{ type: "push", commits }]))).toEqual([{ type: "push", commits }]);
});
