/**
 * The log in an SQLite file when something is wrong: files that are no buckets, full disks, files that
 * are destroyed under it. And what it leaves on the disk.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Log } from "@rockpool/log";
import { destroySqliteFile, openSqliteLog, sqliteFileBytes } from "@rockpool/log-sqlite";
import type { KvError } from "@rockpool/model";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { appendOf, checkpointAt, countOf, fill, mustBePlaced, pageOf, versionOf } from "./log/log-bed.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rockpool-log-sqlite-"));
  file = join(folder, "b.sqlite");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Changes the file as another program would, while nobody has it open. */
const change = (sql: string): void => {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
};

const createClosed = async (): Promise<void> => {
  const log = await openSqliteLog(file);
  await fill(log, 3);
  await log.close();
};

/** A log and the connection it is on, to ask and to limit it. */
const openWatched = async (): Promise<{ readonly log: Log; readonly database: DatabaseSync }> => {
  const exec = vi.spyOn(DatabaseSync.prototype, "exec");
  const log = await openSqliteLog(file);
  const database = exec.mock.contexts[0] as DatabaseSync;
  exec.mockRestore();
  return { log, database };
};

const pragma = (database: DatabaseSync, name: string): unknown =>
  database.prepare(`PRAGMA ${name}`).get()?.[name];

/** Gives the file so many pages more, and no more. */
const limit = (database: DatabaseSync, pages: number): void =>
  database.exec(`PRAGMA max_page_count = ${Number(pragma(database, "page_count")) + pages}`);

describe("a file that is no bucket is refused, named, and left as it is", () => {
  test.each([
    ["noise", "corrupt", () => writeFileSync(file, "This is no database. ".repeat(500))],
    ["another program's database", "unavailable", () => change("CREATE TABLE theirs (a)")],
  ])("%s", async (_, code, make) => {
    make();
    const before = readFileSync(file);
    await expect(openSqliteLog(file)).rejects.toMatchObject({ name: "KvError", code });
    await expect(openSqliteLog(file)).rejects.toThrow(file);
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["b.sqlite"]);
  });

  test("a folder", async () => {
    await expect(openSqliteLog(folder)).rejects.toMatchObject({ name: "KvError", code: "unavailable" });
    await expect(openSqliteLog(folder)).rejects.toThrow(folder);
  });

  test("a bucket that a newer Rockpool wrote", async () => {
    await createClosed();
    change("PRAGMA user_version = 2");
    await expect(openSqliteLog(file)).rejects.toMatchObject({ code: "newer-format" });
    await expect(openSqliteLog(file)).rejects.toThrow("format 2, this Rockpool knows formats up to 1");
  });

  test("a bucket whose record is damaged, at the read that meets it", async () => {
    await createClosed();
    change("UPDATE rows SET row = zeroblob(20) WHERE position = 2");
    await using log = await openSqliteLog(file);
    await expect(log.start()).rejects.toMatchObject({ code: "corrupt" });
    await expect(log.start()).rejects.toThrow(`${file} is damaged`);
    expect((await log.read(2, [])).missed.map(countOf)).toEqual([3]);
  });

  test("a bucket whose pages are damaged", async () => {
    await createClosed();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xa5, 4096));
    const log = await openSqliteLog(file);
    await expect(log.start()).rejects.toMatchObject({ code: "corrupt" });
    await log.close();
  });
});

describe("on a full disk", () => {
  test("a row that has no room is refused with quota, and a later one finds the log as it was", async () => {
    const { log, database } = await openWatched();
    const tail = await fill(log, 2);
    limit(database, 2);
    const large = Array.from({ length: 40 }, (_, index) => pageOf(1, `key ${index} ${"x".repeat(1000)}`));
    const putting = log.putPages(large);
    await expect(putting).rejects.toMatchObject({ name: "KvError", code: "quota" });
    await expect(putting).rejects.toThrow(file);
    expect((await log.start()).pageKeys).toEqual([]);
    expect(mustBePlaced(await log.append(tail, appendOf(3)))).toBe(tail + 1);
    limit(database, 1000);
    await log.putPages(large);
    expect((await log.start()).pageKeys).toHaveLength(40);
    await log.close();
  });

  test("a checkpoint that has no room changes nothing", async () => {
    const { log, database } = await openWatched();
    const c = await fill(log, 3);
    const before = await log.start();
    limit(database, 1);
    const putPages = Array.from({ length: 40 }, (_, index) => pageOf(1, `key ${index} ${"x".repeat(1000)}`));
    await expect(log.checkpoint(checkpointAt(0, c, { putPages }))).rejects.toMatchObject({ code: "quota" });
    expect(await log.start()).toEqual(before);
    await log.close();
  });

  test("older versions are given up, and what they took up is there for others", async () => {
    const { log, database } = await openWatched();
    const putVersions = Array.from({ length: 300 }, (_, count) => versionOf(1, "x".repeat(1000), count));
    await log.checkpoint(checkpointAt(0, 0, { putVersions }));
    limit(database, 0);
    const pages = Array.from({ length: 30 }, (_, index) => pageOf(1, `key ${index} ${"x".repeat(1000)}`));
    await expect(log.putPages(pages)).rejects.toMatchObject({ code: "quota" });
    expect(await log.giveUp("versions")).toBe(true);
    await log.putPages(pages);
    await log.close();
  });

  test("the reserve is a file of its own, and giving it up frees its bytes without a write", async () => {
    const { log, database } = await openWatched();
    await log.keepReserve(300_000);
    expect(statSync(`${file}-reserve`).size).toBeGreaterThanOrEqual(300_000);
    expect(sqliteFileBytes(file)).toBeGreaterThan(300_000);
    limit(database, 0);
    expect(await log.giveUp("reserve")).toBe(true);
    expect(readdirSync(folder)).not.toContain("b.sqlite-reserve");
    await log.close();
  });
});

test("a strict row is synchronised to the disk, a relaxed one after it is not", async () => {
  const { log, database } = await openWatched();
  const [normal, full] = [1, 2];
  const first = mustBePlaced(await log.append(0, appendOf(1)));
  expect(pragma(database, "synchronous")).toBe(normal);
  const second = mustBePlaced(await log.append(first, appendOf(2), { durability: "strict" }));
  expect(pragma(database, "synchronous")).toBe(full);
  await log.append(second, appendOf(3));
  expect(pragma(database, "synchronous")).toBe(normal);
  expect(pragma(database, "journal_mode")).toBe("wal");
  await log.close();
});

test("a file that is opened twice at once, when it is new, is shared", async () => {
  const logs = await Promise.all([openSqliteLog(file), openSqliteLog(file)]);
  await fill(logs[0], 2);
  expect((await logs[1].start()).rows.map(countOf)).toEqual([1, 2]);
  await Promise.all(logs.map((log) => log.close()));
});

test("a loop of awaited calls lets timers and sockets go on", async () => {
  await using log = await openSqliteLog(file);
  const timer = new Promise<string>((resolve) => {
    setTimeout(() => resolve("timer"), 1);
  });
  const calls = async (): Promise<string> => {
    for (let count = 0; count < 5000; count++) await log.read(0, []);
    return "calls";
  };
  expect(await Promise.race([timer, calls()])).toBe("timer");
});

test("a file that another has for a moment, as one does that is blocked itself, is tried again", async () => {
  await createClosed();
  const other = new DatabaseSync(file);
  other.exec("BEGIN");
  other.prepare("SELECT * FROM rows").all();
  setTimeout(() => other.close(), 5);
  await using log = await openSqliteLog(file);
  expect((await log.start()).rows).toHaveLength(3);
});

test("a file that the last one closes while another opens it stays open for that one", async () => {
  for (let turns = 0; turns < 8; turns++) {
    for (const isOpenedFirst of [true, false]) {
      const log = await openSqliteLog(file);
      const wait = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await undefined;
      };
      const open = async (): Promise<Log> => (isOpenedFirst || (await wait()), openSqliteLog(file));
      const close = async (): Promise<void> => (isOpenedFirst && (await wait()), log.close());
      const [other] = await Promise.all([open(), close()]);
      await other.start();
      await other.close();
    }
  }
});

describe("a file that is destroyed", () => {
  test("ends every log on it, calls in flight included, and another file may take its place", async () => {
    const ends: KvError[] = [];
    const logs = [
      await openSqliteLog(file, { onEnd: (error) => ends.push(error) }),
      await openSqliteLog(file, { onEnd: (error) => ends.push(error) }),
    ];
    await logs[0]?.append(0, appendOf(1));
    const destroying = destroySqliteFile(file);
    const appending = logs[0]?.append(0, appendOf(2));
    await destroying;
    const destroyed = { name: "KvError", code: "destroyed" };
    await expect(appending).rejects.toMatchObject(destroyed);
    await expect(logs[1]?.start()).rejects.toMatchObject(destroyed);
    expect(ends).toMatchObject([destroyed, destroyed]);
    expect(readdirSync(folder)).toEqual([]);
    await using anew = await openSqliteLog(file);
    await fill(anew, 1);
    for (const log of logs) await log.close();
    expect((await anew.start()).rows.map(countOf)).toEqual([1]);
    expect(readdirSync(folder)).toContain("b.sqlite");
  });

  test("may be a damaged one or a newer Rockpool's, and is not another program's", async () => {
    writeFileSync(file, "This is no database. ".repeat(500));
    await destroySqliteFile(file);
    await createClosed();
    change("PRAGMA user_version = 2");
    await destroySqliteFile(file);
    expect(readdirSync(folder)).toEqual([]);
    change("CREATE TABLE theirs (a)");
    await expect(destroySqliteFile(file)).rejects.toMatchObject({ code: "unavailable" });
    expect(readdirSync(folder)).toEqual(["b.sqlite"]);
  });

  test("twice at once is destroyed once", async () => {
    const ends: KvError[] = [];
    const log = await openSqliteLog(file, { onEnd: (error) => ends.push(error) });
    await Promise.all([destroySqliteFile(file), destroySqliteFile(file)]);
    expect(ends).toHaveLength(1);
    await log.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("by somebody else ends its logs with evicted at the next write, and begins anew", async () => {
    const ends: KvError[] = [];
    const log = await openSqliteLog(file, { onEnd: (error) => ends.push(error) });
    const tail = await fill(log, 1);
    rmSync(file);
    const evicted = { name: "KvError", code: "evicted" };
    await expect(log.append(tail, appendOf(2))).rejects.toMatchObject(evicted);
    await expect(log.start()).rejects.toMatchObject(evicted);
    expect(ends).toMatchObject([evicted]);
    await log.close();
    await using anew = await openSqliteLog(file);
    expect((await anew.start()).rows).toEqual([]);
    expect(mustBePlaced(await anew.append(0, appendOf(1)))).toBe(1);
  });

  test("leaves nothing behind, its reserve included", async () => {
    const log = await openSqliteLog(file);
    await log.keepReserve(1000);
    await log.close();
    expect(readdirSync(folder).toSorted()).toEqual(["b.sqlite", "b.sqlite-reserve"]);
    await destroySqliteFile(file);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the file's size", () => {
  test("stays bounded while rows come and go by checkpoints", async () => {
    const { log, database } = await openWatched();
    let tail = 0;
    let base = 0;
    const sizes: unknown[] = [];
    for (let round = 0; round < 30; round++) {
      for (let n = 0; n < 50; n++) tail = mustBePlaced(await log.append(tail, appendOf(n)));
      await log.checkpoint(checkpointAt(base, tail, { putPages: [pageOf(1, "a", round)] }));
      base = tail;
      tail += 1;
      sizes.push(pragma(database, "page_count"));
    }
    expect(new Set(sizes.slice(5)).size).toBeLessThan(3);
    await log.close();
  });

  test("falls again when most of what it held is gone", async () => {
    const log = await openSqliteLog(file);
    const text = "x".repeat(1000);
    const names = Array.from({ length: 3000 }, (_, index) => `${index} ${text}`);
    await log.putPages(names.map((name) => pageOf(1, name)));
    await log.close();
    const full = statSync(file).size;
    const again = await openSqliteLog(file);
    while (!(await again.deleteGeneration(1, 500)));
    await again.close();
    expect(full).toBeGreaterThan(10_000_000);
    expect(statSync(file).size).toBeLessThan(full / 2);
  });

  test("a closed file is one file, without a write-ahead log", async () => {
    await createClosed();
    expect(readdirSync(folder)).toEqual(["b.sqlite"]);
  });
});
