/**
 * Lives of buckets' messages and of single ones, and the markers of their ends; row by row of the facts on
 * NATS KV. Rockpool's shortest lives are waited for, nothing is measured.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { collect, failure, gather, NatsBed } from "./bed.ts";

describe.each(places)("$name", (place) => {
  const bed = new NatsBed(place);
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());

  test.concurrent("1.2 ttl: of the bucket, at least 100 ms; the end is silent, and a put begins it anew", async ({
    expect,
  }) => {
    const kv = await bed.create({ ttl: 100, history: 3 });
    expect(await kv.status()).toMatchObject({ ttl: 100, markerTTL: 0 });
    const iterator = await kv.watch();
    const texts = gather(iterator, (entry) => `${entry.operation} ${entry.string()}`);
    await kv.put("a", "1");
    await kv.put("a", "2");
    await expect.poll(() => kv.get("a")).toBeNull();
    expect(await collect(await kv.history())).toEqual([]);
    expect(await collect(await kv.keys())).toEqual([]);
    await kv.create("a", "3");
    expect((await collect(await kv.history())).map((entry) => entry.string())).toEqual(["3"]);
    await kv.delete("a");
    await expect.poll(() => kv.get("a")).toBeNull();
    await expect.poll(() => texts).toEqual(["PUT 1", "PUT 2", "PUT 3", "DEL "]);
    iterator.stop();
  });

  test.each(["junk", "500ms", "0", "1x", "", "-5s", "1.5"])("1.2 ttl: of a single key, %j", async (ttl) => {
    const kv = await bed.create({ markerTTL: 1000 });
    // An empty one is none, as in NATS' client.
    const expected = ttl === "" ? "no error" : "JetStreamApiError 10165 400 invalid per-message TTL";
    expect(await failure(() => kv.create("a", "1", ttl))).toBe(expected);
    expect(await failure(() => kv.purge("a", { ttl }))).toBe(expected);
  });

  test.each(["5s", "2", "never", "NEVER", "1h2m3s", "1.5s", "+3s"])(
    "1.2 ttl: of a single key, %j is taken by create and purge",
    async (ttl) => {
      const kv = await bed.create({ markerTTL: 1000 });
      await kv.create("a", "1", ttl);
      await kv.purge("a", { ttl });
      expect((await kv.get("a"))?.operation).toBe("PURGE");
    },
  );

  test("1.2 ttl: of a single key in a bucket without markerTTL is refused", async () => {
    const kv = await bed.create();
    const disabled = "JetStreamApiError 10166 400 per-message TTL is disabled";
    expect(await failure(() => kv.create("a", "1", "5s"))).toBe(disabled);
    expect(await failure(() => kv.purge("a", { ttl: "5s" }))).toBe(disabled);
    expect(await kv.get("a")).toBeNull();
  });

  test.concurrent("1.2 ttl: the end of a key is a PURGE entry, which ends after markerTTL", async ({
    expect,
  }) => {
    const kv = await bed.create({ markerTTL: 1000 });
    const iterator = await kv.watch();
    const told: string[] = [];
    const texts = gather(iterator, ({ operation, isUpdate, key, ...entry }) => {
      const { sm } = entry as unknown as { sm: { headers?: { get(name: string): string } } };
      told.push(sm.headers?.get("Nats-Marker-Reason") ?? "");
      return `${key} ${operation} ${String(isUpdate)}`;
    });
    if (place.name === "replica") await (await bed.connection.openKv()).sync.flush();
    const revision = await kv.create("a", "1", "1s");
    await kv.put("b", "stays");
    await expect.poll(() => texts, { timeout: 5000 }).toEqual(["a PUT true", "b PUT true", "a PURGE true"]);
    expect(told).toEqual(["", "", "MaxAge"]);
    const marker = await kv.get("a");
    expect(marker).toMatchObject({ operation: "PURGE", length: 0 });
    expect(marker?.revision).toBeGreaterThan(revision);
    expect([marker?.revision]).toEqual(bed.revisions([3], [marker?.revision]));
    await expect.poll(() => kv.get("a"), { timeout: 5000 }).toBeNull();
    iterator.stop();
  });

  test.concurrent("1.2 ttl: nobody watches: whoever reads or creates next finds the marker", async ({
    expect,
  }) => {
    const kv = await bed.create({ markerTTL: 3000 });
    const revision = await kv.create("a", "1", "1s");
    if (place.name === "replica") await (await bed.connection.openKv()).sync.flush();
    const operation = async (): Promise<string | undefined> => (await kv.get("a"))?.operation;
    await expect.poll(operation, { timeout: 5000 }).toBe("PURGE");
    expect(await failure(() => kv.update("a", "2", revision))).toContain("wrong last sequence");
    expect(await collect(await kv.keys())).toEqual([]);
    await kv.create("a", "2");
    expect((await kv.get("a"))?.string()).toBe("2");
  });

  test.concurrent("1.2 purgeBucket keep: the key that is left still ends with a marker", async ({
    expect,
  }) => {
    const kv = await bed.create({ markerTTL: 3000 });
    await kv.create("a", "1", "1s");
    await kv.purgeBucket({ filter: kv.fullKeyName("a"), keep: 1 });
    if (place.name === "replica") await (await bed.connection.openKv()).sync.flush();
    const operation = async (): Promise<string | undefined> => (await kv.get("a"))?.operation;
    await expect.poll(operation, { timeout: 5000 }).toBe("PURGE");
  });

  test.concurrent("a bucket that counts its bytes goes on past the end of a life", async ({ expect }) => {
    const kv = await bed.create({ markerTTL: 60_000, max_bytes: 10_000 });
    await kv.create("a", "1", "1s");
    // Nobody looks at the key meanwhile, so that the put is the first to find its end.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await kv.put("b", "1")).toBeGreaterThan(0);
    expect((await kv.get("a"))?.operation).toBe("PURGE");
  });

  test.concurrent("1.2 ttl: a put in place of a key with a life has none", async ({ expect }) => {
    const kv = await bed.create({ markerTTL: 1000 });
    await kv.create("a", "1", "1s");
    await kv.put("a", "2");
    await kv.create("b", "1", "1s");
    await expect.poll(async () => (await kv.get("b"))?.operation, { timeout: 5000 }).not.toBe("PUT");
    expect((await kv.get("a"))?.string()).toBe("2");
  });

  test.concurrent("1.2 ttl: with a history a life below markerTTL is raised to it", async ({ expect }) => {
    const kv = await bed.create({ markerTTL: 60_000, history: 2 });
    const short = await bed.create({ markerTTL: 60_000, history: 1 });
    await kv.create("a", "1", "1s");
    await short.create("a", "1", "1s");
    await expect.poll(async () => (await short.get("a"))?.operation, { timeout: 5000 }).not.toBe("PUT");
    expect((await kv.get("a"))?.string()).toBe("1");
  });
});
