/**
 * Closing: what ends with a bucket, what can be called after it, and what cannot.
 */
import { KvError } from "rockpool";
import { describe, expect, test as base } from "vitest";
import { kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

describe("close and dispose", () => {
  test("closing twice throws at once; disposing is harmless, however often", async ({ kv }) => {
    kv.close();
    expect(() => kv.close()).toThrow(KvError);
    expect(() => kv.close()).toThrow(/is closed; open it again with openKv/);
    kv[Symbol.dispose]();
    kv[Symbol.dispose]();
    await kv[Symbol.asyncDispose]();
  });

  test("disposing an open bucket closes it", async ({ kv }) => {
    kv[Symbol.dispose]();
    expect(() => kv.close()).toThrow(KvError);
    await expect(kv.get(["k"])).rejects.toMatchObject({ code: "closed" });
  });

  test("calls after close fail with KvError closed, where Deno has BadResource", async ({ kv }) => {
    const operation = kv.atomic().set(["k"], 1);
    const entries = kv.list({ prefix: [] });
    kv.close();
    const calls = [
      kv.get(["k"]),
      kv.getMany([["k"]]),
      kv.set(["k"], 1),
      kv.delete(["k"]),
      operation.commit(),
      entries.next(),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { name: "KvError", code: "closed" } });
    }
    expect(() => kv.watch([["k"]])).toThrow(KvError);
  });

  test("atomic, list and commitVersionstamp can still be called", async ({ kv }) => {
    kv.close();
    expect(() =>
      kv
        .atomic()
        .check({ key: ["k"], versionstamp: null })
        .set(["k"], 1),
    ).not.toThrow();
    expect(() => kv.list({ prefix: [] })).not.toThrow();
    expect(() => kv.list({ prefix: [] }).cursor).toThrow("Cannot get cursor before first iteration");
    expect(kv.commitVersionstamp()).toBeTypeOf("symbol");
    await expect(kv.atomic().commit()).rejects.toMatchObject({ code: "closed" });
  });

  test("calls in flight fail with KvError closed, where Deno has a TypeError", async ({ kv }) => {
    const calls = [kv.get(["k"]), kv.set(["k"], 1), kv.list({ prefix: [] }).next()];
    kv.close();
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { name: "KvError", code: "closed" } });
    }
  });
});
