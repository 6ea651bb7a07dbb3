/**
 * Asking the browser to keep the storage: it is asked once the bucket is open and not otherwise, and
 * whatever it answers, the bucket is there.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { openKv } from "./open-kv.ts";
import { askToPersist, storageReport } from "./storage.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const freshName = (): string => `storage-${crypto.randomUUID()}`;

// WebKitGTK has no navigator.storage to ask.
describe.skipIf(!("storage" in navigator))("a browser that can keep storage", () => {
  test("the report tells what the browser tells", async () => {
    const report = await storageReport();
    expect(report.persisted).toBe(await navigator.storage.persisted());
    expect(report.usage).toBeGreaterThanOrEqual(0);
    expect(report.quota).toBeGreaterThan(0);
  });

  test("asking gives the browser's answer", async () => {
    vi.spyOn(navigator.storage, "persist").mockResolvedValue(true);
    expect(await askToPersist()).toBe(true);
  });

  test("a browser that refuses every question leaves nulls", async () => {
    for (const question of ["persist", "persisted", "estimate"] as const) {
      vi.spyOn(navigator.storage, question).mockRejectedValue(new TypeError("no origin"));
    }
    expect(await storageReport()).toEqual({ persisted: null, usage: null, quota: null });
    expect(await askToPersist()).toBe(false);
  });

  test("a bucket opens while the browser has not answered yet", async () => {
    const persist = vi.spyOn(navigator.storage, "persist").mockReturnValue(new Promise(() => {}));
    await using kv = await openKv(freshName(), { persist: true });
    expect((await kv.set(["a"], 1)).ok).toBe(true);
    expect(persist).toHaveBeenCalledOnce();
  });

  test("nobody is asked unless the app wants it, or when the bucket did not open", async () => {
    const persist = vi.spyOn(navigator.storage, "persist");
    await using kv = await openKv(freshName());
    expect((await kv.get(["a"])).value).toBeNull();
    await expect(openKv("", { persist: true })).rejects.toThrow("a bucket's name is");
    expect(persist).not.toHaveBeenCalled();
  });
});
