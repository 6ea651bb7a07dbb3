/**
 * Buckets as things of a device: listed, looked at, only read, and destroyed under those who have
 * them open.
 */
import { expect, test } from "vitest";
import { packKey } from "@rockpool/model";
import { destroyBucket, listBuckets } from "./buckets.ts";
import { openKv } from "./open-kv.ts";

let names = 0;
const freshName = (): string => `buckets-${names++}`;

test("the buckets of the process are listed by name, private ones not", async () => {
  const name = freshName();
  await using kv = await openKv(name);
  await using hidden = await openKv(":memory:");
  await Promise.all([kv.set(["a"], 1), hidden.set(["a"], 1)]);
  expect(await listBuckets()).toContain(name);
  expect((await listBuckets()).filter((one) => one.includes("memory"))).toEqual([]);
  await destroyBucket(name);
  expect(await listBuckets()).not.toContain(name);
});

test("status says what the bucket holds and how it was opened", async () => {
  const name = freshName();
  await using kv = await openKv(name, { durability: "strict" });
  await kv.set(["a"], "12345");
  await kv.set(["b"], 1);
  const { versionstamp } = await kv.set(["a"], "1");
  await kv.delete(["b"]);
  const status = await kv.status();
  expect(status).toMatchObject({
    bucket: name,
    engine: "memory",
    placement: "main",
    durability: "strict",
    readonly: false,
    relay: null,
    format: 1,
    entries: 1,
    bytes: 3 + '"1"'.length,
    pending: 0,
    pendingBytes: 0,
    tail: 4,
    history: 1,
    expireIn: null,
    persisted: null,
  });
  expect(status.versionstamp > versionstamp).toBe(true);
});

test("status is exact where the tail touches more keys than are compared at a time", async () => {
  await using kv = await openKv(":memory:");
  const operation = kv.atomic();
  for (let n = 0; n < 2500; n++) operation.set([n], "v");
  await operation.commit();
  const keyBytes = packKey([0]).length;
  expect(await kv.status()).toMatchObject({ entries: 2500, bytes: 2500 * (keyBytes + 3), tail: 1 });
});

test("a bucket that is only read refuses every write and shows every other tab's", async () => {
  const name = freshName();
  await using writer = await openKv(name);
  await writer.set(["a"], 1);
  await using reader = await openKv(name, { readonly: true });
  const feed = reader.changes({ prefix: [] }).getReader();
  await feed.read();
  await feed.read();
  const refused = { name: "KvError", code: "readonly" };
  await expect(reader.set(["a"], 2)).rejects.toMatchObject(refused);
  await expect(reader.delete(["a"])).rejects.toMatchObject(refused);
  await expect(reader.delete({ prefix: [] })).rejects.toMatchObject(refused);
  await expect(reader.atomic().sum(["n"], 1n).commit()).rejects.toMatchObject(refused);
  await expect(reader.sync.pause()).rejects.toMatchObject(refused);
  await expect(reader.update(["a"], () => 3)).rejects.toMatchObject(refused);
  await expect(reader.lock(["l"], { ttlMs: 1000 }, () => 1)).rejects.toMatchObject(refused);
  await expect(reader.destroy()).rejects.toMatchObject(refused);
  await writer.set(["a"], 4);
  expect((await feed.read()).value).toMatchObject({ type: "update", entries: [{ value: 4 }] });
  expect((await reader.get(["a"])).value).toBe(4);
  expect(await reader.status()).toMatchObject({ readonly: true, entries: 1, tail: 2 });
  await feed.cancel();
});

test("destroying a bucket ends it in every tab: feeds and calls fail with destroyed, and it begins anew", async () => {
  const name = freshName();
  const mine = await openKv(name);
  await using theirs = await openKv(name);
  await mine.set(["a"], 1);
  await mine.secrets.set(["s"], 1);
  const feed = theirs.watch([["a"]]).getReader();
  await feed.read();
  await mine.destroy();
  const destroyed = { name: "KvError", code: "destroyed" };
  await expect(feed.read()).rejects.toMatchObject(destroyed);
  await expect(theirs.get(["a"])).rejects.toMatchObject(destroyed);
  await expect(theirs.set(["a"], 2)).rejects.toMatchObject(destroyed);
  await expect(theirs.secrets.get(["s"])).rejects.toMatchObject(destroyed);
  await expect(mine.get(["a"])).rejects.toMatchObject({ code: "closed" });
  await using anew = await openKv(name);
  expect((await anew.get(["a"])).value).toBeNull();
  expect(await anew.secrets.get(["s"])).toBeNull();
});

test("destroying what does not exist is harmless, and a name that cannot be is refused", async () => {
  await destroyBucket(freshName());
  await expect(destroyBucket("")).rejects.toThrow(TypeError);
  await using kv = await openKv(":memory:");
  await kv.destroy();
});
