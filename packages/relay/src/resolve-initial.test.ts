/**
 * What a device wrote before it had a relay: it counts only where the relay never had anything.
 */
import { expect, test } from "vitest";
import { commitOf, key, remove, set, sum, testNowMs, text } from "./commit-fixture.ts";
import { createBucket, dayMs } from "./resolve-fixture.ts";
import type { Mutation } from "@rockpool/model";

const initial = (name: string, data: string): Mutation => ({
  type: "set",
  key: key(name),
  value: text(data),
  initial: true,
});
const accepted = { type: "accepted", superseded: [] };

test("an initial set is taken where there is nothing, several in one commit", () => {
  const bucket = createBucket();
  expect(bucket.rule(commitOf("a", 1, [initial("j", "mine"), initial("k", "mine")])).ruling).toEqual(
    accepted,
  );
  expect([bucket.value("j"), bucket.value("k")]).toEqual([text("mine"), text("mine")]);
  expect(bucket.entry("j")).not.toHaveProperty("initial");
});

test.each([
  ["an entry", set("k", "theirs")],
  ["a sum", sum("k", 1n)],
  ["a tombstone", remove("k")],
  ["an entry that has expired", set("k", "theirs", testNowMs - 1)],
])("an initial set loses to %s, however much later its own stamp is, and the rest stands", (_, before) => {
  const bucket = createBucket();
  bucket.rule(commitOf("b", 3, [before], { atMs: -dayMs }));
  const standing = bucket.entry("k");
  const { ruling } = bucket.rule(commitOf("a", 1, [initial("k", "mine"), initial("j", "mine")], { atMs: 9 }));
  expect(ruling).toEqual({ type: "accepted", superseded: [{ mutation: 0, winner: { host: "b", n: 3 } }] });
  expect(bucket.entry("k")).toBe(standing);
  expect(bucket.value("j")).toEqual(text("mine"));
});

test("an initial set loses to its own replica's earlier commit too", () => {
  const bucket = createBucket();
  bucket.rule(commitOf("a", 1, [set("k", "first")]));
  expect(bucket.rule(commitOf("a", 2, [initial("k", "again")])).ruling).toMatchObject({
    superseded: [{ mutation: 0, winner: { host: "a", n: 1 } }],
  });
});

test("a later write wins over what was initial, by its stamp", () => {
  const bucket = createBucket();
  bucket.rule(commitOf("a", 1, [initial("k", "mine")], { atMs: 5 }));
  expect(bucket.rule(commitOf("b", 1, [set("k", "early")], { atMs: 4 })).ruling).not.toEqual(accepted);
  expect(bucket.rule(commitOf("b", 2, [set("k", "late")], { atMs: 6 })).ruling).toEqual(accepted);
});
