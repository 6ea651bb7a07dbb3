/**
 * A page where storage is not to be had: opening fails, or, if the app said so, the bucket is in
 * memory and says so.
 */
import { afterEach, expect, test, vi } from "vitest";
import { openKv as openOnMain } from "./main.ts";
import { openKv } from "./open-kv.ts";

afterEach(() => vi.unstubAllGlobals());

/** As in a private window of old, a frame without an origin, or a browser that blocks a site's data. */
const blockStorage = (): void => {
  vi.stubGlobal("indexedDB", { open: refuse });
};

const refuse = (): never => {
  throw new DOMException("blocked", "SecurityError");
};

/** A worker without the page's rights: one of a data: address has an origin of its own. */
const startBlocked = (): Worker =>
  new Worker(
    `data:text/javascript,${encodeURIComponent(`
      addEventListener("message", ({ data }) => {
        if (data.type !== "APPLY") return;
        const error = { name: "KvError", code: "unavailable", message: "This page may not use IndexedDB." };
        postMessage({ id: data.id, type: "RAW", value: { ok: false, error } });
      });
    `)}`,
  );

test.each([
  ["without IndexedDB", () => vi.stubGlobal("indexedDB", undefined)],
  ["where IndexedDB is blocked", blockStorage],
])("a bucket %s is unavailable, and never in memory unasked", async (_where, block) => {
  block();
  await expect(openOnMain("blocked")).rejects.toMatchObject({ name: "KvError", code: "unavailable" });
  await expect(openKv("blocked", { placement: "main" })).rejects.toMatchObject({ code: "unavailable" });
  const kv = await openOnMain("blocked", { fallback: "memory" });
  await kv.set(["k"], 1);
  expect((await kv.get(["k"])).value).toBe(1);
  const status = await kv.status();
  expect(status).toMatchObject({ bucket: "blocked", engine: "memory", fallback: { code: "unavailable" } });
  // It is this tab's own.
  const other = await openOnMain("blocked", { fallback: "memory" });
  expect((await other.get(["k"])).value).toBeNull();
  await Promise.all([kv, other].map((one) => one[Symbol.asyncDispose]()));
});

test("what a worker says of its storage counts as well", async () => {
  const options = { placement: "worker", worker: startBlocked } as const;
  await expect(openKv("blocked", options)).rejects.toMatchObject({ code: "unavailable" });
  await using kv = await openKv("blocked", { ...options, fallback: "memory" });
  expect(await kv.status()).toMatchObject({ engine: "memory", placement: "main" });
});

test("with storage at hand the fallback changes nothing", async () => {
  await using kv = await openKv(`fallback-${crypto.randomUUID()}`, { fallback: "memory" });
  expect(await kv.status()).toMatchObject({ engine: "indexeddb", fallback: null });
});

test("options that are none are refused by name", async () => {
  await expect(openKv("b", { placement: "page" as never })).rejects.toThrow(
    /placement .* "page"|placement.*page/,
  );
  await expect(openKv("b", { fallback: "disk" as never })).rejects.toThrow(/fallback.*disk/);
});
