/**
 * Revisions where their two rules meet: several tabs, a bucket that is given a relay later, and values of two
 * devices that a revision must not confuse.
 */
import { type Bucket, connect, type KV, Kvm } from "@rockpool/nats-kv";
import { openMemoryEngine, type Relay, startRelay } from "@rockpool/relay";
import { openKv } from "rockpool";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, failure } from "./bed.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
});
afterAll(() => relay.close());

const newName = (): string => `numbering-${crypto.randomUUID()}`;

/** A bucket on one device; `close` it before it is opened in another way. */
const open = async (
  bucket: string,
  options: { relay?: string; user?: string; history?: number } = {},
): Promise<{ readonly kv: KV; flush(): Promise<void>; close(): Promise<void> }> => {
  const nc = await connect({ bucket, ...options });
  const own = await nc.openKv();
  return {
    kv: await new Kvm(nc).create("b", { history: 5 }),
    flush: () => own.sync.flush(),
    close: () => nc.close(),
  };
};

test("tabs without a relay number their writes without a gap, whoever writes", async () => {
  const name = newName();
  const tabs = [await open(name), await open(name), await open(name)];
  const writes = Array.from({ length: 60 }, (_, index) =>
    tabs[index % 3]?.kv.put(`k${index % 7}`, String(index)),
  );
  const revisions = (await Promise.all(writes)).map(Number).toSorted((one, other) => one - other);
  expect(revisions).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  for (const tab of tabs) await tab.close();
});

test("tabs beside a relay give each version of a key a revision of its own", async () => {
  const name = newName();
  const tabs = [await open(name, { relay: relay.url }), await open(name, { relay: relay.url })];
  const writes = Array.from({ length: 40 }, (_, index) => tabs[index % 2]?.kv.put("k", String(index)));
  expect(new Set(await Promise.all(writes)).size).toBe(40);
  for (const tab of tabs) await tab.close();
});

test("a bucket that is given a relay later goes on rising, also when it is opened without it again", async () => {
  const name = newName();
  const alone = await open(name);
  const seen = [await alone.kv.put("a", "1"), await alone.kv.put("b", "1")];
  await alone.close();
  const synced = await open(name, { relay: relay.url });
  // The first contact gives what stood before it new revisions.
  await synced.flush();
  const held = (await synced.kv.get("a"))?.revision ?? 0;
  seen.push(held, await synced.kv.update("a", "2", held));
  await synced.flush();
  expect((await synced.kv.get("a"))?.revision).toBe(seen.at(-1));
  await synced.close();
  const again = await open(name);
  seen.push(await again.kv.put("a", "3"), await again.kv.put("c", "1"));
  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  expect(new Set(seen).size).toBe(seen.length);
  await again.close();
});

test("a revision never stands for the value of another device that came in its place", async () => {
  const name = newName();
  const one = await open(name, { relay: relay.url, history: 5 });
  const two = await open(name, { relay: relay.url, user: "another device", history: 5 });
  const others = await openKv(name, { relay: relay.url, user: "another device" });
  await one.kv.put("k", "first");
  await one.flush();
  await two.flush();
  await others.sync.pause();
  const mine = await one.kv.put("k", "mine");
  await one.flush();
  await two.kv.put("k", "theirs");
  await others.sync.resume();
  await two.flush();
  await one.flush();
  const standing = await one.kv.get("k");
  expect(standing?.string()).toBe("theirs");
  expect(standing?.revision).toBeGreaterThan(mine);
  expect(await failure(() => one.kv.update("k", "over it", mine))).toContain("wrong last sequence");
  const revisions = (await collect(await one.kv.history({ key: "k" }))).map(({ revision }) => revision);
  expect(new Set(revisions).size).toBe(revisions.length);
  await others[Symbol.asyncDispose]();
  await one.close();
  await two.close();
});

test("a marker of an ended life is not made offline, and the key is gone all the same", async () => {
  const name = newName();
  const device = await open(name, { relay: relay.url });
  const nc = await connect({ kv: openKv(name, { relay: relay.url }) });
  const kv = (await new Kvm(nc).create("lives", { markerTTL: 60_000 })) as Bucket;
  const own = await nc.openKv();
  await own.sync.pause();
  await kv.create("a", "1", "1s");
  await expect.poll(() => kv.get("a"), { timeout: 5000 }).toBeNull();
  expect(await kv.create("a", "2")).toBeGreaterThan(0);
  expect((await kv.get("a"))?.string()).toBe("2");
  await own.sync.resume();
  await own[Symbol.asyncDispose]();
  await device.close();
});
