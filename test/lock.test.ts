/**
 * Locks between the tabs of one device, on a clock that only the test moves: one holder at a time,
 * leases that never overlap, tokens that grow, and an end to every wait.
 */
import { serveHost } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import type { Kv, Lease } from "rockpool";
import { connectKv } from "rockpool/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeDevice, type FakeTab, seededRandom } from "./fake-environment.ts";
import { turn } from "./store/store-device.ts";

interface Tab {
  readonly kv: Kv;
  readonly tab: FakeTab;
}

const ttlMs = 3000;

let device: FakeDevice;
let storage: MemoryStorage;
let tabs: Tab[];

beforeEach(() => {
  device = new FakeDevice({ random: seededRandom(1) });
  storage = new MemoryStorage();
  tabs = [];
});

afterEach(async () => {
  await Promise.all(tabs.map(({ kv }) => kv[Symbol.asyncDispose]()));
});

const openTab = async (): Promise<Tab> => {
  const tab = device.openTab();
  const { environment } = tab;
  const api = serveHost({ environment, openLog: () => openMemoryLog(storage) });
  const open = { bucket: "b", database: "locks", durability: "relaxed" } as const;
  const opened = { kv: await connectKv(open, api, { locks: environment.locks, clock: environment }), tab };
  tabs.push(opened);
  return opened;
};

/** Lets everything that needs no clock happen. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 60; turns++) await turn();
};

/** Moves the clock in small steps, each with time to act. */
const pass = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 100) {
    device.advance(100);
    await settle();
  }
};

/** Takes a lock and holds it until told. */
const hold = (kv: Kv, signal?: AbortSignal) => {
  const release = Promise.withResolvers<string>();
  const held = Promise.withResolvers<Lease>();
  const options = signal === undefined ? { ttlMs } : { ttlMs, signal };
  const done = kv.lock(["lock"], options, (lease) => {
    held.resolve(lease);
    return release.promise;
  });
  return { held: held.promise, release: () => release.resolve("done"), done };
};

/** The lease, if it is held by now. */
const leaseNow = async (holding: { readonly held: Promise<Lease> }): Promise<Lease | undefined> => {
  await settle();
  return Promise.race([holding.held, Promise.resolve(undefined)]);
};

describe("a lock", () => {
  test("is held by one, waited for by others, and handed on with a greater token", async () => {
    const [a, b] = [await openTab(), await openTab()];
    const first = hold(a.kv);
    const { token } = await first.held;
    expect(token).toMatch(/^[0-9a-f]{20}$/);
    const second = hold(b.kv);
    const third = hold(a.kv);
    expect(await leaseNow(second)).toBeUndefined();
    first.release();
    expect(await first.done).toBe("done");
    await settle();
    const [next, last] = (await leaseNow(second)) === undefined ? [third, second] : [second, third];
    const { token: nextToken } = await next.held;
    expect(nextToken > token).toBe(true);
    expect(await leaseNow(last)).toBeUndefined();
    next.release();
    expect((await last.held).token > nextToken).toBe(true);
    last.release();
    await Promise.all([second.done, third.done]);
    expect((await a.kv.get(["lock"])).value).toBeNull();
  });

  test("is given back when the work throws, and what it threw comes out", async () => {
    const { kv } = await openTab();
    const failing = kv.lock(["lock"], { ttlMs }, () => {
      throw new RangeError("of the work");
    });
    await expect(failing).rejects.toThrow("of the work");
    expect((await kv.get(["lock"])).value).toBeNull();
  });

  test("is renewed while its work goes on, however long that is", async () => {
    const [a, b] = [await openTab(), await openTab()];
    const first = hold(a.kv);
    const { signal } = await first.held;
    const second = hold(b.kv);
    await pass(10 * ttlMs);
    expect(signal.aborted).toBe(false);
    expect(await leaseNow(second)).toBeUndefined();
    first.release();
    await second.held;
    second.release();
    await second.done;
  });

  test("is free when the life of a killed holder's lease is over, and not before", async () => {
    const [a, b] = [await openTab(), await openTab()];
    await hold(a.kv).held;
    const second = hold(b.kv);
    await settle();
    a.tab.kill();
    tabs.shift();
    await pass(ttlMs - 100);
    expect(await leaseNow(second)).toBeUndefined();
    await pass(200);
    expect(await leaseNow(second)).toBeDefined();
    second.release();
    await second.done;
  });

  test("is lost by a holder that slept through its lease: the signal aborts, the next has a greater token", async () => {
    const [a, b] = [await openTab(), await openTab()];
    const first = hold(a.kv);
    const { signal, token } = await first.held;
    // The clock jumps: no timer of either tab had its turn in between.
    device.advance(ttlMs);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: "KvError", code: "lock-lost" });
    const second = hold(b.kv);
    await pass(100);
    const next = await leaseNow(second);
    expect(next !== undefined && next.token > token).toBe(true);
    first.release();
    expect(await first.done).toBe("done");
    await settle();
    // What the late one gave back was not the lock of the next.
    expect((await b.kv.get(["lock"])).value).not.toBeNull();
    second.release();
    await second.done;
  });

  test("is lost when its entry is deleted or overwritten by hand", async () => {
    const { kv } = await openTab();
    for (const write of [() => kv.delete(["lock"]), () => kv.set(["lock"], { owner: "x", untilMs: 0 })]) {
      const holding = hold(kv);
      const { signal } = await holding.held;
      await write();
      await settle();
      expect(signal.aborted).toBe(true);
      holding.release();
      await holding.done;
      await kv.delete(["lock"]);
    }
  });

  test("is not waited for any longer when the signal aborts, and the work is not run", async () => {
    const [a, b] = [await openTab(), await openTab()];
    const first = hold(a.kv);
    await first.held;
    const stop = new AbortController();
    const second = hold(b.kv, stop.signal);
    await settle();
    stop.abort(new Error("no more"));
    await expect(second.done).rejects.toThrow("no more");
    await expect(hold(b.kv, stop.signal).done).rejects.toThrow("no more");
    first.release();
    await first.done;
    expect(await leaseNow(second)).toBeUndefined();
    expect((await b.kv.get(["lock"])).value).toBeNull();
  });

  test("is refused where something else stands, for a life that cannot be, and in a closed bucket", async () => {
    const { kv } = await openTab();
    await kv.set(["lock"], "mine");
    await expect(kv.lock(["lock"], { ttlMs }, () => 1)).rejects.toThrow("holds something that is no lease");
    await expect(kv.lock(["l"], { ttlMs: 99 }, () => 1)).rejects.toThrow(
      "ttlMs must be an integer from 100 to 86400000: received 99",
    );
    await kv[Symbol.asyncDispose]();
    tabs.pop();
    await expect(kv.lock(["l"], { ttlMs }, () => 1)).rejects.toMatchObject({ code: "closed" });
  });
});

describe("many who take a lock by turns", () => {
  test.each([1, 2, 3, 4, 5])("never hold it at once, tabs freeze and die or not (seed %i)", async (seed) => {
    const random = seededRandom(seed);
    const draw = (below: number): number => Math.floor(random() * below);
    const holders = new Set<Lease>();
    const tokens: string[] = [];
    let overlaps = 0;
    await Promise.all([openTab(), openTab(), openTab()]);
    const work = (lease: Lease): Promise<void> => {
      for (const other of holders) if (!other.signal.aborted) overlaps++;
      holders.add(lease);
      tokens.push(lease.token);
      return new Promise((resolve) => {
        device.openTab().environment.setTimer(
          () => {
            holders.delete(lease);
            resolve();
          },
          draw(2 * ttlMs),
        );
      });
    };
    const locks: Promise<void>[] = [];
    for (let step = 0; step < 60; step++) {
      const { kv } = tabs[draw(tabs.length)] as Tab;
      if (draw(3) > 0) locks.push(kv.lock(["lock"], { ttlMs }, work));
      if (draw(6) === 0) device.advance(draw(2) === 0 ? ttlMs - 1 : ttlMs + draw(500));
      await pass(draw(5) * 100);
    }
    const all = Promise.all(locks).then(() => true);
    for (let waits = 0; waits < 200 && !(await Promise.race([all, turn().then(() => false)])); waits++) {
      await pass(ttlMs);
    }
    await all;
    expect(overlaps).toBe(0);
    expect(tokens).toHaveLength(locks.length);
    expect(tokens).toEqual(tokens.toSorted());
    expect(new Set(tokens).size).toBe(tokens.length);
  });
});
