/**
 * Keys that end with the versionstamp of the commit that sets them.
 */
import { type Key, KvError, type KeyToSet, openKv } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { anything, drain, freshName, keysOf, kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);
const noPart = "expected string, number, bigint, ArrayBufferView, boolean";

describe("commitVersionstamp", () => {
  test("is one symbol for all buckets", async ({ kv }) => {
    await using other = await openKv(freshName());
    expect(kv.commitVersionstamp()).toBe(other.commitVersionstamp());
    expect(String(kv.commitVersionstamp())).toBe("Symbol(KvCommitVersionstamp)");
  });

  test("as a key's last part becomes the commit's versionstamp, a string, in every kind of set", async ({
    kv,
  }) => {
    const key: KeyToSet = ["log", kv.commitVersionstamp()];
    const results = [
      await kv.set(key, "set"),
      await kv.atomic().set(key, "atomic").commit(),
      await kv.atomic().mutate({ type: "set", key, value: "mutate" }).commit(),
    ];
    const entries = await drain(kv.list({ prefix: ["log"] }));
    expect(entries).toEqual(
      results.map((result, index) => ({
        key: ["log", result.ok ? result.versionstamp : ""],
        value: ["set", "atomic", "mutate"][index],
        versionstamp: result.ok ? result.versionstamp : "",
      })),
    );
    for (const entry of entries) expect(await kv.get(entry.key)).toEqual(entry);
  });

  test("gives each of many commits made at once a key of its own, in their order", async ({ kv }) => {
    const sets = Array.from({ length: 100 }, (_, index) => kv.set(["log", kv.commitVersionstamp()], index));
    const results = await Promise.all(sets);
    const entries = await drain(kv.list({ prefix: ["log"] }));
    expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(entries.map(({ key }) => key[1])).toEqual(results.map(({ versionstamp }) => versionstamp));
  });

  test("is no key alone, and no part in another place or another call", async ({ kv }) => {
    const symbol = kv.commitVersionstamp();
    await expect(kv.set([symbol], 1)).rejects.toThrow(new RegExp("^key cannot be empty"));
    const key = anything(["a", symbol]) as Key;
    const calls = [
      kv.set(["a", symbol, "b"], 1),
      kv.get(key),
      kv.delete(key),
      kv.atomic().delete(key).commit(),
      kv.atomic().sum(key, 1n).commit(),
      kv.atomic().check({ key, versionstamp: null }).commit(),
      kv.list({ prefix: key }).next(),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ reason: { name: "TypeError" } });
      expect(String(result.status === "rejected" && result.reason)).toContain(noPart);
    }
    expect(() => kv.watch([key])).toThrow(noPart);
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual([]);
  });

  test("of two such sets under the same parts in one commit the last stands", async ({ kv }) => {
    const key: KeyToSet = ["log", kv.commitVersionstamp()];
    await kv.atomic().set(key, "first").set(["log"], "base").set(key, "last").commit();
    expect((await drain(kv.list({ prefix: ["log"] }))).map(({ value }) => value)).toEqual(["last"]);
    expect((await kv.get(["log"])).value).toBe("base");
  });

  test("a watch on the key without it does not emit; feeds are told of the key that was written", async ({
    kv,
  }) => {
    const base = kv.watch([["log"]]).getReader();
    expect((await base.read()).value?.[0].value).toBeNull();
    const changes = kv.changes({ prefix: ["log"] }).getReader();
    expect((await changes.read()).value).toMatchObject({ type: "ready" });
    const { versionstamp } = await kv.set(["log", kv.commitVersionstamp()], 1);
    expect((await changes.read()).value).toMatchObject({
      entries: [{ key: ["log", versionstamp], value: 1 }],
    });
    await kv.set(["log"], "now");
    expect((await base.read()).value?.[0].value).toBe("now");
  });

  test("in a bucket with a relay commitVersionstamp() is refused, with the reason", async () => {
    await using synced = await openKv(freshName(), { relay: "ws://127.0.0.1:9" });
    const set = synced.set(["log", synced.commitVersionstamp()], 1);
    await expect(set).rejects.toThrow(KvError);
    await expect(set).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("another device would order") as string,
    });
    expect(await keysOf(synced.list({ prefix: [] }))).toEqual([]);
  });
});
