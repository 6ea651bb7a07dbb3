/**
 * The rules by which a commit is accepted or rejected, one by one, as DESIGN.md section 8 states them.
 */
import {
  createStamp,
  digestOf,
  msOfStamp,
  stampAfter,
  type Check,
  type Premise,
  type Value,
  zeroStamp,
} from "@rockpool/model";
import { describe, expect, test } from "vitest";
import {
  check,
  commitOf,
  key,
  max,
  min,
  number,
  remove,
  set,
  sum,
  testNowMs,
  text,
} from "./commit-fixture.ts";
import { createBucket, dayMs } from "./resolve-fixture.ts";

const accepted = { type: "accepted", superseded: [] };
const rejectedBy = (...checks: number[]) => ({ type: "rejected", reason: { type: "check", checks } });

describe("blind commits", () => {
  test("of two sets the later stamp stays, whichever is ruled first", () => {
    const early = commitOf("a", 1, [set("k", "early")], { atMs: 1 });
    const late = commitOf("b", 1, [set("k", "late")], { atMs: 2 });
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      const bucket = createBucket();
      for (const commit of order) bucket.rule(commit);
      expect(bucket.value("k")).toEqual(text("late"));
    }
  });

  test("a late set is skipped and its winner told, and the rest of its commit stands", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 7, [set("k", "late")], { atMs: 2 }));
    const { ruling, effects } = bucket.rule(
      commitOf("a", 1, [set("other", "x"), set("k", "early")], { atMs: 1 }),
    );
    expect(ruling).toEqual({ type: "accepted", superseded: [{ mutation: 1, winner: { host: "b", n: 7 } }] });
    expect(effects.map((entry) => entry.key)).toEqual([key("other")]);
  });

  test("a late delete is skipped like a set", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [set("k", "late")], { atMs: 2 }));
    expect(bucket.rule(commitOf("a", 1, [remove("k")], { atMs: 1 })).ruling).toMatchObject({
      superseded: [{ mutation: 0 }],
    });
    expect(bucket.value("k")).toEqual(text("late"));
  });

  test("a set older than a sum is superseded, not slipped under it", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [sum("k", 5n)], { atMs: 2 }));
    expect(bucket.rule(commitOf("a", 1, [set("k", number(1n))], { atMs: 1 })).ruling).toMatchObject({
      superseded: [{ winner: { host: "b", n: 1 } }],
    });
    expect(bucket.value("k")).toEqual(number(5n));
  });

  test("a sum older than a sum counts, and leaves the key's stamp", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [sum("k", 5n)], { atMs: 2 }));
    bucket.rule(commitOf("a", 1, [sum("k", 7n)], { atMs: 1 }));
    expect(bucket.entry("k")).toMatchObject({
      value: number(12n),
      stamp: createStamp(testNowMs + 2, 0, "b"),
      stampHolder: "replica-b",
      writer: { host: "a", n: 1 },
      revision: 2,
    });
  });

  test.each([sum("k", 1n), min("k", 1n), max("k", 9n)])(
    "a $type older than the key's last set is superseded",
    (mutation) => {
      const bucket = createBucket();
      bucket.rule(commitOf("b", 1, [set("k", number(5n))], { atMs: 2 }));
      expect(bucket.rule(commitOf("a", 1, [mutation], { atMs: 1 })).ruling).toMatchObject({
        superseded: [{ mutation: 0 }],
      });
      expect(bucket.value("k")).toEqual(number(5n));
    },
  );

  test("a sum older than the key's delete does not bring it back", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [remove("k")], { atMs: 2 }));
    bucket.rule(commitOf("a", 1, [sum("k", 5n)], { atMs: 1 }));
    expect(bucket.entry("k")).not.toHaveProperty("value");
  });

  test("a stamp that is the key's own is not late, whosever it is", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("a", 1, [set("k", "first")]));
    const { ruling } = bucket.rule(commitOf("a", 2, [set("k", "second")]), { replica: "another" });
    expect(ruling).toEqual(accepted);
    expect(bucket.entry("k")).toMatchObject({ value: text("second"), stamp: createStamp(testNowMs, 0, "a") });
  });

  test("a delete of a missing key leaves a tombstone that an older set loses to", () => {
    const bucket = createBucket();
    expect(bucket.rule(commitOf("b", 1, [remove("k")], { atMs: 2 })).ruling).toEqual(accepted);
    bucket.rule(commitOf("a", 1, [set("k", "old")], { atMs: 1 }));
    expect(bucket.entry("k")).toMatchObject({
      writer: { host: "b", n: 1 },
      stamp: createStamp(testNowMs + 2, 0, "b"),
    });
    expect(bucket.value("k")).toBeUndefined();
  });

  test("later mutations of a commit see the earlier ones and are never late against them", () => {
    const bucket = createBucket();
    const { ruling } = bucket.rule(
      commitOf("a", 1, [set("k", number(1n)), sum("k", 2n), remove("gone"), sum("gone", 3n)]),
    );
    expect(ruling).toEqual(accepted);
    expect([bucket.value("k"), bucket.value("gone")]).toEqual([number(3n), number(3n)]);
  });
});

/** Leaves `k` with a stamp of replica a, raised by its check above one of replica b that lies ahead. */
const createRaised = () => {
  const bucket = createBucket();
  bucket.rule(commitOf("b", 1, [set("k", "b's"), set("other", "b's")], { atMs: 50 }));
  bucket.rule(
    commitOf("a", 1, [set("k", "checked")], {
      atMs: 1,
      checks: [check("k", { type: "revision", epoch: "e1", revision: 1 })],
    }),
  );
  return bucket;
};

describe("a commit of the replica that holds the stamp", () => {
  test("is not late against its own raised stamp, and goes above it", () => {
    const bucket = createRaised();
    const before = bucket.entry("k")?.stamp ?? "";
    const { ruling } = bucket.rule(commitOf("a", 2, [set("k", "next")], { atMs: 2 }));
    expect(ruling).toEqual(accepted);
    expect(bucket.value("k")).toEqual(text("next"));
    expect((bucket.entry("k")?.stamp ?? "") > before).toBe(true);
  });

  test("is raised for that key alone", () => {
    const bucket = createRaised();
    const { ruling, stamp } = bucket.rule(
      commitOf("a", 2, [set("k", "next"), set("other", "a's")], { atMs: 2 }),
    );
    expect(ruling).toMatchObject({ superseded: [{ mutation: 1, winner: { host: "b", n: 1 } }] });
    expect(msOfStamp(stamp)).toBe(testNowMs + 2);
  });

  test("also when another host of the replica made it", () => {
    const bucket = createRaised();
    bucket.rule(commitOf("c", 1, [set("k", "by the other tab")], { atMs: 2 }), { replica: "replica-a" });
    expect(bucket.value("k")).toEqual(text("by the other tab"));
  });

  test("counts a sum over its own raised set", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [set("k", number(1n))], { atMs: 50 }));
    bucket.rule(
      commitOf("a", 1, [set("k", number(10n))], {
        checks: [check("k", { type: "revision", epoch: "e1", revision: 1 })],
      }),
    );
    bucket.rule(commitOf("a", 2, [sum("k", 5n)], { atMs: 2 }));
    expect(bucket.value("k")).toEqual(number(15n));
  });

  test("gives the same stamp to all of its mutations of that key", () => {
    const bucket = createRaised();
    const before = bucket.entry("k")?.stamp ?? zeroStamp;
    bucket.rule(commitOf("a", 2, [set("k", "once"), set("k", "twice")], { atMs: 2 }));
    expect(bucket.entry("k")).toMatchObject({ value: text("twice"), stamp: stampAfter(before, "a") });
  });

  test("holds the latest mutation alone: a sum is late against another's set", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [set("k", number(1n))], { atMs: 50 }));
    bucket.rule(commitOf("a", 1, [sum("k", 5n)], { atMs: 60 }));
    const { ruling } = bucket.rule(commitOf("a", 2, [sum("k", 7n)], { atMs: 40 }));
    expect(ruling).toMatchObject({ superseded: [{ mutation: 0 }] });
    expect(bucket.value("k")).toEqual(number(6n));
  });

  test("holds the latest set alone: a sum over it counts, whoever summed since", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("a", 1, [set("k", number(1n))], { atMs: 50 }));
    bucket.rule(commitOf("b", 1, [sum("k", 5n)], { atMs: 60 }));
    expect(bucket.rule(commitOf("a", 2, [sum("k", 7n)], { atMs: 40 })).ruling).toEqual(accepted);
    expect(bucket.value("k")).toEqual(number(13n));
  });

  test("another replica stays late", () => {
    const bucket = createRaised();
    bucket.rule(commitOf("c", 1, [set("k", "c's")], { atMs: 2 }));
    expect(bucket.value("k")).toEqual(text("checked"));
  });
});

const revision = (epoch: string, at: number): Premise => ({ type: "revision", epoch, revision: at });
const written = (n: number, value: Value | undefined): Premise => {
  return { type: "written", by: { host: "a", n }, digest: digestOf(value) };
};
const absent = (name: string): Check => check(name, { type: "absent" });

describe("checked commits", () => {
  test("absent holds for no entry, a tombstone and an expired entry", () => {
    const bucket = createBucket();
    bucket.rule(
      commitOf("a", 1, [remove("deleted"), set("expired", "x", testNowMs), set("there", "x", testNowMs + 1)]),
    );
    const { ruling } = bucket.rule(
      commitOf("b", 1, [], { checks: ["missing", "deleted", "expired", "there"].map(absent) }),
    );
    expect(ruling).toEqual(rejectedBy(3));
  });

  test("a revision holds for exactly the entry it left", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("a", 1, [set("k", "x"), remove("gone")]));
    bucket.rule(commitOf("a", 2, [set("newer", "x")]));
    const checks = [
      check("k", revision("e1", 1)),
      check("k", revision("e1", 2)),
      check("newer", revision("e1", 1)),
      check("gone", revision("e1", 1)),
      check("missing", revision("e1", 1)),
    ];
    expect(bucket.rule(commitOf("b", 1, [], { checks })).ruling).toEqual(rejectedBy(1, 2, 3, 4));
  });

  test("a revision holds within the epochs that share it", () => {
    const epochs = [
      { epoch: "e1", firstRevision: 1 },
      { epoch: "e2", firstRevision: 2 },
      { epoch: "e3", firstRevision: 3 },
    ];
    const bucket = createBucket({ epochs });
    bucket.rule(commitOf("a", 1, [set("first", "x")]));
    bucket.rule(commitOf("a", 2, [set("second", "x")]));
    const checks = [
      check("first", revision("e1", 1)),
      check("first", revision("e2", 1)),
      check("first", revision("e3", 1)),
      check("second", revision("e1", 2)),
      check("second", revision("e2", 2)),
      check("second", revision("gone", 2)),
    ];
    expect(bucket.rule(commitOf("b", 1, [], { checks })).ruling).toEqual(rejectedBy(3, 5));
  });

  test("as a commit left it holds for its writer and its value together", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("a", 1, [set("k", number(1n)), remove("gone")]));
    const checks = [
      check("k", written(1, number(1n))),
      check("gone", written(1, undefined)),
      check("k", written(2, number(1n))),
      check("k", written(1, number(2n))),
      check("k", written(1, undefined)),
      check("missing", written(1, undefined)),
    ];
    expect(bucket.rule(commitOf("a", 3, [], { checks })).ruling).toEqual(rejectedBy(2, 3, 4, 5));
  });

  test("a commit that built on a superseded mutation is rejected", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [set("k", "b's")], { atMs: 2 }));
    bucket.rule(commitOf("a", 1, [set("k", "a's")], { atMs: 1 }));
    const seen: Premise = { type: "written", by: { host: "a", n: 1 }, digest: digestOf(text("a's")) };
    expect(
      bucket.rule(commitOf("a", 2, [set("k", "on it")], { atMs: 3, checks: [check("k", seen)] })).ruling,
    ).toEqual(rejectedBy(0));
    expect(bucket.value("k")).toEqual(text("b's"));
  });

  test("what holds is never superseded: its stamp is raised above its keys'", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [set("k", "b's"), sum("n", 1n)], { atMs: 50 }));
    const checks = [check("k", { type: "revision", epoch: "e1", revision: 1 })] as const;
    const { ruling, stamp } = bucket.rule(
      commitOf("a", 1, [set("k", "a's"), set("n", number(9n))], { atMs: 1, checks }),
    );
    expect(ruling).toEqual(accepted);
    expect(stamp).toBe(createStamp(testNowMs + 50, 1, "a"));
    expect([bucket.entry("k")?.stamp, bucket.entry("n")?.stamp]).toEqual([stamp, stamp]);
  });

  test("a stamp that is its key's own is raised too", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("a", 1, [set("k", "a's")]));
    const commit = commitOf("a", 2, [set("k", "next")], { checks: [absent("new")] });
    expect(bucket.rule(commit).stamp).toBe(createStamp(testNowMs, 1, "a"));
  });

  test("a stamp that lies above its keys' already is kept", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 1, [set("k", "b's")]));
    const commit = commitOf("a", 1, [set("k", "a's")], {
      atMs: 9,
      checks: [check("new", { type: "absent" })],
    });
    expect(bucket.rule(commit).stamp).toBe(commit.stamp);
  });

  test("one failed check rejects it whole", () => {
    const bucket = createBucket();
    const checks = [check("x", { type: "absent" }), check("k", revision("e1", 1))] as const;
    expect(bucket.rule(commitOf("a", 1, [set("x", "1"), set("y", "2")], { checks })).effects).toEqual([]);
  });
});

describe("time", () => {
  test("a stamp that runs ahead by more than a minute is set to the relay's clock", () => {
    const bucket = createBucket();
    expect(bucket.rule(commitOf("a", 1, [set("k", "x")], { atMs: 60_001 })).stamp).toBe(
      createStamp(testNowMs, 0, "a"),
    );
    expect(bucket.entry("k")?.stamp).toBe(createStamp(testNowMs, 0, "a"));
  });

  test("one that runs ahead by a minute is left as it is", () => {
    const commit = commitOf("a", 1, [set("k", "x")], { atMs: 60_000 });
    expect(createBucket().rule(commit).stamp).toBe(commit.stamp);
  });

  test("a commit older than the bucket keeps deletions is rejected", () => {
    const bucket = createBucket();
    expect(bucket.rule(commitOf("a", 1, [set("k", "x")], { atMs: -90 * dayMs - 1 })).ruling).toEqual({
      type: "rejected",
      reason: { type: "too-old" },
    });
    expect(bucket.rule(commitOf("a", 2, [set("k", "x")], { atMs: -90 * dayMs })).ruling).toEqual(accepted);
  });
});

describe("sum, min and max", () => {
  test("over a value that is no u64 reject the whole commit by its place", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("a", 1, [set("k", "text")]));
    const { ruling, effects } = bucket.rule(commitOf("a", 2, [set("x", "1"), sum("k", 1n)]));
    expect(ruling).toEqual({ type: "rejected", reason: { type: "type", mutation: 1 } });
    expect(effects).toEqual([]);
  });

  test("take an expired entry for none, and clear the expiry", () => {
    const bucket = createBucket();
    bucket.rule(
      commitOf("a", 1, [set("expired", number(5n), testNowMs), set("alive", number(5n), testNowMs + 1)]),
    );
    bucket.rule(commitOf("a", 2, [sum("expired", 2n), sum("alive", 2n)]));
    expect([bucket.value("expired"), bucket.value("alive")]).toEqual([number(2n), number(7n)]);
    expect([bucket.entry("expired"), bucket.entry("alive")].map((entry) => entry?.expireAt)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("wrap, and keep the smaller and the larger", () => {
    const bucket = createBucket();
    bucket.rule(
      commitOf("a", 1, [set("s", number(2n ** 64n - 1n)), set("i", number(5n)), set("a", number(5n))]),
    );
    bucket.rule(commitOf("a", 2, [sum("s", 3n), min("i", 4n), max("a", 4n)]));
    expect([bucket.value("s"), bucket.value("i"), bucket.value("a")]).toEqual([
      number(2n),
      number(4n),
      number(5n),
    ]);
  });
});

describe("limits", () => {
  const limits = {
    keyBytesMax: 10,
    valueBytesMax: 20,
    checksMax: 1,
    mutationsMax: 2,
    commitBytesMax: 40,
    pushCommitsMax: 1,
    pushBytesMax: 40,
  };

  test.each([
    ["checks", commitOf("a", 1, [], { checks: [absent("a"), absent("a")] }), "2 checks"],
    ["mutations", commitOf("a", 1, [remove("a"), remove("b"), remove("c")]), "3 mutations"],
    ["keys", commitOf("a", 1, [remove("a long name")]), "a key of 13 bytes"],
    [
      "keys of checks",
      commitOf("a", 1, [], { checks: [check("a long name", { type: "absent" })] }),
      "a key of 13 bytes",
    ],
    ["values", commitOf("a", 1, [set("a", "ä".repeat(10))]), "a value of 22 bytes"],
    [
      "commits",
      commitOf("a", 1, [set("a", "x".repeat(18)), set("b", "x".repeat(15))]),
      "a commit of 43 bytes",
    ],
  ])("of %s are told with value, limit and remedy", (_, commit, value) => {
    const { ruling, effects } = createBucket({ limits }).rule(commit);
    expect(ruling).toMatchObject({ type: "rejected", reason: { type: "limit" } });
    const message = ruling.type === "rejected" && ruling.reason.type === "limit" ? ruling.reason.message : "";
    expect(message).toContain(value);
    expect(message).toMatch(/at most \d+: /);
    expect(effects).toEqual([]);
  });

  test("are judged before the age and the checks", () => {
    const commit = commitOf("a", 1, [remove("a long name")], {
      atMs: -91 * dayMs,
      checks: [check("k", { type: "revision", epoch: "x", revision: 1 })],
    });
    expect(createBucket({ limits }).rule(commit).ruling).toMatchObject({ reason: { type: "limit" } });
  });
});
