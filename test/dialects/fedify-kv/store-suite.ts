/**
 * For tests: what Fedify expects of a `KvStore`, row by row of what its interface, its own stores and its
 * core ask for, wherever the bucket is.
 */
import { Temporal } from "@js-temporal/polyfill";
import type { KvStore } from "@fedify/fedify";
import { RockpoolKvStore } from "@rockpool/fedify-kv";
import { type Kv, openKv } from "rockpool";
import { describe, expect, test as base } from "vitest";
import type { Place } from "../places.ts";

const listed = async (store: KvStore, ...prefix: string[]): Promise<readonly unknown[]> => {
  const entries: unknown[] = [];
  for await (const { key, value } of store.list(prefix as unknown as [string])) entries.push([key, value]);
  return entries;
};

/** The rows, in the place given; for a `describe` of its own. */
export const describeStore = (place: Pick<Place, "options">): void => {
  const test = base.extend<{ kv: Kv; store: RockpoolKvStore }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to learn what a fixture needs
    kv: async ({}, use) => {
      const bucket = `fedify-${crypto.randomUUID()}`;
      const kv = await openKv(bucket, place.options(bucket));
      await use(kv);
      await kv[Symbol.asyncDispose]();
    },
    store: async ({ kv }, use) => use(new RockpoolKvStore(kv)),
  });

  test("3.1 is a KvStore to Fedify's types, and has what is optional in it", ({ store }) => {
    const seen: Required<KvStore> = store;
    expect([typeof seen.cas, typeof seen.list]).toEqual(["function", "function"]);
  });

  describe("3.2 list", () => {
    test("includes the exact key itself once, then all depths below it, by whole parts", async ({
      store,
    }) => {
      for (const key of [["a"], ["a", "b"], ["a", "b", "c"], ["ab"], ["b"]] as [string][]) {
        await store.set(key, key.length);
      }
      expect(await listed(store, "a")).toEqual([
        [["a"], 1],
        [["a", "b"], 2],
        [["a", "b", "c"], 3],
      ]);
      expect(await listed(store, "a", "b")).toEqual([
        [["a", "b"], 2],
        [["a", "b", "c"], 3],
      ]);
    });

    test("without a prefix, and with an empty one, gives all that the store holds and nothing else", async ({
      kv,
      store,
    }) => {
      await kv.set(["somebody else's"], 1);
      await store.set(["a"], 1);
      await store.set(["b", "c"], 2);
      const all = [
        [["a"], 1],
        [["b", "c"], 2],
      ];
      expect(await listed(store)).toEqual(all);
      const entries: unknown[] = [];
      for await (const { key, value } of store.list()) entries.push([key, value]);
      expect(entries).toEqual(all);
    });

    test("leaves out what has expired", async ({ store }) => {
      await store.set(["x", "brief"], 1, { ttl: Temporal.Duration.from({ milliseconds: 5 }) });
      await store.set(["x", "long"], 2);
      await expect.poll(() => listed(store, "x")).toEqual([[["x", "long"], 2]]);
    });

    test("keeps keys of any Unicode apart", async ({ store }) => {
      const parts = [
        "https://a.example/ü?x=1&y=%20#z",
        "a_b",
        "a%b",
        "a\\b",
        'a"b',
        "a::b",
        "a",
        "😀",
        "",
        "\0",
      ];
      for (const part of parts) await store.set(["u", part], part);
      const found = (await listed(store, "u")) as [string[], string][];
      expect(found.map(([[, part], value]) => [part, value]).toSorted()).toEqual(
        parts.map((part) => [part, part]).toSorted(),
      );
      await store.set(["u", "a", "b"], "below");
      expect(await listed(store, "u", "a::b")).toEqual([[["u", "a::b"], "a::b"]]);
    });
  });

  describe("3.2 get and set", () => {
    test("what is absent or deleted is undefined, and deleting it again is harmless", async ({ store }) => {
      expect(await store.get(["none"])).toBeUndefined();
      await store.set(["k"], { deep: [1, "two", null] });
      expect(await store.get(["k"])).toEqual({ deep: [1, "two", null] });
      await store.delete(["k"]);
      await store.delete(["k"]);
      expect(await store.get(["k"])).toBeUndefined();
    });

    test("null survives, and undefined leaves nothing", async ({ store }) => {
      await store.set(["k"], null);
      expect(await store.get(["k"])).toBeNull();
      expect(await listed(store, "k")).toEqual([[["k"], null]]);
      await store.set(["k"], undefined);
      expect(await store.get(["k"])).toBeUndefined();
      expect(await listed(store, "k")).toEqual([]);
    });

    test("set replaces the value and its life: without a ttl it stays", async ({ store }) => {
      await store.set(["k"], 1, { ttl: Temporal.Duration.from({ milliseconds: 30 }) });
      await store.set(["k"], 2);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await store.get(["k"])).toBe(2);
    });

    test("the life begins anew with each set", async ({ store }) => {
      await store.set(["k"], 1, { ttl: Temporal.Duration.from({ milliseconds: 1 }) });
      await store.set(["k"], 2, { ttl: Temporal.Duration.from({ hours: 1 }) });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await store.get(["k"])).toBe(2);
    });

    test("a ttl of 0 is over at once", async ({ store }) => {
      await store.set(["k"], 1, { ttl: Temporal.Duration.from({ seconds: 0 }) });
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await store.get(["k"])).toBeUndefined();
    });
  });

  describe("3.2 cas", () => {
    test("compares by content, whatever the order of keys", async ({ store }) => {
      await store.set(["k"], { a: 1, b: { c: [1, 2] } });
      expect(await store.cas(["k"], { b: { c: [1, 2] }, a: 2 }, "no")).toBe(false);
      expect(await store.cas(["k"], { b: { c: [1, 2] }, a: 1 }, "yes")).toBe(true);
      expect(await store.get(["k"])).toBe("yes");
    });

    test("undefined expects an absent or expired entry", async ({ store }) => {
      expect(await store.cas(["k"], undefined, 1)).toBe(true);
      expect(await store.cas(["k"], undefined, 2)).toBe(false);
      await store.set(["e"], 1, { ttl: Temporal.Duration.from({ milliseconds: 1 }) });
      await expect.poll(() => store.cas(["e"], undefined, 2)).toBe(true);
      expect(await store.get(["e"])).toBe(2);
    });

    test("null is a value, and no absence", async ({ store }) => {
      await store.set(["k"], null);
      expect(await store.cas(["k"], undefined, 1)).toBe(false);
      expect(await store.cas(["k"], null, 1)).toBe(true);
    });

    test("undefined as the new value deletes and is true: a nonce is used once", async ({ store }) => {
      await store.set(["nonce"], true);
      expect(await store.cas(["nonce"], true, undefined)).toBe(true);
      expect(await store.cas(["nonce"], true, undefined)).toBe(false);
      expect(await listed(store, "nonce")).toEqual([]);
    });

    test("gives the new value its life", async ({ store }) => {
      expect(await store.cas(["k"], undefined, 1, { ttl: Temporal.Duration.from({ milliseconds: 1 }) })).toBe(
        true,
      );
      await expect.poll(() => store.get(["k"])).toBeUndefined();
    });

    test("of many creates at once one wins", async ({ store }) => {
      const won = await Promise.all(Array.from({ length: 20 }, (_, n) => store.cas(["lock"], undefined, n)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.get(["lock"])).toBe(won.indexOf(true));
    });

    test("who holds a stale token does not release another's lock", async ({ store }) => {
      await store.set(["lock"], "second's");
      expect(await store.cas(["lock"], "first's", undefined)).toBe(false);
      expect(await store.get(["lock"])).toBe("second's");
    });
  });

  describe("3.2 ttl in every form met in practice", () => {
    test.for<[string, unknown]>([
      ["a Temporal.Duration", Temporal.Duration.from({ milliseconds: 1 })],
      ["an object of its fields", { milliseconds: 1 }],
      ["an object with total alone", { total: () => 1 }],
      ["a part of a millisecond", { nanoseconds: 1 }],
      ["one that is over", Temporal.Duration.from({ hours: -1 })],
    ])("%s", async ([, ttl], { store }) => {
      await store.set(["k"], 1, { ttl: ttl as never });
      await expect.poll(() => store.get(["k"])).toBeUndefined();
    });

    test("none of them, however written, ends what has longer to live", async ({ store }) => {
      const forms = [
        { hours: 1 },
        { total: () => 3_600_000 },
        Temporal.Duration.from("P1Y1M1W"),
        { weeks: 1 },
      ];
      for (const ttl of forms) {
        await store.set(["k"], 1, { ttl: ttl as never });
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(await store.get(["k"])).toBe(1);
      }
    });

    test.for([5, "PT1H", null, {}, { hours: Number.NaN }])(
      "%j is refused by name",
      async (ttl, { store }) => {
        await expect(store.set(["k"], 1, { ttl: ttl as never })).rejects.toThrow(
          /^ttl must be a Temporal.Duration/,
        );
        expect(await store.get(["k"])).toBeUndefined();
      },
    );
  });

  test("3.2 the constructor opens nothing; a bucket that could not be opened is opened by the next call", async () => {
    let opened = 0;
    await using kv = await openKv(":memory:");
    const store = new RockpoolKvStore(() => {
      if (++opened === 1) throw new Error("not now");
      return kv;
    });
    expect(opened).toBe(0);
    await expect(store.get(["k"])).rejects.toThrow("not now");
    await store.set(["k"], 1);
    expect([await store.get(["k"]), opened]).toEqual([1, 2]);
  });
};
