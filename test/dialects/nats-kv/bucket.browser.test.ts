/**
 * What NATS KV does in Node it does in a browser, over IndexedDB in a worker; and what one tab writes the
 * watches of another see.
 */
import { type Bucket, connect, type Connection, Kvm, type QueuedIterator } from "@rockpool/nats-kv";
import { destroyBucket } from "rockpool";
import { afterEach, beforeEach, expect, test } from "vitest";

let name: string;
let one: Connection;
/** As another tab of the same site: a connection with a host of its own. */
let two: Connection;

beforeEach(async () => {
  name = `nats-${crypto.randomUUID()}`;
  one = await connect({ bucket: name });
  two = await connect({ bucket: name });
});

afterEach(async () => {
  await one.close();
  await two.close();
  await destroyBucket(name);
});

const collect = async <T>(iterator: QueuedIterator<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of iterator) items.push(item);
  return items;
};

test("writes, conditions, deletions and histories, with revisions from 1", async () => {
  const kv = (await new Kvm(one).create("b", { history: 3 })) as Bucket;
  expect(await kv.create("a", "1")).toBe(1);
  await expect(kv.create("a", "2")).rejects.toMatchObject({ code: 10071, message: "wrong last sequence: 1" });
  expect(await kv.update("a", "2", 1)).toBe(2);
  expect(await kv.put("b.c", new Uint8Array([0, 255]))).toBe(3);
  await kv.delete("a");
  expect(await kv.get("a")).toMatchObject({ operation: "DEL", revision: 4 });
  expect((await kv.get("b.c"))?.value).toEqual(new Uint8Array([0, 255]));
  expect(await collect(await kv.keys(">"))).toEqual(["b.c"]);
  const history = await collect(await kv.history());
  expect(history.map(({ key, revision, operation }) => `${key} ${revision} ${operation}`)).toEqual([
    "a 1 PUT",
    "a 2 PUT",
    "b.c 3 PUT",
    "a 4 DEL",
  ]);
  expect((await kv.status()).values).toBe(4);
});

test("tabs share one sequence, conditions and watches", async () => {
  const [here, there] = [await new Kvm(one).create("b"), await new Kvm(two).create("b")];
  const watch = await here.watch();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const entry of watch) {
      seen.push(`${entry.key} ${entry.revision} ${entry.string()}`);
      if (entry.key === "end") break;
    }
  })();
  const tabs = [here, there];
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const revisions = await Promise.all(keys.map((key, index) => tabs[index % 2]?.put(key, key)));
  expect(revisions.toSorted((a, b) => Number(a) - Number(b))).toEqual(keys.map((_, index) => index + 1));
  const winners = await Promise.allSettled(tabs.map((kv, index) => kv.create("lock", String(index))));
  expect(winners.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await there.put("end", "");
  await watching;
  expect(seen.length).toBe(22);
  expect(seen).toEqual(seen.toSorted((a, b) => Number(a.split(" ")[1]) - Number(b.split(" ")[1])));
});

test("what was written is there when the site is opened again, and the sequence goes on", async () => {
  const kv = await new Kvm(one).create("b", { history: 2 });
  await kv.put("a", "1");
  await one.close();
  await two.close();
  one = await connect({ bucket: name });
  const again = await new Kvm(one).open("b");
  expect((await again.get("a"))?.string()).toBe("1");
  expect(await again.put("a", "2")).toBe(2);
  expect((await again.get("a", { revision: 1 }))?.string()).toBe("1");
});
