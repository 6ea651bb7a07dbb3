/**
 * Files of older formats: they are brought to this one when they are opened, and everything in them counts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hostMs, retentionMs } from "@rockpool/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as Y from "yjs";
import { commitOf, key, number, set, sum, testNowMs, text } from "./commit-fixture.ts";
import { Author, merge, textOf } from "./document-fixture.ts";
import { readAll, ruleOn, sweepAt } from "./engine-fixture.ts";
import { isValidCursor } from "./epoch-history.ts";
import { fileOfFormat1 } from "./format-1-fixture.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";
import { formatVersion } from "./sqlite-schema.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A fresh file of format 1. */
const writeFormat1 = (name: string): string => {
  const file = join(folder, name);
  const database = new DatabaseSync(file);
  database.exec(fileOfFormat1);
  database.close();
  return file;
};

test("a file of format 1 is brought to this format, whole", async () => {
  const file = writeFormat1("whole.sqlite");
  await using engine = await openSqliteEngine(file);
  const state = await engine.openBucket("b");
  expect(state).toMatchObject({
    head: 3,
    floor: 0,
    epochs: [{ epoch: "first-epoch" }, { firstRevision: 4 }],
  });
  expect(isValidCursor(state, "first-epoch", 3)).toBe(true);
  expect((await readAll(engine)).entries).toEqual([
    { key: key("k"), value: text("x"), revision: 1 },
    { key: key("n"), value: number(2n), expireAt: testNowMs + 1000, revision: 1 },
    { key: key("gone"), revision: 2 },
    { key: key("total"), value: number(3n), revision: 3 },
  ]);
  const again = await ruleOn(
    engine,
    commitOf("a", 2, []),
    commitOf("c", 7, [sum("total", 3n)], { tag: "c-7" }),
  );
  expect(again).toMatchObject([{ isNew: false }, { isNew: false, ruling: { type: "accepted" } }]);
});

test("what it holds expires and is forgotten like what is written now", async () => {
  const file = writeFormat1("swept.sqlite");
  await using engine = await openSqliteEngine(file);
  await engine.openBucket("b");
  expect(await engine.sweep("b", sweepAt(1000))).toMatchObject({
    to: 4,
    floor: 0,
    changed: [{ key: key("n") }],
  });
  expect(await engine.sweep("b", sweepAt(retentionMs + 6))).toMatchObject({ floor: 2 });
  await engine.sweep("b", sweepAt(hostMs));
  expect(await ruleOn(engine, commitOf("c", 7, []))).toMatchObject([{ isNew: false }]);
  await engine.sweep("b", sweepAt(hostMs + 1));
  expect(await ruleOn(engine, commitOf("c", 7, []))).toMatchObject([{ isNew: true }]);
});

test("documents are made in it, and are there when it is opened again", async () => {
  const file = writeFormat1("documents.sqlite");
  const ann = new Author("ann");
  for (const letter of "xy") {
    await using engine = await openSqliteEngine(file);
    await engine.openBucket("b");
    const onTombstone = await ruleOn(engine, ann.commit([merge("gone", ann.update(letter))], { atMs: 9 }));
    expect(onTombstone).toMatchObject([{ ruling: { type: "accepted", superseded: [] } }]);
  }
  await using engine = await openSqliteEngine(file);
  await engine.openBucket("b");
  const { entry, updates } = await engine.readEntry("b", key("gone"));
  expect(entry).toMatchObject({ revision: 5, document: { incarnation: 2, rows: 2 } });
  expect(textOf(updates.map(({ update }) => update))).toBe("xy");
});

test("documents of format 4 are read, and what they are given is counted", async () => {
  const file = join(folder, "format-4.sqlite");
  const ann = new Author("ann");
  for (const count of [0, 1]) {
    await using engine = await openSqliteEngine(file);
    await engine.openBucket("b");
    await ruleOn(
      engine,
      ann.commit([
        merge(
          "k",
          ann.edit((doc) => doc.getArray().push([new Y.Doc()])),
        ),
      ]),
    );
    const { entry } = await engine.readEntry("b", key("k"));
    expect(entry?.document).toMatchObject({ rows: count + 1, subdocuments: 1 });
    await engine.close();
    const database = new DatabaseSync(file);
    database.exec("ALTER TABLE entries DROP COLUMN subdocuments; PRAGMA user_version = 4");
    database.close();
  }
});

test("a file is brought to a new format once, and all at once", async () => {
  const file = writeFormat1("once.sqlite");
  const saboteur = new DatabaseSync(file);
  saboteur.exec("CREATE INDEX hosts_by_age ON results (bucket)");
  await expect(openSqliteEngine(file)).rejects.toMatchObject({ code: "unavailable" });
  expect(saboteur.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
  saboteur.exec("DROP INDEX hosts_by_age");
  saboteur.close();
  for (const n of [1, 2]) {
    await using engine = await openSqliteEngine(file);
    await engine.openBucket("b");
    expect(await ruleOn(engine, commitOf("new", n, [set("k", "y")]))).toMatchObject([{ isNew: true }]);
  }
  const reader = new DatabaseSync(file);
  expect(reader.prepare("PRAGMA user_version").get()).toEqual({ user_version: formatVersion });
  reader.close();
});
