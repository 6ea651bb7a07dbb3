/**
 * The size of a bucket is exact at every moment: what the pages held, and what the tail and the
 * pending commits make of it, is what a listing of everything comes to.
 */
import { entryBytes, wholeRange } from "@rockpool/model";
import { expect, test } from "vitest";
import { entryOf, number, remove, set, sum } from "./commit-fixture.ts";
import { listEntries } from "./list.ts";
import { TestReplica } from "./replica-fixture.ts";
import { memoryKeys, sizeChange } from "./size.ts";

const sizeOf = ({ state, pages }: TestReplica) => {
  const change = sizeChange(state, pages, memoryKeys(state));
  return { entries: state.stored.entries + change.entries, bytes: state.stored.bytes + change.bytes };
};

const listedSize = ({ state, pages }: TestReplica) => {
  const listed = listEntries(state, pages, wholeRange, 1e6, false, ({ value }) => value !== undefined);
  const bytes = listed.reduce(
    (total, { key, view: { value } }) => total + (value === undefined ? 0 : entryBytes({ key, value })),
    0,
  );
  return { entries: listed.length, bytes };
};

test("counts what was set, overwritten, deleted and summed before and after a checkpoint", () => {
  const replica = new TestReplica();
  expect(sizeOf(replica)).toEqual({ entries: 0, bytes: 0 });
  replica.commit(set("a", "1"), set("b", "22"), set("c", "333"), set("n", number(1n)));
  expect(sizeOf(replica)).toEqual(listedSize(replica));
  replica.checkpoint({ pageEntries: 2 });
  expect(sizeOf(replica)).toEqual(listedSize(replica));
  replica.commit(set("b", "longer than before"), remove("c"), remove("never"), set("d", "4"), sum("n", 5n));
  expect(sizeOf(replica)).toEqual(listedSize(replica));
  expect(sizeOf(replica).entries).toBe(4);
  replica.checkpoint({ pageEntries: 2 });
  expect(sizeOf(replica)).toEqual(listedSize(replica));
});

test("counts what is pending as it is seen", () => {
  const replica = TestReplica.synced();
  replica.receive({ to: 2, entries: [entryOf("a", 1, "from the relay"), entryOf("b", 2, "too")] });
  replica.checkpoint();
  replica.commit(set("c", "mine"), remove("a"));
  replica.checkpoint();
  replica.commit(set("b", "changed"));
  expect(sizeOf(replica)).toEqual(listedSize(replica));
  expect(sizeOf(replica).entries).toBe(2);
});

test("an entry that has ended counts until it is swept", () => {
  const replica = new TestReplica();
  replica.commit(set("a", "1", replica.nowMs));
  expect(sizeOf(replica).entries).toBe(1);
});
