/**
 * Yesterday's copy put back, by the commands: replicas see what was lost, and nothing is destroyed.
 */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commitOf, key, set, turnOf } from "./commit-fixture.ts";
import { Author, merge, textOf } from "./document-fixture.ts";
import { entriesOf, ruleOn } from "./engine-fixture.ts";
import { openRelay } from "./relay-fixture.ts";
import { backUpFile, restoreFile } from "./sqlite-backup.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

let folder = "";
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-"));
});
afterAll(() => rm(folder, { recursive: true }));

const freshFile = (): string => join(folder, `${++files}.sqlite`);

/** Starts a relay on a file, and commits one set of the key; says which epoch and head that made. */
const commitAt = async (file: string, n: number, name: string): Promise<readonly [string, number]> => {
  await using relay = await openRelay({ engine: await openSqliteEngine(file) });
  const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r"));
  socket.send({ type: "push", commits: [commitOf("a", n, [set(name, "x")])] });
  const [result] = (await socket.next("ruled")).results;
  return [welcome.epoch, result?.revision ?? 0];
};

test("put back by the command, a hello from the lost stretch is told what the relay still has", async () => {
  const [file, backup] = [freshFile(), freshFile()];
  const [epoch] = await commitAt(file, 1, "kept");
  backUpFile(file, backup);
  const [lostEpoch, lostHead] = await commitAt(file, 2, "lost");
  restoreFile(backup, file);
  await using relay = await openRelay({ engine: await openSqliteEngine(file) });
  const welcomeAt = async (at: string, cursor: number) =>
    (await TestSocket.join(relay.url, helloOf("r", { epoch: at, cursor }))).welcome;
  expect(await welcomeAt(epoch, 1)).toMatchObject({ valid: true, shared: 1, head: 1 });
  expect(await welcomeAt(epoch, 2)).toMatchObject({ valid: false, shared: 1 });
  // It began after the copy was made: nobody can say what of it the relay has.
  expect(await welcomeAt(lostEpoch, lostHead)).toMatchObject({ valid: false, shared: 0 });
});

test("copied by hand while the relay was down, it is the same", async () => {
  const [file, backup] = [freshFile(), freshFile()];
  const [epoch] = await commitAt(file, 1, "kept");
  await copyFile(file, backup);
  await commitAt(file, 2, "lost");
  await using relay = await openRelay({ engine: await openSqliteEngine(backup) });
  const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r", { epoch, cursor: 2 }));
  expect(welcome).toMatchObject({ valid: false, shared: 1, head: 1 });
  // Its own commit of the lost stretch is new to this history, under its old name.
  socket.send({ type: "push", commits: [commitOf("a", 2, [set("lost", "x")])] });
  expect((await socket.next("ruled")).results).toMatchObject([{ revision: 2, ruling: { type: "accepted" } }]);
});

test("a copy is made while the relay writes, and is whole", async () => {
  const [file, backup] = [freshFile(), freshFile()];
  await using engine = await openSqliteEngine(file);
  await engine.openBucket("b");
  await ruleOn(engine, commitOf("a", 1, [set("j", "x"), set("k", "x")]));
  backUpFile(file, backup);
  await ruleOn(engine, commitOf("a", 2, [set("later", "x")]));
  await using copy = await openSqliteEngine(backup);
  await copy.openBucket("b");
  expect((await entriesOf(copy)).map(([packed]) => packed)).toEqual([key("j"), key("k")]);
  expect(() => backUpFile(file, backup)).toThrow(/exists/);
});

test("a copy holds documents whole, those compacted and what was merged since, and takes more", async () => {
  const [file, backup] = [freshFile(), freshFile()];
  const ann = new Author("ann");
  {
    await using engine = await openSqliteEngine(file);
    await engine.openBucket("b");
    await engine.rule("b", turnOf(...Array.from({ length: 250 }, () => ann.typing("k", "x"))));
    expect(await engine.compact("b")).toMatchObject({ isCompacted: true });
    await ruleOn(engine, ann.commit([merge("k", ann.update("y")), merge("k", ann.update("z"))]));
    backUpFile(file, backup);
    await ruleOn(engine, ann.typing("k", " lost"));
  }
  restoreFile(backup, file);
  await using engine = await openSqliteEngine(file);
  await engine.openBucket("b");
  const { updates } = await engine.readEntry("b", key("k"));
  expect(updates).toHaveLength(3);
  expect(textOf(updates.map(({ update }) => update))).toBe(`${"x".repeat(250)}yz`);
  // What builds on the lost stretch has to come again first.
  const next = ann.update("!");
  expect(await ruleOn(engine, ann.commit([merge("k", next)]))).toMatchObject([
    { ruling: { reason: { type: "missing" } } },
  ]);
});

test("nothing is put back while a relay runs on the file, and nothing is changed", async () => {
  const [file, backup] = [freshFile(), freshFile()];
  await using engine = await openSqliteEngine(file);
  await engine.openBucket("b");
  backUpFile(file, backup);
  await ruleOn(engine, commitOf("a", 1, [set("k", "x")]));
  expect(() => restoreFile(backup, file)).toThrow(expect.objectContaining({ code: "unavailable" }));
  await ruleOn(engine, commitOf("a", 2, [set("j", "x")]));
  expect(await entriesOf(engine)).toHaveLength(2);
});

test("what was in place is kept beside, also when it can no longer be read", async () => {
  const [file, backup] = [freshFile(), freshFile()];
  await commitAt(file, 1, "kept");
  backUpFile(file, backup);
  await writeFile(file, "not a database any more");
  restoreFile(backup, file);
  expect(await readFile(`${file}.replaced`, "utf8")).toContain("not a database");
  const [, head] = await commitAt(file, 2, "new");
  expect(head).toBe(2);
});

test("what is no copy of a relay's file is refused, and nothing is changed", async () => {
  const [file, other] = [freshFile(), freshFile()];
  await commitAt(file, 1, "kept");
  await writeFile(other, "something else");
  expect(() => restoreFile(other, file)).toThrow(expect.objectContaining({ code: "damaged" }));
  expect(() => restoreFile(freshFile(), file)).toThrow(expect.objectContaining({ code: "damaged" }));
  const newer = freshFile();
  const database = new DatabaseSync(newer);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => restoreFile(newer, file)).toThrow(expect.objectContaining({ code: "newer-format" }));
  await using engine = await openSqliteEngine(file);
  expect((await engine.openBucket("b")).head).toBe(1);
});
