/**
 * The patterns that NATS' users are shown, as they are written there: a counter, a conditional update with
 * backoff, and a lock; with the older package's names.
 */
import {
  connect,
  JSONCodec,
  type KV,
  type NatsConnection,
  NatsError,
  type OlderKvOptions,
  StringCodec,
} from "@rockpool/nats-kv/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { failure, NatsBed } from "./bed.ts";

const sc = StringCodec();

async function incrementCounter(kv: KV, key: string): Promise<number> {
  while (true) {
    const current = await kv.get(key);
    const currentValue = current ? parseInt(StringCodec().decode(current.value)) : 0;
    const newValue = currentValue + 1;

    try {
      if (current) {
        await kv.update(key, StringCodec().encode(newValue.toString()), current.revision);
      } else {
        await kv.create(key, StringCodec().encode(newValue.toString()));
      }
      return newValue;
    } catch {
      // Conflict detected, retry
      continue;
    }
  }
}

async function conditionalUpdate<T>(
  kv: KV,
  key: string,
  updateFn: (current: T | null) => T,
  codec: { encode(value: T): Uint8Array; decode(data: Uint8Array): T },
  maxRetries = 10,
): Promise<number> {
  for (let i = 0; i < maxRetries; i++) {
    const current = await kv.get(key);
    const currentValue = current ? codec.decode(current.value) : null;
    const newValue = updateFn(currentValue);

    try {
      if (current) {
        return await kv.update(key, codec.encode(newValue), current.revision);
      } else {
        return await kv.create(key, codec.encode(newValue));
      }
    } catch (err) {
      if (i === maxRetries - 1) throw err;
      // Wait with exponential backoff
      await new Promise((resolve) => setTimeout(resolve, Math.pow(2, i)));
    }
  }
  throw new Error("Max retries exceeded");
}

class DistributedLock {
  readonly kv: KV;
  readonly lockKey: string;
  readonly ttl: number;

  constructor(kv: KV, lockKey: string, ttl: number) {
    this.kv = kv;
    this.lockKey = lockKey;
    this.ttl = ttl;
  }

  async acquire(holder: string, timeout = 5000): Promise<boolean> {
    const deadline = Date.now() + timeout;

    while (Date.now() < deadline) {
      try {
        await this.kv.create(this.lockKey, StringCodec().encode(holder));
        return true;
      } catch {
        // Lock exists, check if expired
        const current = await this.kv.get(this.lockKey);
        if (current && Date.now() - current.created.getTime() > this.ttl) {
          try {
            await this.kv.update(this.lockKey, StringCodec().encode(holder), current.revision);
            return true;
          } catch {
            // Someone else got it, continue loop
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }

    return false;
  }

  async release(holder: string): Promise<boolean> {
    const current = await this.kv.get(this.lockKey);
    if (current && StringCodec().decode(current.value) === holder) {
      await this.kv.delete(this.lockKey);
      return true;
    }
    return false;
  }
}

describe.each(places)("$name", (place) => {
  const bed = new NatsBed(place);
  let nc: NatsConnection;
  beforeAll(async () => {
    await bed.start();
    nc = await connect({ bucket: bed.name, ...place.options(bed.name) });
  });
  afterAll(async () => {
    await nc.close();
    await bed.stop();
  });

  const open = (options: OlderKvOptions = {}): Promise<KV> => nc.jetstream().views.kv(bed.newName(), options);

  test("an atomic counter counts every increment", async () => {
    const kv = await open();
    const counted = await Promise.all(Array.from({ length: 20 }, () => incrementCounter(kv, "n")));
    expect(counted.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    expect(sc.decode((await kv.get("n"))?.value ?? new Uint8Array())).toBe("20");
  });

  test("a conditional update with backoff loses nothing", async () => {
    const kv = await open();
    const codec = JSONCodec<string[]>();
    const names = ["a", "b", "c", "d", "e"];
    await Promise.all(
      names.map((name) => conditionalUpdate(kv, "all", (all) => [...(all ?? []), name], codec)),
    );
    expect(codec.decode((await kv.get("all"))?.value ?? new Uint8Array()).toSorted()).toEqual(names);
  });

  test("a lock has one holder, passes on when it is released or its holder is gone too long", async () => {
    const lock = new DistributedLock(await open(), "lock", 60_000);
    expect(await lock.acquire("one")).toBe(true);
    expect(await lock.acquire("two", 50)).toBe(false);
    expect(await lock.release("two")).toBe(false);
    const waiting = lock.acquire("two");
    expect(await lock.release("one")).toBe(true);
    expect(await waiting).toBe(true);
    const hasty = new DistributedLock(lock.kv, "lock", 5);
    expect(await hasty.acquire("three")).toBe(true);
  });

  test("1.3 older package: errors of NatsError with the status as code, and api_error", async () => {
    const kv = await open();
    const revision = await kv.put("a", sc.encode("1"));
    for (const call of [() => kv.create("a", "2"), () => kv.update("a", "2", revision + 9)]) {
      const error: unknown = await call().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(NatsError);
      const description = `wrong last sequence: ${revision}`;
      expect(error).toMatchObject({ code: "400", api_error: { code: 400, err_code: 10071, description } });
    }
    expect(() => void kv.update("a", "2", 0)).toThrow("version must be greater than 0");
    expect(await failure(() => kv.put("a", 5 as unknown as string))).toBe(
      "NatsError BAD_PAYLOAD BAD_PAYLOAD",
    );
    expect(await failure(() => kv.get("a b"))).toBe("Error invalid key: a b");
    expect(await failure(() => open({ ttl: 50 }))).toBe("NatsError 500 max age needs to be >= 100ms");
    expect(await failure(() => JSONCodec().decode(sc.encode("{")))).toBe("NatsError BAD_JSON Bad JSON");
  });

  test("1.3 older package: watch calls initializedFn behind what stood, also when that is nothing", async () => {
    const kv = await open({ history: 3 });
    await kv.put("a", "1");
    const told: string[] = [];
    const iterator = await kv.watch({ initializedFn: () => told.push("initialized") });
    void (async () => {
      for await (const { key } of iterator) told.push(key);
    })();
    await kv.put("b", "2");
    await expect.poll(() => told).toEqual(["a", "initialized", "b"]);
    const empty = await kv.watch({ key: "none", initializedFn: () => told.push("empty") });
    void empty[Symbol.asyncIterator]().next();
    await expect.poll(() => told.at(-1)).toBe("empty");
    for (const each of [iterator, empty]) each.stop();
  });

  test("1.3 older package: close, remove, bindOnly, maxBucketSize, status", async () => {
    const kv = await open({ history: 3, maxBucketSize: 5000 });
    await kv.put("a", "1");
    await kv.remove("a");
    expect((await kv.get("a"))?.operation).toBe("PURGE");
    expect(await kv.status()).toMatchObject({ history: 3, max_bytes: 5000, values: 1 });
    expect(await kv.close()).toBeUndefined();
    const bound = await open({ bindOnly: true });
    expect(await failure(() => bound.put("a", "1"))).toMatch(/^NatsError 503/);
  });
});
