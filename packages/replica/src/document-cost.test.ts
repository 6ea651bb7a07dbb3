/**
 * What a merge costs does not depend on what the document holds already: nothing copies its bytes. Copies are
 * counted, for time tells little.
 */
import { assert } from "@rockpool/model";
import { expect, onTestFinished, test, vi } from "vitest";
import { documentOf, entryOf, growthOf, key, merge, readable } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";

/** Counts from now on how often the bytes of the document in the page are copied. */
const countCopies = (replica: TestReplica): (() => number) => {
  const value = replica.pages.entry(key("d"))?.value;
  assert(value?.encoding === "document", "a document is in the page");
  const { data } = value;
  const copies = vi.spyOn(Uint8Array.prototype, "set");
  onTestFinished(() => copies.mockRestore());
  return () => copies.mock.calls.filter(([source]) => source === data).length;
};

test("merges in a bucket without a relay copy nothing of the document that stands", () => {
  const replica = new TestReplica();
  replica.commit(merge("d", "large"));
  replica.checkpoint();
  const copies = countCopies(replica);
  replica.commit(merge("d", "a"), merge("d", "b"));
  replica.commit(merge("d", "c"));
  expect(copies()).toBe(0);
  expect(readable(replica.view("d").value)).toEqual([expect.any(Number), "large", "a", "b", "c"]);
  expect(copies()).toBe(1);
});

test("merges that wait, are confirmed and come from others copy nothing of the document that stands", () => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "large"))] });
  replica.checkpoint();
  const copies = countCopies(replica);
  const { name } = replica.commit(merge("d", "a"));
  replica.commit(merge("d", "b"));
  replica.receive({ to: 2, entries: [growthOf("d", 2, 0, "theirs")] });
  replica.receive({ to: 3, entries: [growthOf("d", 3, 0, "a")], results: [replica.result(name, 3)] });
  expect(copies()).toBe(0);
  expect(readable(replica.view("d").value)).toEqual([0, "large", "theirs", "a", "b"]);
  expect(copies()).toBe(1);
});

test("what others add to a document copies none of the merges that wait on it", () => {
  const replica = TestReplica.synced();
  replica.receive({ to: 1, entries: [entryOf("d", 1, documentOf(0, "large"))] });
  const waiting = Array.from({ length: 100 }, (_, index) => merge("d", `edit ${index}`));
  for (const mutation of waiting) replica.commit(mutation);
  const updates = new Set(
    waiting.map((mutation) => (mutation.type === "merge" ? mutation.update : undefined)),
  );
  const copies = vi.spyOn(Uint8Array.prototype, "set");
  onTestFinished(() => copies.mockRestore());
  const copied = (): number =>
    copies.mock.calls.filter(([source]) => updates.has(source as Uint8Array<ArrayBuffer>)).length;
  for (const revision of [2, 3, 4]) {
    replica.receive({ to: revision, entries: [growthOf("d", revision, 0, `theirs ${revision}`)] });
  }
  expect(copied()).toBe(0);
  expect(readable(replica.view("d").value)).toHaveLength(105);
  expect(copied()).toBe(100);
});
