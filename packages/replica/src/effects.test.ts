/**
 * A key that ends with its commit's versionstamp is the same to whoever looks at the row: the view,
 * the list of changed keys, pages, and a host that starts from them.
 */
import { describe, expect, test } from "vitest";
import {
  commitVersionstamp,
  type Mutation,
  packKey,
  packKeyToSet,
  type Versionstamp,
  wholeRange,
} from "@rockpool/model";
import { set, text } from "./commit-fixture.ts";
import { listEntries } from "./list.ts";
import { TestReplica } from "./replica-fixture.ts";

const push = (name: string, value: string): Mutation => ({
  type: "set",
  key: packKeyToSet([name, commitVersionstamp]),
  value: text(value),
});

const contentsOf = ({ state, pages }: TestReplica): unknown[] =>
  listEntries(state, pages, wholeRange, 100, false, () => true).map(({ key, view }) => [key, view.value]);

const entry = (name: string, versionstamp: Versionstamp, value: string): unknown => [
  packKey([name, versionstamp]),
  text(value),
];

describe("a key that ends with its commit's versionstamp", () => {
  test("differs for each member of a group, and is told as changed", () => {
    const replica = new TestReplica();
    const [first, second] = replica
      .group(
        { checks: [], mutations: [push("log", "one"), set("k", "v")] },
        { checks: [], mutations: [push("log", "two")] },
      )
      .map(({ versionstamp }) => versionstamp) as [Versionstamp, Versionstamp];
    expect(contentsOf(replica)).toEqual([
      [packKey(["k"]), text("v")],
      entry("log", first, "one"),
      entry("log", second, "two"),
    ]);
    const row = replica.rows.at(-1);
    expect(row?.type === "commit" && replica.restarted().append({ ...row }).changed).toHaveLength(3);
  });

  test("stands in a page as it stood in the log", () => {
    const replica = new TestReplica();
    const { versionstamp } = replica.commit(push("log", "one"));
    replica.commit(push("log", "two"));
    const before = contentsOf(replica);
    expect(replica.checkpoint()).toBe(true);
    expect(contentsOf(replica)).toEqual(before);
    expect(contentsOf(replica.restarted())[0]).toEqual(entry("log", versionstamp, "one"));
  });

  test("counts as a key of its own for the size of a checkpoint", () => {
    const replica = new TestReplica();
    for (let count = 0; count < 40; count++) replica.commit(push("log", "value"));
    expect(replica.checkpoint({ pageEntries: 4, pagesMax: 3 })).toBe(true);
    // Three pages of four entries, one page they go into, and the row that was one too many.
    expect(replica.rows.filter(({ type }) => type === "commit").length).toBeGreaterThan(20);
  });

  test("is one key for two sets under the same parts in one commit: the last stands", () => {
    const replica = new TestReplica();
    const { versionstamp } = replica.commit(push("log", "one"), push("log", "two"));
    expect(contentsOf(replica)).toEqual([entry("log", versionstamp, "two")]);
  });

  test("cannot be had where a relay rules, and nothing of its commit is written", () => {
    const replica = TestReplica.synced();
    const rows = replica.rows.length;
    expect(replica.commit(set("k", "v"), push("log", "one")).outcome).toEqual({ type: "versionstamped" });
    expect(replica.rows).toHaveLength(rows);
  });
});
