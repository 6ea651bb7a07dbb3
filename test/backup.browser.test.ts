/**
 * Backup and restore in a real browser: host in a worker, pages in its IndexedDB.
 */
import { openKv } from "rockpool";
import { expect, test } from "vitest";
import { describeAbortedRestores } from "./backup/aborted-restore-suite.ts";

const count = 20_000;

test(`${count} entries are backed up, and restored into another bucket while both are written to`, async () => {
  await using source = await openKv(`backup-${crypto.randomUUID()}`);
  for (let from = 0; from < count; from += 5000) {
    const operation = source.atomic();
    for (let n = from; n < from + 5000; n++) operation.set(["k", n], { n, text: "x".repeat(100) });
    await operation.commit();
  }
  const told: number[] = [];
  const backup = source.backup({ onProgress: ({ entries }) => told.push(entries) });
  const [blob] = await Promise.all([
    new Response(backup).blob(),
    Promise.all(Array.from({ length: 300 }, (_, n) => source.set(["k", n * 66], "meanwhile"))),
  ]);
  expect(told.length).toBeGreaterThan(10);
  await using target = await openKv(`backup-${crypto.randomUUID()}`);
  await target.set(["old"], 1);
  const { entries } = await target.restore(blob);
  expect(entries).toBe(count);
  let found = 0;
  for await (const { key, value } of target.list<{ n: number } | string>(
    { prefix: [] },
    { batchSize: 1000 },
  )) {
    expect(key).toEqual(["k", found]);
    expect(["meanwhile", found]).toContain(typeof value === "string" ? value : value.n);
    found++;
  }
  expect(found).toBe(count);
  await target.set(["k", 5], "after");
  expect((await target.get(["k", 5])).value).toBe("after");
  expect((await target.get(["k", 6])).value).toMatchObject({ n: 6 });
}, 60_000);

describeAbortedRestores("IndexedDB", () => `restore-${crypto.randomUUID()}`, 5);
