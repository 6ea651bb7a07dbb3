/**
 * Buckets and secrets in real databases: listed, kept over a reload, deleted under tabs that have them
 * open, and a deletion that is held up ends in time.
 */
import { expect, test } from "vitest";
import { server } from "vitest/browser";
import { databaseOf, secretsDatabaseOf } from "@rockpool/model";
import { destroyBucket, destroyDatabase, listBuckets } from "./buckets.ts";
import type { Lease } from "./lease.ts";
import { openKv } from "./open-kv.ts";

const freshName = (): string => `buckets-${crypto.randomUUID()}`;

const databaseNames = async (): Promise<unknown[]> => (await indexedDB.databases()).map(({ name }) => name);

/** A handle that lets go of nothing, as a frozen tab's. */
const openStubborn = (database: string): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(database);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });

/** What stands in a store of a database, by key. */
const readStore = async (database: string, store: string, key: string): Promise<unknown> => {
  const handle = await openStubborn(database);
  const request = handle.transaction(store).objectStore(store).get(key);
  await new Promise((resolve) => {
    request.transaction?.addEventListener("complete", resolve);
  });
  handle.close();
  return request.result;
};

test("buckets are listed, their secrets' databases are not", async () => {
  const name = freshName();
  await using kv = await openKv(name);
  await kv.secrets.set(["s"], 1);
  expect(await listBuckets()).toContain(name);
  expect((await listBuckets()).filter((one) => one.includes("secrets-of"))).toEqual([]);
});

test("status says that it is kept in IndexedDB by a worker, and what the site uses", async () => {
  await using kv = await openKv(freshName());
  await kv.set(["a"], 1);
  const status = await kv.status();
  // On WebKit a worker's end can wedge the database.
  const placement = server.browser === "webkit" ? "main" : "worker";
  expect(status).toMatchObject({ engine: "indexeddb", placement, fallback: null, entries: 1, tail: 1 });
  const { persisted, usage, quota } = status;
  // WebKitGTK does not tell, and null is an object.
  const types = "storage" in navigator ? ["boolean", "number", "number"] : ["object", "object", "object"];
  expect([typeof persisted, typeof usage, typeof quota]).toEqual(types);
});

test("a secret outlives its tab, sealed on the disk by a key that no code can read out", async () => {
  const name = freshName();
  const first = await openKv(name);
  await Promise.all([first.secrets.set(["s"], { pin: "1234" }), first.secrets.set(["t"], "too")]);
  await first[Symbol.asyncDispose]();
  await using kv = await openKv(name);
  expect(await kv.secrets.get(["s"])).toEqual({ pin: "1234" });
  expect(await kv.secrets.list()).toEqual([["s"], ["t"]]);
  const key = (await readStore(secretsDatabaseOf(databaseOf(name)), "keys", "key")) as CryptoKey;
  expect(key.extractable).toBe(false);
  await expect(crypto.subtle.exportKey("raw", key)).rejects.toMatchObject({ name: "InvalidAccessError" });
});

test("a secret whose key is gone says so", async () => {
  const name = freshName();
  await using kv = await openKv(name);
  await kv.secrets.set(["s"], 1);
  const handle = await openStubborn(secretsDatabaseOf(databaseOf(name)));
  handle.transaction("keys", "readwrite").objectStore("keys").clear();
  handle.close();
  await expect(kv.secrets.get(["s"])).rejects.toMatchObject({ code: "sealed" });
  await kv.secrets.set(["s"], 2);
  expect(await kv.secrets.get(["s"])).toBe(2);
});

test("a bucket is destroyed under another tab, whose feed and calls fail with destroyed", async () => {
  const name = freshName();
  const mine = await openKv(name);
  const theirs = await openKv(name);
  await mine.set(["a"], 1);
  await theirs.secrets.set(["s"], 1);
  const feed = theirs.watch([["a"]]).getReader();
  await feed.read();
  await mine.destroy();
  await expect(feed.read()).rejects.toMatchObject({ name: "KvError", code: "destroyed" });
  await expect(theirs.get(["a"])).rejects.toMatchObject({ code: "destroyed" });
  await expect(theirs.set(["a"], 2)).rejects.toMatchObject({ code: "destroyed" });
  const names = await databaseNames();
  expect(names).not.toContain(databaseOf(name));
  expect(names).not.toContain(secretsDatabaseOf(databaseOf(name)));
  await using anew = await openKv(name);
  expect((await anew.get(["a"])).value).toBeNull();
  expect(await anew.secrets.get(["s"])).toBeNull();
});

test("a deletion that is held up ends with blocked, and can be had once the other lets go", async () => {
  const name = freshName();
  const kv = await openKv(name);
  await kv.set(["a"], 1);
  await kv[Symbol.asyncDispose]();
  const stubborn = await openStubborn(databaseOf(name));
  await expect(destroyDatabase(databaseOf(name), 300)).rejects.toMatchObject({
    name: "KvError",
    code: "blocked",
  });
  stubborn.close();
  await destroyBucket(name);
  expect(await databaseNames()).not.toContain(databaseOf(name));
  await destroyBucket(name);
});

test("a bucket that is only read writes nothing to its database", async () => {
  const name = freshName();
  const writer = await openKv(name);
  await writer.set(["a"], 1);
  await using reader = await openKv(name, { readonly: true, history: 5 });
  await expect(reader.set(["a"], 2)).rejects.toMatchObject({ code: "readonly" });
  expect(await reader.status()).toMatchObject({ readonly: true, history: 1, entries: 1, tail: 1 });
  await writer.set(["a"], 3);
  expect((await reader.get(["a"])).value).toBe(3);
  await writer[Symbol.asyncDispose]();
});

test("a lock goes from one tab to the other, and two never work at once", async () => {
  const name = freshName();
  await using a = await openKv(name);
  await using b = await openKv(name);
  let working = 0;
  const tokens: string[] = [];
  const work = async ({ token, signal }: Lease): Promise<void> => {
    expect((working += 1)).toBe(1);
    tokens.push(token);
    const { value } = await a.get<number>(["n"]);
    await b.set(["n"], (value ?? 0) + 1);
    expect(signal.aborted).toBe(false);
    working -= 1;
  };
  await Promise.all(
    Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? a : b).lock(["lock"], { ttlMs: 10_000 }, work)),
  );
  expect((await a.get(["n"])).value).toBe(12);
  expect(tokens).toEqual([...new Set(tokens)].toSorted());
});
