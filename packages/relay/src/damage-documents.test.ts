/**
 * Rows of documents that cannot be read: the rest of each document, and all else, is served, and the owner is
 * told of each once.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { wholeBucket, type KvError } from "@rockpool/model";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { commitOf, key, remove, turnOf } from "./commit-fixture.ts";
import { Author, merge, ReplicaView, textOf } from "./document-fixture.ts";
import { accepted, readAll, ruleOn } from "./engine-fixture.ts";
import type { Engine } from "./engine.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";

let folder = "";
let files = 0;
let told: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  told = [];
});

const onDamage = ({ code, message }: KvError): void => void told.push(`${code}: ${message}`);

/** A file with the text "abc" under "k" and "xyz" under "j", a letter a commit, in which SQL then changes a row. */
const damaged = async (sql: string, letters = 3): Promise<Engine> => {
  const file = join(folder, `${++files}.sqlite`);
  {
    await using engine = await openSqliteEngine(file);
    await engine.openBucket("b");
    const [ann, bob] = [new Author("a"), new Author("b")];
    const typed = Array.from({ length: letters }, (_, index) => ann.typing("k", "abc".charAt(index % 3)));
    await engine.rule("b", turnOf(...typed, ...[..."xyz"].map((letter) => bob.typing("j", letter))));
  }
  {
    using database = new DatabaseSync(file);
    expect(database.prepare(sql).run().changes).toBe(1);
  }
  const engine = await openSqliteEngine(file, { onDamage });
  await engine.openBucket("b");
  return engine;
};

const pageOf = (engine: Engine) =>
  engine.readPage("b", { scope: wholeBucket, after: "" as never, entriesMax: 100, bytesMax: 1e6 });

test.each([
  ["update", "UPDATE updates SET data = 'x' WHERE revision = 3"],
  ["mark of a base", "UPDATE updates SET is_base = 'x' WHERE revision = 3"],
])("an %s that cannot be read is left out of its document, and the rest is served", async (_, sql) => {
  await using engine = await damaged(sql);
  for (const { entries } of [await readAll(engine), await pageOf(engine)]) {
    const view = new ReplicaView().takeEntries(entries);
    expect([view.text("k"), view.text("j")]).toEqual(["ab", "xyz"]);
  }
  expect(told).toEqual([
    expect.stringMatching(/^damaged: .* table updates .*\["k"\] at the revision 3: an update/),
  ]);
  expect(await ruleOn(engine, commitOf("c", 1, [remove("k")], { atMs: 1 }))).toMatchObject([
    { ruling: accepted },
  ]);
});

test("a document of which an update cannot be read is not compacted", async () => {
  await using engine = await damaged("UPDATE updates SET data = 'x' WHERE revision = 3", 250);
  expect(await engine.compact("b")).toMatchObject({ fault: { code: "damaged" } });
  expect(await engine.compact("b")).toEqual({ isCompacted: false, isDone: true });
  expect((await engine.readEntry("b", key("k"))).updates).toHaveLength(249);
});

test.each([
  ["state vector", "UPDATE entries SET data = 'x' WHERE key = x'026b00'"],
  ["incarnation", "UPDATE entries SET incarnation = NULL WHERE key = x'026b00'"],
])(
  "a document whose %s cannot be read is a value that nobody can decode, until it is written",
  async (_, sql) => {
    await using engine = await damaged(sql);
    for (const { entries } of [await readAll(engine), await pageOf(engine)]) {
      const entry = entries.find(({ key: at }) => at === key("k"));
      expect(entry).toMatchObject({
        value: { encoding: "json", data: "unreadable at the relay" },
        revision: 3,
      });
      expect(new ReplicaView().takeEntries(entries).text("j")).toBe("xyz");
    }
    const zoe = new Author("z");
    const update = zoe.update("new");
    expect(await ruleOn(engine, commitOf("z", 1, [merge("k", update, 0)]))).toMatchObject([
      { ruling: { reason: { type: "type" } } },
    ]);
    await ruleOn(
      engine,
      commitOf("z", 2, [remove("k")], { atMs: 1 }),
      zoe.commit([merge("k", update)], { atMs: 2 }),
    );
    await ruleOn(engine, commitOf("z", 3, [merge("k", update)], { atMs: 2 }));
    const { updates } = await engine.readEntry("b", key("k"));
    expect(textOf(updates.map((each) => each.update))).toBe("new");
    expect(told).toHaveLength(1);
  },
);
