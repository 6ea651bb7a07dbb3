/**
 * A bucket in a Chromium that gives its site 12 MB and no more: writes are refused with quota, whole;
 * reads go on; deletions work; and what they free can be written again.
 */
import { afterAll, expect, test } from "vitest";
import { eventually } from "../browser/browser-bed.ts";
import { CrashBed } from "./crash-bed.ts";
import type { BackingStore, CrashTab } from "./crash-browser.ts";
import { call } from "./full-disk-call.ts";

const quotaBytes = 12_000_000;
const largeBytes = 300_000;

const bed = await CrashBed.open();
afterAll(() => bed.close());

/**
 * Writes entries where others were deleted. Chromium deletes the files of large values, and shortens its
 * own logs, some seconds after the deletion; until then the site's usage stays, and with it quota.
 */
const refill = async (tab: CrashTab, bytes: number, count: number): Promise<void> => {
  let left = count;
  const writeOn = async (): Promise<number> => {
    left -= (await call(tab, "fill", bytes, left)).written;
    return left;
  };
  await expect.poll(writeOn, { timeout: 30_000, interval: 500 }).toBe(0);
};

test.each<BackingStore>(["leveldb", "sqlite"])(
  "a site that is over its quota keeps what was acknowledged, deletes, and writes again (%s)",
  { timeout: 120_000 },
  async (store) => {
    const browser = await bed.launch(store);
    const tab = await browser.openTab(bed.url);
    const { origin } = new URL(bed.url);
    await tab.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: quotaBytes });
    await call(tab, "open", "full");

    // Room is put aside long before the disk is full.
    let { written } = await call(tab, "fill", largeBytes, 9);
    await eventually(() => call(tab, "reservedBytes")).toBeGreaterThan(1_000_000);
    // Until not even a small entry fits.
    for (const bytes of [largeBytes, 30_000, 3000, 300]) {
      const filled = await call(tab, "fill", bytes, 100_000);
      expect([bytes, filled.code]).toEqual([bytes, "quota"]);
      written += filled.written;
    }
    expect(written).toBeGreaterThan(15);
    expect(await call(tab, "read")).toEqual({ count: written, torn: 0 });

    await call(tab, "deleteEach", 12);
    expect(await call(tab, "read")).toEqual({ count: written - 12, torn: 0 });
    // Twelve large ones are gone: seven of them may be put aside again.
    await refill(tab, largeBytes, 3);

    const deleted = await call(tab, "deleteAllBut", 2);
    expect(deleted).toBe(written - 12 + 3 - 2);
    await refill(tab, largeBytes, 12);
    await eventually(() => call(tab, "trouble")).toBeNull();
    await call(tab, "close");
    await call(tab, "open", "full");
    expect(await call(tab, "read")).toEqual({ count: 14, torn: 0 });
    expect(tab.errors).toEqual([]);
  },
);
