/**
 * When an entry ends: never before its time, and at its time for every reader, where Deno may show it
 * for a minute more. On a clock that the test alone moves.
 */
import { serveHost } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { type Kv, KvU64 } from "rockpool";
import { connectKv } from "rockpool/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeDevice } from "../fake-environment.ts";
import { keysOf, valueOf } from "./kv-fixture.ts";

let device: FakeDevice;
let kv: Kv;

const openTab = (storage: MemoryStorage): Promise<Kv> => {
  const { environment } = device.openTab();
  const host = serveHost({ environment, openLog: () => openMemoryLog(storage) });
  return connectKv({ bucket: "b", database: "b", durability: "relaxed" }, host, { locks: environment.locks });
};

describe("expiry", () => {
  beforeEach(async () => {
    device = new FakeDevice();
    kv = await openTab(new MemoryStorage());
  });

  afterEach(() => kv[Symbol.asyncDispose]());

  test("an entry is there to the last millisecond of its life and not after it", async () => {
    await kv.set(["k"], 1, { expireIn: 100 });
    device.advance(99);
    expect(await valueOf(kv, "k")).toBe(1);
    device.advance(1);
    expect(await kv.get(["k"])).toEqual({ key: ["k"], value: null, versionstamp: null });
    expect(await keysOf(kv.list({ prefix: [] }))).toEqual([]);
    const absent = kv.atomic().check({ key: ["k"], versionstamp: null });
    expect((await absent.set(["k"], 2).commit()).ok).toBe(true);
  });

  test("entries of one commit with one life end together, others in the order of their lives", async () => {
    const atomic = kv.atomic();
    for (const [name, expireIn] of Object.entries({ a: 20, b: 10, c: 10, d: 30 })) {
      atomic.set([name], name, { expireIn });
    }
    await atomic.commit();
    const left: unknown[] = [];
    for (let ms = 0; ms < 40; ms += 10) {
      left.push((await keysOf(kv.list({ prefix: [] }))).flat().join(""));
      device.advance(10);
    }
    expect(left).toEqual(["abcd", "ad", "d", ""]);
  });

  test("a later set replaces the life of an entry, and without one it never ends", async () => {
    await kv.set(["longer"], 1, { expireIn: 10 });
    await kv.set(["longer"], 2, { expireIn: 1000 });
    await kv.set(["for ever"], 1, { expireIn: 10 });
    await kv.set(["for ever"], 2);
    device.advance(999);
    expect([await valueOf(kv, "longer"), await valueOf(kv, "for ever")]).toEqual([2, 2]);
    device.advance(3_600_000);
    expect([await valueOf(kv, "longer"), await valueOf(kv, "for ever")]).toEqual([null, 2]);
  });

  test("sum, min and max end the expiry of an entry, and begin anew on one that has ended", async () => {
    for (const type of ["sum", "min", "max"] as const) {
      const five = new KvU64(5n);
      await kv.set([type], five, { expireIn: 10 });
      await kv.set([`${type} ended`], five, { expireIn: 0 });
      const operation = kv.atomic();
      operation[type]([type], 5n);
      operation[type]([`${type} ended`], 3n);
      await operation.commit();
    }
    device.advance(1000);
    for (const type of ["sum", "min", "max"]) {
      expect(await valueOf(kv, type)).toMatchObject({ value: type === "sum" ? 10n : 5n });
      expect(await valueOf(kv, `${type} ended`)).toMatchObject({ value: 3n });
    }
  });
});
