/**
 * What a device that follows other prefixes than before shows of commits that are pending, and lets an app
 * commit: what stands under a key that is not here is not known.
 */
import { beforeEach, expect, test } from "vitest";
import { type PatchEntry, type Scope, wholeBucket, zeroStamp } from "@rockpool/model";
import { entryOf, key, number, remove, set, sum, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";

let replica: TestReplica;

beforeEach(() => {
  replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("n", 1, number(5n)), entryOf("k", 1, "old")] });
});

const serve = (...scope: Scope): void => void replica.welcome({ epoch: "e1", scope });
const fill = (to: number, ...entries: readonly PatchEntry[]): void => void replica.refill({ to, entries });

test("a pending sum is shown until the fill that drops its key, and then from the fill on that brings it", () => {
  replica.commit(sum("n", 1n));
  const seen: unknown[] = [];
  const steps = [
    () => serve(key("k")),
    () => fill(1, entryOf("k", 1, "old")),
    () => serve(...wholeBucket),
    () => fill(1, entryOf("k", 1, "old"), entryOf("n", 1, number(5n))),
  ];
  for (const step of steps) {
    step();
    seen.push(replica.value("n"), replica.checkpoint() && replica.value("n"));
  }
  expect(seen).toEqual([6n, 6n, undefined, undefined, undefined, undefined, 6n, 6n]);
});

test("a sum that is shown over a write of this device leaves the view with it, and is told of", () => {
  const { name } = replica.commit(remove("n"));
  replica.commit(sum("n", 7n));
  serve(key("k"));
  fill(1, entryOf("k", 1, "old"));
  expect(replica.value("n")).toBe(7n);
  const before = replica.view("n").versionstamp;
  const { changed } = replica.receive({ to: 2, results: [replica.result(name, 2)] });
  expect([replica.value("n"), changed]).toEqual([undefined, [key("n")]]);
  expect(replica.view("n").versionstamp > before).toBe(true);
});

test("a sum of which nothing was here yet is told of once its key is served", () => {
  const fresh = TestReplica.synced();
  fresh.commit(sum("n", 1n));
  fresh.welcome({ epoch: "e1", scope: [key("k")] });
  expect(fresh.value("n")).toBeUndefined();
  const effect = fresh.welcome({ epoch: "e1", scope: wholeBucket });
  expect([fresh.value("n"), effect?.changed]).toEqual([1n, [key("n")]]);
});

test("a check or sum of a key that is not filled yet is refused, and of one that stays is not", () => {
  serve(key("k"));
  fill(1, entryOf("k", 1, "old"));
  serve(key("k"), key("n"));
  const outcomes = (): unknown => [
    replica.commitOn(["n"], set("k", "mine")).outcome.type,
    replica.commit(sum("n", 1n)).outcome.type,
    replica.commitOn(["k"], set("n", "mine")).outcome.type,
  ];
  expect(outcomes()).toEqual(["outside", "outside", "committed"]);
  fill(1, entryOf("k", 1, "old"), entryOf("n", 1, number(5n)));
  replica.commit(set("n", number(1n)));
  expect(outcomes()).toEqual(["committed", "committed", "committed"]);
});

test("a checked commit stays in view when the key it checks is followed no more: it may hold", () => {
  const { name } = replica.commitOn(["n"], set("k", "mine"));
  serve(key("k"));
  fill(1, entryOf("k", 1, "old"));
  expect([replica.stateOf(name), replica.value("k")]).toEqual(["pending", "mine"]);
  serve(...wholeBucket);
  fill(2, entryOf("k", 1, "old"), entryOf("n", 2, number(6n)));
  expect([replica.stateOf(name), replica.value("k")]).toEqual(["hidden", "old"]);
});

test("a check that can no longer hold after a fill is met by the next patch, should whoever filled have ended", () => {
  const { name } = replica.commitOn(["k"], set("k", "mine"));
  const { name: blind } = replica.commit(set("other", "mine"));
  replica.append({ type: "verify", epoch: "e1", at: 1, equal: false, readingMs: testNowMs });
  replica.append({ type: "build" });
  const generation = replica.rows.at(-1)?.position ?? 0;
  const relay = {
    epoch: "e1",
    scope: wholeBucket,
    from: 1,
    to: 2,
    results: [],
    stamp: zeroStamp,
    readingMs: 1,
  };
  replica.append({ type: "fill", generation, stored: { entries: 0, bytes: 0 }, relay });
  expect(replica.stateOf(name)).toBe("pending");
  replica.checkpoint();
  replica.receive({ to: 3, head: 4, upToDate: false });
  expect(replica.stateOf(name)).toBe("pending");
  const { changed } = replica.receive({ to: 4, entries: [entryOf("else", 4, "theirs")] });
  expect([name, blind].map((one) => replica.stateOf(one))).toEqual(["hidden", "pending"]);
  expect(new Set(changed)).toEqual(new Set([key("k"), key("else")]));
  expect(replica.value("k")).toBeUndefined();
  const next = replica.commitOn(["k"], set("k", "anew")).name;
  replica.receive({ to: 5, entries: [entryOf("else", 5, "again")] });
  expect(replica.stateOf(next)).toBe("pending");
});
