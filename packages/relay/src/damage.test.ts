/**
 * Rows of the relay's file that cannot be read, damaged by hand with node:sqlite: all else is served, the owner
 * is told of each once, and what devices see instead is defined.
 */
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeValue, type Value, wholeBucket } from "@rockpool/model";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { check, commitOf, key, number, set, sum, testNowMs, text } from "./commit-fixture.ts";
import { accepted, entriesOf, readAll, ruleOn, sweepAt, unknown } from "./engine-fixture.ts";
import type { Engine } from "./engine.ts";
import { openRelay } from "./relay-fixture.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

let folder = "";
let files = 0;
let file = "";
let told: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rockpool-"));
});
afterAll(() => rm(folder, { recursive: true }));

const openEngine = (): Promise<Engine> =>
  openSqliteEngine(file, { onDamage: ({ code, message }) => void told.push(`${code}: ${message}`) });

const first = commitOf("a", 1, [set("j", "1")]);
const second = commitOf("a", 2, [set("k", "2", testNowMs + 1000), sum("n", 7n)]);
const third = commitOf("a", 3, [set("l", "3")]);

/** Runs SQL on a file in which three commits were ruled, and opens it again. */
const damaged = async (sql: string): Promise<Engine> => {
  {
    await using engine = await openEngine();
    for (const bucket of ["b", "other"]) await engine.openBucket(bucket);
    await ruleOn(engine, first);
    await ruleOn(engine, second);
    await ruleOn(engine, third);
  }
  {
    using database = new DatabaseSync(file);
    const { changes } = database.prepare(sql).run();
    expect(changes).toBe(1);
  }
  const engine = await openEngine();
  await engine.openBucket("b");
  return engine;
};

const pageOf = (engine: Engine) =>
  engine.readPage("b", { scope: wholeBucket, after: "" as never, entriesMax: 100, bytesMax: 1e6 });

const isReadable = (value: Value | undefined): boolean => {
  try {
    if (value?.encoding === "json") decodeValue(value);
    return true;
  } catch {
    return false;
  }
};

beforeEach(() => {
  file = join(folder, `${++files}.sqlite`);
  told = [];
});

const atK = "WHERE key = x'026b00'";
const atN = "WHERE key = x'026e00'";

describe("an entry whose value cannot be read", () => {
  test.each([
    ["of an unknown encoding", `UPDATE entries SET encoding = 'jsom' ${atK}`, "k"],
    ["without an encoding", `UPDATE entries SET encoding = NULL ${atK}`, "k"],
    ["that is gone with it", `UPDATE entries SET encoding = NULL, data = NULL ${atK}`, "k"],
    ["that is gone", `UPDATE entries SET data = NULL ${atK}`, "k"],
    ["of bytes instead of text", `UPDATE entries SET data = x'00ff' ${atK}`, "k"],
    ["of half a code unit", `UPDATE entries SET encoding = 'json16', data = x'00' ${atK}`, "k"],
    ["that is no number", `UPDATE entries SET data = '7x' ${atN}`, "n"],
    ["that is too large a number", `UPDATE entries SET data = '18446744073709551616' ${atN}`, "n"],
  ])(
    "%s stands at its revision with one that nobody can decode, until it is written",
    async (_, sql, name) => {
      await using engine = await damaged(sql);
      for (const { entries } of [await readAll(engine), await pageOf(engine)]) {
        const revisions = entries.map((entry) => [entry.key, entry.revision, isReadable(entry.value)]);
        expect(revisions.toSorted()).toEqual([
          [key("j"), 1, true],
          [key("k"), 2, name !== "k"],
          [key("l"), 3, true],
          [key("n"), 2, name !== "n"],
        ]);
      }
      expect(told).toEqual([
        expect.stringMatching(
          new RegExp(`^damaged: In the bucket "b" .* entries .*\\["${name}"\\]: its value: .*restore`),
        ),
      ]);
      // Nobody knows what a sum would add to.
      const answers = await ruleOn(
        engine,
        commitOf("b", 1, [sum(name, 1n)]),
        commitOf("b", 2, [set(name, "new")]),
      );
      expect(answers.map(({ ruling }) => ruling.type)).toEqual(["rejected", "accepted"]);
      expect(await entriesOf(engine)).toContainEqual([key(name), text("new"), 5]);
      expect(told).toHaveLength(1);
    },
  );
});

test.each([
  ["stamp", "UPDATE entries SET stamp = 'x'"],
  ["holder", "UPDATE entries SET stamp_holder = x'00'"],
  ["stamp of its set", "UPDATE entries SET set_stamp = 7"],
  ["writer", "UPDATE entries SET writer_host = '-'"],
  ["writer's number", "UPDATE entries SET writer_n = 'x'"],
])("an entry whose %s cannot be read keeps its value, and yields to any later write", async (_, sql) => {
  await using engine = await damaged(`${sql} ${atK}`);
  expect(await entriesOf(engine)).toContainEqual([key("k"), text("2"), 2]);
  expect(told).toEqual([expect.stringContaining('["k"]: who wrote it when: any later write replaces it')]);
  const late = commitOf("b", 1, [set("k", "older")], { atMs: -1000 });
  expect(await ruleOn(engine, late)).toMatchObject([{ ruling: accepted }]);
  expect(await entriesOf(engine)).toContainEqual([key("k"), text("older"), 4]);
});

test("an entry whose end cannot be read stays", async () => {
  await using engine = await damaged(`UPDATE entries SET expire_at = 'x' ${atK}`);
  expect((await readAll(engine)).entries.find((entry) => entry.key === key("k"))).toEqual({
    key: key("k"),
    value: text("2"),
    revision: 2,
  });
  expect(told).toEqual([expect.stringContaining("when it ends: it stays")]);
});

test.each([
  ["key", `UPDATE entries SET key = x'ffff' ${atK}`, "0xffff"],
  ["revision", `UPDATE entries SET revision = 'x' ${atK}`, "0x026b00"],
])("an entry whose %s cannot be read is left out, and counts for nothing", async (_, sql, row) => {
  await using engine = await damaged(sql);
  const rest = [
    [key("j"), text("1"), 1],
    [key("n"), number(7n), 2],
    [key("l"), text("3"), 3],
  ];
  expect(await entriesOf(engine)).toEqual(rest);
  expect((await pageOf(engine)).entries).toHaveLength(3);
  expect(await engine.sweep("b", sweepAt(2000))).toMatchObject({ changed: [], isDone: true, to: 3 });
  expect(told).toEqual([expect.stringContaining(`of the key ${row}`)]);
  const anew = commitOf("b", 1, [set("k", "new")], { checks: [check("k", { type: "absent" })] });
  expect(await ruleOn(engine, anew)).toMatchObject([{ ruling: accepted }]);
  expect(await entriesOf(engine)).toEqual([...rest, [key("k"), text("new"), 4]]);
});

test("results that cannot be read count as no longer kept: their names are unknown, and not run again", async () => {
  await using engine = await damaged("UPDATE results SET results = '[[\"a\"]]' WHERE last_n = 2");
  const { results } = await readAll(engine, "replica-a");
  expect(results.map(({ name }) => name.n)).toEqual([1, 3]);
  expect(told).toEqual([
    expect.stringContaining('"b" a row of the table results cannot be read, of the turn up to revision 2'),
  ]);
  expect(await ruleOn(engine, first, second, third)).toMatchObject([
    { ruling: accepted, isNew: false },
    { ruling: unknown, isNew: false },
    { ruling: accepted, isNew: false },
  ]);
  expect(await entriesOf(engine)).toContainEqual([key("n"), number(7n), 2]);
});

test("a retry's result that cannot be read leaves the commit that it stands for unknown, and not run again", async () => {
  {
    await using engine = await damaged("UPDATE buckets SET floor = 0 WHERE name = 'b'");
    await ruleOn(engine, commitOf("a:5", 1, [sum("n", 1n)], { tag: "a-5" }));
  }
  {
    using database = new DatabaseSync(file);
    expect(database.prepare("UPDATE retried SET result = '[[1]]'").run().changes).toBe(1);
  }
  await using engine = await openEngine();
  await engine.openBucket("b");
  const copy = commitOf("a", 5, [sum("n", 1n)], { tag: "a-5" });
  expect(await ruleOn(engine, copy)).toMatchObject([{ ruling: unknown, isNew: false }]);
  expect(await entriesOf(engine)).toContainEqual([key("n"), number(8n), 4]);
  // One between, of which nothing was ruled, is new.
  expect(await ruleOn(engine, commitOf("a", 4, [sum("n", 1n)]))).toMatchObject([{ ruling: accepted }]);
  expect(told).toEqual([expect.stringContaining("table retried cannot be read, of the commit a.5")]);
});

test.each([
  ["whose head cannot be read", "UPDATE buckets SET head = 'x' WHERE name = 'b'"],
  [
    "of whose epochs one cannot be read",
    "UPDATE epochs SET first_revision = 'x' WHERE bucket = 1 AND place = 0",
  ],
])("a bucket %s is not served, another one is", async (_, sql) => {
  await expect(damaged(sql)).rejects.toMatchObject({
    code: "damaged",
    message: expect.stringMatching(/^The bucket "b" cannot be served, .*"rockpool-relay restore"/),
  });
  await using engine = await openEngine();
  expect(await engine.openBucket("other")).toMatchObject({ head: 0 });
});

test("pages that SQLite cannot read are told with the bucket and the remedy", async () => {
  {
    await using engine = await openEngine();
    await engine.openBucket("b");
    const commits = Array.from({ length: 200 }, (_, n) =>
      commitOf("a", n + 1, [set(`k${n}`, "x".repeat(900))]),
    );
    await ruleOn(engine, ...commits);
  }
  const { size } = await stat(file);
  const handle = await open(file, "r+");
  // All but the schema and the roots of the tables.
  for (let at = 16 * 4096; at < size; at += 4096) await handle.write(Buffer.alloc(4096, 0xa5), 0, 4096, at);
  await handle.close();
  await using engine = await openEngine();
  const failed = engine.openBucket("b").then(() => readAll(engine));
  await expect(failed).rejects.toMatchObject({ code: "damaged", message: /"b".*malformed.*restore/ });
});

test("a device is served all but the damaged row, and others go on", async () => {
  const engine = await damaged(`UPDATE entries SET encoding = 'jsom' ${atK}`);
  const errors: unknown[] = [];
  await using relay = await openRelay({ engine, onError: (error) => errors.push(error) });
  const { socket: live } = await TestSocket.join(relay.url, helloOf("live"));
  expect((await live.next("patch")).patch.entries).toHaveLength(4);
  const { socket } = await TestSocket.join(relay.url, helloOf("r"));
  const { patch } = await socket.next("patch");
  expect(patch.entries).toContainEqual({
    key: key("k"),
    value: { encoding: "json", data: "unreadable at the relay" },
    expireAt: testNowMs + 1000,
    revision: 2,
  });
  live.send({ type: "push", commits: [commitOf("c", 1, [set("k", "sound")])] });
  expect((await socket.next("patch")).patch.entries).toEqual([
    { key: key("k"), value: text("sound"), revision: 4 },
  ]);
  expect(errors).toEqual([]);
  expect(told).toHaveLength(1);
});
