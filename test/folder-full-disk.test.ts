/**
 * A bucket in a folder on a disk that is full to the last byte: writes are refused with quota, whole;
 * reads go on, it opens again, deletions work, and what they free can be written.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteLog } from "@rockpool/log-sqlite";
import { packKey } from "@rockpool/model";
import { type Kv, KvError, openKv } from "rockpool";
import { expect, test } from "vitest";
import { makeSmallDisk } from "./folder/small-disk.ts";
import { pageOf } from "./log/log-bed.ts";

const megabytes = 12;

test(
  "a bucket on a full disk keeps what was acknowledged, opens again, deletes, and writes again",
  { timeout: 60_000 },
  async ({ skip }) => {
    using disk = makeSmallDisk(megabytes);
    if (disk === undefined) return skip("only root on Linux can make a small disk");
    const folder = join(disk.folder, "data");
    const hasReserve = (): boolean => existsSync(join(folder, "b.sqlite-reserve"));
    const kv = await openKv("b", { folder });
    await expect.poll(hasReserve, { timeout: 10_000 }).toBe(true);
    let written = 0;
    for (const size of [100_000, 10_000, 1000, 10]) {
      while (await isSet(kv, written, size)) written++;
    }
    expect(written).toBeGreaterThan(40);
    await expectWhole(kv, written);
    await kv[Symbol.asyncDispose]();

    await using again = await openKv("b", { folder });
    await expectWhole(again, written);
    expect(hasReserve()).toBe(true);
    for (let n = 0; n < 30; n++) await again.delete(["n", n]);
    expect(await again.count({ prefix: [] })).toBe(written - 30);
    // Large ones were deleted: some of them may be put aside again.
    for (let n = 0; n < 5; n++) {
      await expect.poll(() => isSet(again, n, 100_000), { timeout: 20_000, interval: 300 }).toBe(true);
    }
    await expect.poll(hasReserve, { timeout: 20_000 }).toBe(true);
    await expect.poll(async () => (await again.status()).error, { timeout: 20_000 }).toBeNull();
  },
);

test("what needs no more room than it has goes on, on a disk that others have filled", async ({ skip }) => {
  using disk = makeSmallDisk(4);
  if (disk === undefined) return skip("only root on Linux can make a small disk");
  const file = join(disk.folder, "b.sqlite");
  const first = await openSqliteLog(file);
  await first.putPages([pageOf(1, "a", 0)]);
  // Closing moves what stands in the write-ahead log into the file.
  await first.close();
  await using log = await openSqliteLog(file);
  await log.putPages([pageOf(1, "a", 1)]);
  expect(() => writeFileSync(join(disk.folder, "others"), new Uint8Array(8_000_000))).toThrow("ENOSPC");
  for (let count = 2; count < 300; count++) await log.putPages([pageOf(1, "a", count)]);
  const all = { generation: 1, from: packKey([]), to: packKey(["b"]) };
  expect((await log.read(0, [all])).pages).toEqual([[pageOf(1, "a", 299)]]);
});

/** False on a full disk. */
const isSet = async (kv: Kv, n: number, size: number): Promise<boolean> => {
  try {
    await kv.set(["n", n], `${n} `.padEnd(size, "x"));
    return true;
  } catch (error) {
    if (error instanceof KvError && error.code === "quota") return false;
    throw error;
  }
};

const expectWhole = async (kv: Kv, count: number): Promise<void> => {
  let read = 0;
  for await (const { key, value } of kv.list<string>({ prefix: ["n"] })) {
    expect(value.startsWith(`${String(key[1])} `)).toBe(true);
    read++;
  }
  expect(read).toBe(count);
};
