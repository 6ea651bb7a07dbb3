/**
 * Documents as they are kept: parts that are set aside, pages, older versions, fills, a relay that comes
 * later, and fewer bytes for the same.
 */
import { commitLimits, createChecksum, type PackedKey, updateLog, valueBytesMax } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { decideAttach } from "./attach.ts";
import { documentOf, entryOf, growthOf, key, merge, readable, remove, set } from "./commit-fixture.ts";
import { decideCompact } from "./compact.ts";
import { decideRetry, rejectedGroups } from "./rejected.ts";
import { TestReplica } from "./replica-fixture.ts";

const shown = (replica: TestReplica, name = "d"): unknown => readable(replica.view(name).value);

/** What a replica shows that was given a document, and then entries in parts of one catch-up. */
const afterParts = (...parts: readonly ReturnType<typeof entryOf>[]): unknown => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
  replica.checkpoint();
  for (const [index, entry] of parts.entries()) {
    const isLast = index === parts.length - 1;
    replica.receive({ to: 10 + index, head: 20, upToDate: false, entries: [entry] });
    expect(shown(replica)).toEqual([0, "a"]);
    if (isLast) replica.receive({ to: 20, head: 20 });
  }
  expect(shown(replica.restarted())).toEqual(shown(replica));
  const before = shown(replica);
  replica.checkpoint();
  expect(shown(replica)).toEqual(before);
  return before;
};

describe("parts of a catch-up", () => {
  test("join as they come", () => {
    expect(afterParts(growthOf("d", 10, 0, "b"), growthOf("d", 11, 0, "c"))).toEqual([0, "a", "b", "c"]);
  });

  test("end with what is whole", () => {
    expect(afterParts(growthOf("d", 10, 0, "b"), entryOf("d", 11, documentOf(0, "abc")))).toEqual([0, "abc"]);
    expect(afterParts(growthOf("d", 10, 0, "b"), entryOf("d", 11))).toBeUndefined();
    expect(afterParts(growthOf("d", 10, 0, "b"), entryOf("d", 11, "text"))).toEqual({
      encoding: "json",
      data: '"text"',
    });
  });

  test("go on from what is whole", () => {
    expect(afterParts(entryOf("d", 10, documentOf(0, "ab")), growthOf("d", 11, 0, "c"))).toEqual([
      0,
      "ab",
      "c",
    ]);
    expect(afterParts(entryOf("d", 10), growthOf("d", 11, 10, "b"))).toEqual([10, "b"]);
    expect(
      afterParts(entryOf("d", 10, "text"), growthOf("d", 12, 11, "b"), growthOf("d", 13, 11, "c")),
    ).toEqual([11, "b", "c"]);
  });

  test("of another incarnation take the place of what stood", () => {
    expect(afterParts(growthOf("d", 11, 10, "b"))).toEqual([10, "b"]);
    expect(afterParts(growthOf("d", 10, 0, "b"), growthOf("d", 13, 12, "c"))).toEqual([12, "c"]);
  });
});

test("a document in whose parts only this device's own merges come is as it was", () => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
  const [first, second] = ["b", "c"].map((update) => replica.commit(merge("d", update)).name);
  if (first === undefined || second === undefined) throw new Error("nothing was committed");
  replica.receive({
    to: 2,
    head: 3,
    upToDate: false,
    entries: [growthOf("d", 2, 0, "b")],
    results: [replica.result(first, 2)],
  });
  const effect = replica.receive({
    to: 3,
    entries: [growthOf("d", 3, 0, "c")],
    results: [replica.result(second, 3)],
  });
  expect(effect).toMatchObject({ changed: [], settledKeys: [key("d")] });
  expect(shown(replica)).toEqual([0, "a", "b", "c"]);
});

describe("a document in pages", () => {
  test("is one value, however many rows added to it", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    replica.checkpoint();
    for (const [index, update] of ["b", "c", "d"].entries()) {
      const to = index + 2;
      replica.receive({ to, entries: [growthOf("d", to, 0, update)] });
      if (index === 1) replica.checkpoint();
    }
    replica.commit(merge("d", "mine"));
    replica.checkpoint();
    const stored = replica.storedPages.flatMap(({ entries }) => entries);
    expect(stored).toEqual([
      {
        key: key("d"),
        versionstamp: expect.any(String) as string,
        revision: 4,
        value: documentOf(0, ..."abcd"),
      },
    ]);
    expect(replica.state.stored).toEqual({ entries: 1, bytes: key("d").length + 8 });
    expect(shown(replica)).toEqual([0, ..."abcd", "mine"]);
  });

  test("has no older versions, and is none", () => {
    const replica = new TestReplica();
    replica.append({ type: "settings", settings: { history: 4, expireInMs: null } });
    replica.commit(set("d", "text"));
    replica.commit(remove("d"));
    const versions = (): readonly unknown[] =>
      replica.history("d").map((one) => (one instanceof Uint8Array ? "document" : one));
    for (const update of ["a", "b", "c"]) replica.commit(merge("d", update));
    expect(versions()).toEqual(["text", undefined, "document"]);
    replica.checkpoint();
    expect(versions()).toEqual(["text", undefined, "document"]);
    replica.commit(merge("d", "e"));
    replica.commit(set("d", "text again"));
    replica.checkpoint();
    expect(versions()).toEqual(["text", undefined, "text again"]);
  });

  test("takes no place among the versions that are kept", () => {
    for (const isKept of [true, false]) {
      const replica = new TestReplica();
      replica.append({ type: "settings", settings: { history: 2, expireInMs: null } });
      replica.commit(set("d", "1"));
      replica.commit(remove("d"));
      replica.commit(merge("d", "a"));
      if (isKept) replica.checkpoint();
      replica.commit(set("d", "2"));
      expect(replica.history("d")).toEqual([undefined, "2"]);
      replica.checkpoint();
      expect(replica.storedVersions.map(({ value }) => value)).toEqual([undefined]);
    }
  });

  test("has none while merges wait either", () => {
    const replica = TestReplica.synced();
    replica.append({ type: "settings", settings: { history: 4, expireInMs: null } });
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    replica.commit(merge("d", "b"));
    replica.commit(merge("d", "c"));
    expect(replica.history("d")).toHaveLength(1);
    replica.commit(set("d", "text"));
    expect(replica.history("d")).toEqual(["text"]);
  });
});

const attach = (replica: TestReplica): void => {
  let n = 100;
  const author = { host: "a", takeNumber: () => n++, drawTag: () => `t${n}`, readingMs: replica.nowMs };
  const decision = decideAttach(replica.state, replica.pages, "r", author);
  if (decision.type !== "row") throw new Error(decision.type);
  replica.append(decision.row);
};

describe("a bucket that is given a relay", () => {
  test("hands it the updates of its documents, and shows them once", () => {
    const replica = new TestReplica();
    replica.commit(merge("d", "a"), set("e", "text"));
    replica.commit(merge("d", "b"));
    attach(replica);
    expect(shown(replica)).toEqual([null, "a", "b"]);
    const waiting = [...replica.state.unruled.values()].flatMap(({ commit }) => commit.mutations);
    expect(waiting).toEqual([
      { ...merge("d", "a"), initial: true },
      { ...merge("d", "b"), initial: true },
      { ...set("e", "text"), initial: true },
    ]);
    replica.welcome({ epoch: "e1" });
    replica.refill({ to: 3, entries: [entryOf("d", 3, documentOf(2, "theirs"))] });
    expect(shown(replica)).toEqual([2, "theirs", "a", "b"]);
  });

  test("has an update that it does not take refused with those behind it, and nothing else", () => {
    const replica = new TestReplica();
    replica.commit(
      merge("d", "a"),
      merge("d", "x".repeat(20)),
      merge("d", "b"),
      set("e", "1"),
      merge("f", "c"),
    );
    attach(replica);
    replica.welcome({
      epoch: "e1",
      limits: {
        ...commitLimits,
        valueBytesMax: 10,
        pushCommitsMax: 10,
        pushBytesMax: 1000,
        messageBytesMax: 10_000,
      } as never,
    });
    const commits = [...replica.state.unruled.values()].map(({ commit }) =>
      commit.mutations.map((one) => [one.key, one.type === "merge" ? one.update.length : one.type]),
    );
    expect(commits).toEqual([
      [
        [key("d"), 1],
        [key("e"), "set"],
        [key("f"), 1],
      ],
      [[key("d"), 20]],
      [[key("d"), 1]],
    ]);
  });
});

describe("a merge that was refused", () => {
  test("is tried again with the same update, on the document that stands by then", () => {
    const replica = TestReplica.synced();
    replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a"))] });
    const { name } = replica.commit(merge("d", "mine"));
    const reason = { type: "missing", mutation: 0 } as const;
    replica.receive({
      to: 4,
      entries: [entryOf("d", 3, documentOf(2, "new"))],
      results: [replica.result(name, 4, reason)],
    });
    const [group] = rejectedGroups(replica.state);
    const tag = replica.state.getTracked(name)?.commit.tag;
    const row = decideRetry(replica.state, replica.pages, group as never, { readingMs: replica.nowMs });
    expect(row.retries.map(({ mutations, tag: again }) => [mutations, again])).toEqual([
      [[merge("d", "mine", 2)], tag],
    ]);
    expect(replica.append(row).changed).toEqual([key("d")]);
    expect(shown(replica)).toEqual([2, "new", "mine"]);
  });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const grown = (): TestReplica => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "a", "b"))] });
  replica.checkpoint();
  replica.receive({ to: 2, entries: [growthOf("d", 2, 0, "c")] });
  replica.commit(merge("d", "mine"));
  return replica;
};

const compaction = (incarnation: number, update: string, ...merged: readonly string[]) => {
  const data = updateLog(merged.map(bytes));
  const checksum = createChecksum();
  checksum.add(data);
  const digest = checksum.digest();
  return { key: key("d"), incarnation, length: data.length, digest, update: bytes(update) };
};

describe("a document in fewer bytes", () => {
  test("is kept for the updates it says, with those that came behind them", () => {
    for (const isKept of [false, true]) {
      const replica = grown();
      const { versionstamp } = replica.view("d");
      const row = decideCompact(replica.state, replica.pages, compaction(0, "ab", "a", "b"));
      if (row === undefined) throw new Error("nothing was decided");
      expect(row).toEqual({ type: "compact", key: key("d"), value: documentOf(0, "ab", "c"), revision: 2 });
      expect(replica.append(row)).toEqual({ changed: [], settledKeys: [], ruled: [] });
      if (isKept) replica.checkpoint();
      expect(shown(replica)).toEqual([0, "ab", "c", "mine"]);
      expect(replica.view("d")).toMatchObject({ versionstamp, revision: 2 });
      replica.receive({ to: 3, entries: [growthOf("d", 3, 0, "theirs")] });
      expect(shown(replica)).toEqual([0, "ab", "c", "theirs", "mine"]);
    }
  });

  test("is not kept where it is another one by now, or where nothing is won", () => {
    const replica = grown();
    const decide = (one: ReturnType<typeof compaction>): unknown =>
      decideCompact(replica.state, replica.pages, one);
    expect(decide(compaction(1, "ab", "a", "b"))).toBeUndefined();
    expect(decide(compaction(0, "ab", "a", "x"))).toBeUndefined();
    expect(decide(compaction(0, "ab", "a", "b", "c", "d"))).toBeUndefined();
    expect(decide(compaction(0, "abc", "a", "b"))).toBeUndefined();
    expect(decide({ ...compaction(0, "ab", "a", "b"), key: "other" as PackedKey })).toBeUndefined();
    replica.receive({ to: 3, entries: [entryOf("d", 3)] });
    expect(decide(compaction(0, "ab", "a", "b"))).toBeUndefined();
  });

  test("has no update that a relay would not take, where one may come", () => {
    const replica = new TestReplica();
    const half = "x".repeat(valueBytesMax / 2 + 1);
    replica.commit(merge("d", half));
    replica.commit(merge("d", half));
    const of = compaction(replica.state.tail - 1, `${half}${half}`.slice(1), half, half);
    expect(decideCompact(replica.state, replica.pages, of)).toBeUndefined();
    const smaller = compaction(replica.state.tail - 1, half, half, half);
    expect(decideCompact(replica.state, replica.pages, smaller)).toBeDefined();
  });
});
