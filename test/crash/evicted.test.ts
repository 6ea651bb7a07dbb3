/**
 * A browser that clears a site's data while buckets are open: their tabs are told, and no call of
 * theirs takes the empty database that follows for theirs.
 */
import { afterAll, expect, test } from "vitest";
import { CrashBed } from "./crash-bed.ts";
import type { BackingStore, CrashTab } from "./crash-browser.ts";
import { call } from "./full-disk-call.ts";

const bed = await CrashBed.open();
afterAll(() => bed.close());

test.each<BackingStore>(["leveldb", "sqlite"])(
  "cleared site data is told as evicted to every tab, though nobody calls, and a new bucket is empty (%s)",
  { timeout: 60_000 },
  async (store) => {
    const browser = await bed.launch(store);
    const tabs = [await browser.openTab(bed.url), await browser.openTab(bed.url)];
    const [first, second] = tabs as [CrashTab, CrashTab];
    for (const tab of tabs) await call(tab, "open", "cleared");
    expect(await call(first, "fill", 1000, 3)).toEqual({ written: 3, code: null });
    expect(await call(second, "read")).toEqual({ count: 3, torn: 0 });

    const { origin } = new URL(bed.url);
    await first.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    expect(await Promise.all(tabs.map((tab) => call(tab, "ended")))).toEqual(["evicted", "evicted"]);
    expect(await call(first, "fill", 1000, 1)).toEqual({ written: 0, code: "evicted" });

    await call(first, "open", "cleared");
    expect(await call(first, "fill", 1000, 2)).toEqual({ written: 2, code: null });
    // The other tab's bucket was another one.
    expect(await call(second, "fill", 1000, 1)).toEqual({ written: 0, code: "evicted" });
    await call(second, "open", "cleared");
    expect(await call(second, "read")).toEqual({ count: 2, torn: 0 });
    expect([...first.errors, ...second.errors]).toEqual([]);
  },
);
