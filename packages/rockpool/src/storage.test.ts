/**
 * Where the platform has no storage manager, as in Node, nothing is known and nothing fails.
 */
import { expect, test } from "vitest";
import { openKv } from "./open-kv.ts";
import { askToPersist, storageReport } from "./storage.ts";

test("without a storage manager the report says that nothing is known", async () => {
  expect(await storageReport()).toEqual({ persisted: null, usage: null, quota: null });
});

test("without a storage manager asking is a no, and a bucket opens all the same", async () => {
  expect(await askToPersist()).toBe(false);
  await using kv = await openKv("persist-in-node", { persist: true });
  expect((await kv.set(["a"], 1)).ok).toBe(true);
});
