/**
 * Section 1.12 of Deno KV's behaviour: what is enqueued is delivered, once where nothing dies and again
 * where something does. In a bucket that has a relay queues are refused.
 */
import { errors, type Kv, type KvEnqueueOptions, KvU64, openKv } from "@rockpool/deno-kv";
import { openKv as openBucket } from "rockpool";
import { describe, expect, onTestFinished, test } from "vitest";
import { anything, type Bed, drain, rejects, throwsAtOnce } from "./bed.ts";

/** Long enough that nothing is taken for lost in a test that is about something else, in ms. */
const longLeaseMs = 60_000;
/** Short to wait for, and longer than a busy machine keeps a renewal waiting, in ms. */
const shortLeaseMs = 500;

/** A busy machine may take its time. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });

/** A database of its own for each test, and other tabs of it. */
const openQueue = async (): Promise<{
  readonly kv: Kv;
  readonly open: (leaseMs?: number) => Promise<Kv>;
}> => {
  const bucket = `deno-kv-queue-${crypto.randomUUID()}`;
  const open = async (queueLeaseMs = longLeaseMs): Promise<Kv> => {
    const kv = await openKv(bucket, { queueLeaseMs });
    onTestFinished(() => kv[Symbol.dispose]());
    return kv;
  };
  return { kv: await open(), open };
};

/** Errors of handlers are reported where uncaught ones are; here they are expected, and collected. */
const collectReports = (): unknown[] => {
  const reports: unknown[] = [];
  const platform = globalThis as { reportError?: (error: unknown) => void };
  const before = Object.getOwnPropertyDescriptor(platform, "reportError");
  platform.reportError = (error) => reports.push(error);
  onTestFinished(() => {
    if (before === undefined) delete platform.reportError;
    else Object.defineProperty(platform, "reportError", before);
  });
  return reports;
};

/** Everything that a listener is given, in the order in which it is. */
const listen = (kv: Kv, handle: (value: unknown) => Promise<void> | void = () => {}): unknown[] => {
  const given: unknown[] = [];
  void kv.listenQueue((value) => {
    given.push(value);
    return handle(value);
  });
  return given;
};

const fail = (): never => {
  throw new Error("the handler failed, as the test wants");
};

const never = (): Promise<void> => new Promise(() => {});

export const describeQueue = (bed: Bed): void => {
  describe("1.12 queue", () => {
    test("1.12 options: delay is 0 to 30 days, a backoff has five intervals of an hour at most", () => {
      const refusals: readonly (readonly [KvEnqueueOptions, string])[] = [
        [{ delay: -1 }, "Delay must be >= 0: received -1"],
        [{ delay: 2_592_000_001 }, "Delay cannot be greater than 30 days: received 2592000001"],
        [{ delay: NaN }, "Delay cannot be NaN"],
        [{ delay: anything("5") }, "serde_v8 error: invalid type; expected: integer, got: string"],
        [{ backoffSchedule: [1, 2, 3, 4, 5, 6] }, "Invalid backoffSchedule, max 5 intervals allowed"],
        [{ backoffSchedule: [-1] }, "Invalid backoffSchedule, interval at index 0 is invalid"],
        [{ backoffSchedule: [1, 3_600_001] }, "Invalid backoffSchedule, interval at index 1 is invalid"],
        [{ backoffSchedule: [NaN] }, "Invalid backoffSchedule, interval at index 0 is invalid"],
        [{ keysIfUndelivered: anything("k") }, "serde_v8 error: invalid type; expected: array, got: string"],
      ];
      for (const [options, message] of refusals) {
        throwsAtOnce(() => bed.kv.atomic().enqueue(1, options), [TypeError, message]);
      }
      for (const options of [null, undefined, {}, { delay: null, keysIfUndelivered: null }]) {
        bed.kv.atomic().enqueue(1, anything(options));
      }
      const most = { delay: 2_592_000_000, backoffSchedule: [0, 1, 2, 3, 3_600_000] };
      bed.kv.atomic().enqueue(1, most);
    });

    test("1.12 payload: is cloned at the call, or refused then; its size at the commit", async () => {
      throwsAtOnce(() => bed.kv.atomic().enqueue(Symbol("x")), [TypeError, "Symbol(x) could not be cloned."]);
      await rejects(() => bed.kv.enqueue(Symbol("x")), [TypeError, "Symbol(x) could not be cloned."]);
      const tooLarge = [TypeError, "enqueue payload too large (max 65536 bytes)"] as const;
      await rejects(() => bed.kv.enqueue("x".repeat(65_531)), tooLarge);
      await rejects(() => bed.kv.enqueue(1, { keysIfUndelivered: [[]] }), [TypeError, "key cannot be empty"]);
      await rejects(
        () => bed.kv.enqueue(1, { keysIfUndelivered: [[anything(null)]] }),
        [TypeError, "expected string, number, bigint, ArrayBufferView, boolean"],
      );
    });

    (bed.place.name === "replica" ? describeRefusal : describeDelivery)(bed);
  });
};

const describeRefusal = (bed: Bed): void => {
  test("1.12 queue (local by DESIGN 5): enqueue and listenQueue are refused with the reason, and nothing is written", async () => {
    const { kv } = bed;
    const at = bed.at();
    for (const call of [
      () => kv.enqueue(1),
      () => kv.listenQueue(() => {}),
      () => kv.atomic().set([at], 1).enqueue(1).commit(),
    ]) {
      await expect(call()).rejects.toThrow(errors.NotSupported);
      await expect(call()).rejects.toThrow(/^a bucket that has a relay has no queue: which device takes/);
    }
    expect((await kv.get([at])).value).toBeNull();
  });
};

const describeDelivery = (): void => {
  describeDeath();
  test("1.12 payload: arrives as structured clone leaves it; a KvU64 as a plain object", async () => {
    const { kv } = await openQueue();
    const given = listen(kv);
    const values = [1, null, undefined, { at: new Date(0) }, new Uint8Array([1, 2]), "x".repeat(65_530)];
    for (const value of values) await kv.enqueue(value);
    await kv.enqueue(new KvU64(3n));
    await eventually(() => given).toHaveLength(values.length + 1);
    for (const value of [...values, { value: 3n }]) expect(given).toContainEqual(value);
  });

  test("1.12 enqueue: gives the versionstamp of its commit, and is in no list", async () => {
    const { kv } = await openQueue();
    const result = await kv.enqueue(1);
    expect(result).toEqual({ ok: true, versionstamp: expect.stringMatching(/^[\da-f]{20}$/) as string });
    expect(await drain(kv.list({ prefix: [] }))).toEqual([]);
    expect(await drain(kv.list({ start: [], end: [true, true] }))).toEqual([]);
    expect(await drain(kv.list({ start: [new Uint8Array()], end: ["a"] }, { reverse: true }))).toEqual([]);
  });

  test("1.12 delay: a message comes neither before it nor in its sender's way", async () => {
    const { kv } = await openQueue();
    const given: unknown[] = [];
    const atMs: number[] = [];
    void kv.listenQueue((value) => {
      given.push(value);
      atMs.push(Date.now());
    });
    const before = Date.now();
    await kv.enqueue("later", { delay: 120 });
    await kv.enqueue("now");
    await eventually(() => given).toEqual(["now", "later"]);
    expect((atMs[1] ?? 0) - before).toBeGreaterThanOrEqual(120);
  });

  test("1.12 delay: a message outlives the life that the bucket gives its entries", async () => {
    using kv = await openKv(`deno-kv-queue-${crypto.randomUUID()}`, { expireIn: 20 });
    const given = listen(kv);
    await kv.set(["short-lived"], 1);
    await kv.enqueue("kept", { delay: 100 });
    await eventually(() => given).toEqual(["kept"]);
    expect((await kv.get(["short-lived"])).value).toBeNull();
  });

  test("1.12 atomic: messages are committed with the other mutations, or not at all", async () => {
    const { kv } = await openQueue();
    const given = listen(kv);
    const refused = kv
      .atomic()
      .check({ key: ["k"], versionstamp: "0".repeat(20) })
      .enqueue("refused");
    expect(await refused.commit()).toEqual({ ok: false });
    await kv.set(["text"], "x");
    await expect(kv.atomic().enqueue("rolled back").sum(["text"], 1n).commit()).rejects.toThrow(TypeError);
    const operation = kv.atomic().set(["k"], 1).enqueue("a").enqueue("b");
    await operation.commit();
    await operation.commit();
    await eventually(() => given.toSorted()).toEqual(["a", "a", "b", "b"]);
    expect((await kv.get(["k"])).value).toBe(1);
  });

  test("1.12 listenQueue: of several listeners, in several tabs, one gets each message", async () => {
    const { kv, open } = await openQueue();
    const tabs = [kv, await open(), await open()];
    const given = tabs.flatMap((tab) => [listen(tab), listen(tab)]);
    const messages = Array.from({ length: 120 }, (_, index) => index);
    await Promise.all(messages.map((message) => kv.enqueue(message)));
    await eventually(() => given.flat().length).toBeGreaterThanOrEqual(120);
    await kv.enqueue("last");
    await eventually(() => given.flat()).toContain("last");
    const numbers = given.flat().filter((value) => typeof value === "number");
    expect(numbers.toSorted((a, b) => a - b)).toEqual(messages);
    expect(given.filter((part) => part.length > 0).length).toBeGreaterThan(1);
  });

  test("1.12 listenQueue: handlers run side by side; one that waits holds up nobody", async () => {
    const { kv } = await openQueue();
    const given = listen(kv, (value) => (value === "slow" ? never() : undefined));
    await kv.enqueue("slow");
    await eventually(() => given).toEqual(["slow"]);
    await kv.enqueue("quick");
    await eventually(() => given).toEqual(["slow", "quick"]);
  });

  test("1.12 listenQueue: more messages than run at once are delivered all the same", async () => {
    const { kv } = await openQueue();
    let running = 0;
    let most = 0;
    const given = listen(kv, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
    });
    const operation = kv.atomic();
    for (let index = 0; index < 300; index++) operation.enqueue(index);
    await operation.commit();
    await eventually(() => given).toHaveLength(300);
    expect(most).toBeLessThanOrEqual(100);
  });

  test("1.12 listenQueue: is fulfilled when the database is closed", async () => {
    const { open } = await openQueue();
    const kv = await open();
    const listening = kv.listenQueue(() => {});
    kv.close();
    expect(await listening).toBeUndefined();
  });

  test("1.12 listenQueue: a message whose payload was deleted by other code is dropped", async () => {
    const bucket = await openBucket(`deno-kv-queue-${crypto.randomUUID()}`);
    onTestFinished(() => bucket[Symbol.dispose]());
    const kv = await openKv(bucket);
    await kv.enqueue("lost");
    await bucket.delete({ prefix: [new Uint8Array(), "payload"] });
    const given = listen(kv);
    await kv.enqueue("next");
    await eventually(() => bucket.count({ prefix: [new Uint8Array()] })).toBe(0);
    expect(given).toEqual(["next"]);
    kv.close();
  });

  test("1.12 backoff: a failed message comes again after each interval, then lies under its keys in one commit", async () => {
    const reports = collectReports();
    const { kv } = await openQueue();
    const atMs: number[] = [];
    const given = listen(kv, (value) => {
      atMs.push(Date.now());
      (value as { text: string }).text = "changed by the handler";
      fail();
    });
    await kv.enqueue(
      { text: "as it was sent" },
      {
        backoffSchedule: [30, 60],
        keysIfUndelivered: [
          ["failed", 1],
          ["failed", new Uint8Array([2])],
        ],
      },
    );
    await eventually(async () => (await kv.get(["failed", 1])).value).toEqual({ text: "as it was sent" });
    expect(given).toHaveLength(3);
    expect(reports.map(String)).toEqual(Array(3).fill("Error: the handler failed, as the test wants"));
    const [first = 0, second = 0, third = 0] = atMs;
    expect(second - first).toBeGreaterThanOrEqual(30);
    expect(third - second).toBeGreaterThanOrEqual(60);
    const [one, two] = await kv.getMany([
      ["failed", 1],
      ["failed", new Uint8Array([2])],
    ]);
    expect(two.value).toEqual(one.value);
    expect(two.versionstamp).toBe(one.versionstamp);
  });

  test("1.12 backoff: without a schedule the default holds, with an empty one there is one attempt", async () => {
    const reports = collectReports();
    const { kv } = await openQueue();
    let failures = 0;
    const given = listen(kv, async (value) => {
      if (value === "once" || ++failures < 2) fail();
    });
    const before = Date.now();
    await kv.enqueue("default");
    await kv.enqueue("once", { backoffSchedule: [], keysIfUndelivered: [["once"]] });
    await eventually(async () => (await kv.get(["once"])).value).toBe("once");
    await eventually(() => given.filter((value) => value === "default")).toHaveLength(2);
    expect(Date.now() - before).toBeGreaterThanOrEqual(100);
    expect(given.filter((value) => value === "once")).toHaveLength(1);
    expect(reports).toHaveLength(2);
  });
};

const describeDeath = (): void => {
  test("1.12 restart: what nobody listened to is delivered by the next who opens the database", async () => {
    const { kv, open } = await openQueue();
    const sender = await open();
    await sender.enqueue("kept");
    sender.close();
    const given = listen(kv);
    await eventually(() => given).toEqual(["kept"]);
  });

  test("1.12 at least once: when a tab dies in the middle another one delivers its message", async () => {
    const { kv, open } = await openQueue();
    const dying = await open(shortLeaseMs);
    const begun = listen(dying, never);
    await kv.enqueue("survives");
    await eventually(() => begun).toEqual(["survives"]);
    const given = listen(kv);
    dying.close();
    await eventually(() => given).toEqual(["survives"]);
    await kv.enqueue("last");
    await eventually(() => given).toEqual(["survives", "last"]);
  });

  test("1.12 at least once: deaths use up attempts, and then the message lies under its keys", async () => {
    const { kv, open } = await openQueue();
    await kv.enqueue("poison", { backoffSchedule: [0], keysIfUndelivered: [["dead"]] });
    for (let deaths = 0; deaths < 2; deaths++) {
      const dying = await open(shortLeaseMs);
      const begun = listen(dying, never);
      await eventually(() => begun).toEqual(["poison"]);
      dying.close();
    }
    const given = listen(kv);
    await eventually(async () => (await kv.get(["dead"])).value).toBe("poison");
    expect(given).toEqual([]);
  });

  test("1.12 lease: a handler keeps its message for as long as it runs, past its lease", async () => {
    const { kv, open } = await openQueue();
    const slow = await open(shortLeaseMs);
    let finish: (() => void) | undefined;
    const slowly = listen(slow, () => new Promise((resolve) => (finish = resolve)));
    await kv.enqueue("long");
    await eventually(() => slowly).toEqual(["long"]);
    const given = listen(kv);
    // Most of two leases, by messages that are delivered meanwhile.
    for (let round = 0; round < 4; round++) await kv.enqueue(round, { delay: round * 300 });
    await eventually(() => given.length + slowly.length).toBe(5);
    expect([...given, ...slowly].filter((value) => value === "long")).toHaveLength(1);
    finish?.();
    slow.close();
  });

  test("1.12 close: over a bucket that stays open, a handler that ends later still answers for its message", async () => {
    await using bucket = await openBucket(":memory:");
    const first = await openKv(bucket, { queueLeaseMs: shortLeaseMs });
    let finish: (() => void) | undefined;
    const begun = listen(first, () => new Promise((resolve) => (finish = resolve)));
    await first.enqueue("answered");
    await eventually(() => begun).toEqual(["answered"]);
    first.close();
    finish?.();
    await eventually(() => bucket.count({ prefix: [new Uint8Array()] })).toBe(0);
  });
};
