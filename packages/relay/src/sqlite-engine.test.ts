/**
 * The SQLite engine passes the suite of engines, and its file outlives it: restarts, backups, failures.
 */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { resultMs } from "@rockpool/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commitOf, number, set, sum, turnOf } from "./commit-fixture.ts";
import { describeEngine } from "./engine-suite.ts";
import { isValidCursor } from "./epoch-history.ts";
import { sweepAt } from "./engine-fixture.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";

let folder = "";
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-"));
});
afterAll(() => rm(folder, { recursive: true }));

const freshFile = (): string => join(folder, `${++files}.sqlite`);

describeEngine("sqlite", () => openSqliteEngine(freshFile()));

describe("a file that is opened again", () => {
  test("holds what was there, and begins an epoch after it", async () => {
    const file = freshFile();
    const first = await openSqliteEngine(file);
    const { epoch } = await first.openBucket("b");
    await first.rule("b", turnOf(commitOf("a", 1, [set("k", "x")])));
    await first.close();
    await using second = await openSqliteEngine(file);
    const state = await second.openBucket("b");
    expect(state).toMatchObject({
      head: 1,
      epochs: [
        { epoch, firstRevision: 1 },
        { epoch: state.epoch, firstRevision: 2 },
      ],
    });
    expect(
      (await second.readPatch("b", "replica-a", 0, { entriesMax: 9, bytesMax: 999 })).entries,
    ).toHaveLength(1);
  });

  test("knows the names that were ruled on", async () => {
    const file = freshFile();
    const commit = commitOf("a", 1, [sum("k", 5n)]);
    for (const isNew of [true, false]) {
      await using engine = await openSqliteEngine(file);
      await engine.openBucket("b");
      const { answers } = await engine.rule("b", turnOf(commit));
      expect(answers).toMatchObject([{ isNew, result: { revision: 1, ruling: { type: "accepted" } } }]);
    }
  });

  test("keeps the cursors of its epochs valid", async () => {
    const file = freshFile();
    const first = await openSqliteEngine(file);
    const { epoch } = await first.openBucket("b");
    await first.rule("b", turnOf(commitOf("a", 1, []), commitOf("a", 2, [])));
    await first.close();
    await using second = await openSqliteEngine(file);
    const state = await second.openBucket("b");
    expect([0, 1, 2, 3].map((cursor) => isValidCursor(state, epoch, cursor))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(isValidCursor(state, state.epoch, 2)).toBe(true);
    expect(isValidCursor(state, "another", 1)).toBe(false);
  });

  test("put back from yesterday, tells the cursors that lie past it", async () => {
    const file = freshFile();
    const backup = freshFile();
    const before = await openSqliteEngine(file);
    const { epoch } = await before.openBucket("b");
    await before.rule("b", turnOf(commitOf("a", 1, [set("k", "kept")])));
    await before.close();
    await copyFile(file, backup);

    const lost = await openSqliteEngine(file);
    const { epoch: lostEpoch } = await lost.openBucket("b");
    await lost.rule("b", turnOf(commitOf("a", 2, [set("k", "lost")])));
    await lost.close();

    await using after = await openSqliteEngine(backup);
    await after.openBucket("b");
    await after.rule("b", turnOf(commitOf("c", 1, [set("k", "another")])));
    const state = await after.openBucket("b");
    expect(state.head).toBe(2);
    expect(isValidCursor(state, epoch, 1)).toBe(true);
    expect(isValidCursor(state, epoch, 2)).toBe(false);
    expect(isValidCursor(state, lostEpoch, 1)).toBe(false);
    expect(isValidCursor(state, state.epoch, 2)).toBe(true);
  });

  test("forgets results after 30 days, but never runs a name again", async () => {
    const file = freshFile();
    const [first, last] = [commitOf("a", 1, [sum("k", 5n)]), commitOf("a", 2, [sum("k", 5n)])] as const;
    const retry = commitOf("c:7", 1, [sum("k", 1n)], { tag: "c-7" });
    const before = await openSqliteEngine(file);
    await before.openBucket("b");
    await before.rule("b", turnOf(first, retry));
    await before.rule("b", turnOf(last));
    await before.close();
    await using after = await openSqliteEngine(file);
    await after.openBucket("b");
    await after.sweep("b", sweepAt(resultMs + 1));
    const { answers } = await after.rule("b", turnOf(first, last, retry, commitOf("c", 7, [sum("k", 1n)])));
    expect(answers.map(({ result, isNew }) => [result.ruling.type, isNew])).toEqual([
      ["rejected", false],
      ["rejected", false],
      ["rejected", false],
      ["accepted", false],
    ]);
    const { entries } = await after.readPatch("b", "nobody", 0, { entriesMax: 9, bytesMax: 999 });
    expect(entries).toMatchObject([{ value: number(11n) }]);
  });

  test("of a newer format is refused by name", async () => {
    const file = freshFile();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    await expect(openSqliteEngine(file)).rejects.toMatchObject({ code: "newer-format" });
  });

  test("that cannot be opened is told with its name", async () => {
    const file = join(folder, "missing", "relay.sqlite");
    await expect(openSqliteEngine(file)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(file),
    });
  });
});

describe("a turn that fails half way", () => {
  test("leaves nothing, and the engine goes on", async () => {
    const file = freshFile();
    await using engine = await openSqliteEngine(file);
    await engine.openBucket("b");
    const saboteur = new DatabaseSync(file);
    saboteur.exec(
      "CREATE TRIGGER fail BEFORE INSERT ON results WHEN new.last_n = 2 BEGIN SELECT RAISE(ABORT, 'disk on fire'); END",
    );
    const commits = [commitOf("a", 1, [sum("k", 1n)]), commitOf("a", 2, [sum("k", 1n)])] as const;
    await expect(engine.rule("b", turnOf(...commits))).rejects.toThrow("disk on fire");
    saboteur.exec("DROP TRIGGER fail");
    saboteur.close();
    expect(await engine.openBucket("b")).toMatchObject({ head: 0 });
    const { answers, changed } = await engine.rule("b", turnOf(...commits));
    expect(answers.every(({ isNew }) => isNew)).toBe(true);
    expect(changed).toMatchObject([{ value: number(2n) }]);
  });
});
