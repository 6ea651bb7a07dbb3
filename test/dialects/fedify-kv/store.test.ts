/**
 * Fedify's store in every place: alone, and beside another device that writes through a relay; and where
 * a bucket is opened by its name.
 */
import { type KvStore, MemoryKvStore } from "@fedify/fedify";
import { RockpoolKvStore } from "@rockpool/fedify-kv";
import { type Kv, openKv } from "rockpool";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { describeStore } from "./store-suite.ts";

/** What a store answers to a little of everything. */
const script = async (kv: KvStore): Promise<readonly unknown[]> => {
  const seen: unknown[] = [];
  await kv.set(["a", "b"], { n: 1 });
  await kv.set(["a"], "own");
  seen.push(await kv.get(["a"]), await kv.get(["a", "b"]), await kv.get(["x"]));
  seen.push(await kv.cas?.(["a"], "other", 1), await kv.cas?.(["a"], "own", { m: [2] }));
  await kv.delete(["a", "b"]);
  for await (const entry of kv.list(["a"])) seen.push(entry);
  return seen;
};

describe.each(places)("$name", (place) => {
  beforeAll(() => place.start());
  afterAll(() => place.stop());

  describeStore(place);

  test("3.5 does what Fedify's own store in memory does", async () => {
    const bucket = `fedify-${crypto.randomUUID()}`;
    await using store = new RockpoolKvStore(bucket, { open: place.options(bucket) });
    expect(await script(store)).toEqual(await script(new MemoryKvStore()));
  });
});

test("a bucket opened by its name is closed with the store, one that was passed in is not", async () => {
  const name = `fedify-${crypto.randomUUID()}`;
  await using kv = await openKv(name);
  const [own, lent] = [
    new RockpoolKvStore(name, { prefix: ["p"] }),
    new RockpoolKvStore(kv, { prefix: ["p"] }),
  ];
  await own.set(["k"], 1);
  expect(await lent.get(["k"])).toBe(1);
  await own[Symbol.asyncDispose]();
  await lent[Symbol.asyncDispose]();
  await expect(own.get(["k"])).rejects.toMatchObject({ code: "closed" });
  expect((await kv.get(["p", "k"])).value).toBe(1);
});

test("a bucket that fails to open before the first call is told of by that call", async () => {
  const failing = Promise.reject<Kv>(new Error("the bucket cannot be opened"));
  const store = new RockpoolKvStore(failing);
  // Long enough for it to count as a rejection that nobody handles, which vitest reports.
  await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(store.get(["k"])).rejects.toThrow("the bucket cannot be opened");
});
