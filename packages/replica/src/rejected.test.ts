/**
 * Rejected commits wait in groups of those that build on each other, and a retry asks what holds now:
 * of the view, and of what the group's own earlier members will have made of it.
 */
import { type Check, digestOf, originalTag, type RejectionReason } from "@rockpool/model";
import { beforeEach, expect, test } from "vitest";
import { entryOf, key, number, remove, set, sum, testNowMs } from "./commit-fixture.ts";
import { decideDiscard, decideRetry, type RejectedCommits, rejectedGroups } from "./rejected.ts";
import { TestReplica } from "./replica-fixture.ts";

let replica: TestReplica;

beforeEach(() => {
  replica = TestReplica.synced();
});

const failed: RejectionReason = { type: "check", checks: [0] };
const onlyGroup = (): RejectedCommits => rejectedGroups(replica.state)[0] as RejectedCommits;
const retried = (group: RejectedCommits): readonly (readonly Check[])[] =>
  decideRetry(replica.state, replica.pages, group, { readingMs: testNowMs }).retries.map(
    ({ checks }) => checks,
  );

test("commits that build on a rejected one are of its group, others are of their own", () => {
  const first = replica.commitOn(["k"], set("k", "mine"));
  const second = replica.commitOn(["k"], set("l", "built on it"));
  const other = replica.commitOn(["m"], set("m", "alone"));
  replica.receive({
    to: 3,
    results: [first, second, other].map(({ name }, index) => replica.result(name, index + 1, failed)),
  });
  expect(
    rejectedGroups(replica.state).map(({ commits }) => commits.map(({ commit }) => commit.name.n)),
  ).toEqual([[1, 2], [3]]);
  replica.append(decideDiscard(onlyGroup().commits));
  expect(rejectedGroups(replica.state).map(({ commits }) => commits.length)).toEqual([1]);
});

test("a retry checks for what stands under its key now", () => {
  const { name } = replica.commitOn(["k"], set("k", "mine"));
  replica.receive({
    to: 2,
    entries: [entryOf("k", 1, "theirs")],
    results: [replica.result(name, 2, failed)],
  });
  expect(retried(onlyGroup())).toEqual([
    [{ key: key("k"), premise: { type: "revision", epoch: "e1", revision: 1 } }],
  ]);
});

test("a retry with other values has a tag of its own, the same in every copy of the device", () => {
  const { name } = replica.commitOn(["k"], set("k", "mine"));
  replica.receive({ to: 1, results: [replica.result(name, 1, failed)] });
  const tag = onlyGroup().commits[0]?.commit.tag;
  const retryAs = (text: string): string | undefined => {
    const value = { encoding: "json", data: JSON.stringify(text) } as const;
    const at = { readingMs: testNowMs };
    return decideRetry(replica.state, replica.pages, onlyGroup(), at, new Map([[key("k"), value]])).retries[0]
      ?.tag;
  };
  const plain = decideRetry(replica.state, replica.pages, onlyGroup(), { readingMs: testNowMs });
  expect(plain.retries[0]?.tag).toBe(tag);
  expect(retryAs("merged")).toBe(retryAs("merged"));
  expect(new Set([tag, retryAs("merged"), retryAs("merged otherwise")]).size).toBe(3);
  expect(originalTag(retryAs("merged") ?? "")).toBe(tag);
});

test("a retry on a sum of its own group checks for what that sum will come to now", () => {
  const first = replica.commitOn(["gate"], sum("n", 5n));
  const second = replica.commitOn(["n"], set("l", "built on it"));
  replica.receive({
    to: 3,
    entries: [entryOf("n", 1, number(100n))],
    results: [replica.result(first.name, 2, failed), replica.result(second.name, 3, failed)],
  });
  const by = { host: `${first.name.host}:${first.name.n}`, n: 1 };
  expect(retried(onlyGroup())[1]).toEqual([
    { key: key("n"), premise: { type: "written", by, digest: digestOf(number(105n)) } },
  ]);
});

test("a retry on an absence that its own group makes checks for that absence", () => {
  replica.receive({ to: 1, entries: [entryOf("k", 1, "old")] });
  const first = replica.commitOn(["gate"], remove("k"), set("link", "x"));
  const second = replica.commitOn(["k", "link"], set("k", "new"));
  replica.receive({
    to: 3,
    results: [replica.result(first.name, 2, failed), replica.result(second.name, 3, failed)],
  });
  expect(replica.value("k")).toBe("old");
  expect(retried(onlyGroup())[1]?.[0]).toEqual({ key: key("k"), premise: { type: "absent" } });
});
