/**
 * Two devices that race for keys with `confirm: "relay"`: for each key exactly one wins, the other is told
 * with the error of a conflict, and both end with the winner's value. And what is told without the relay.
 */
import type { Bucket } from "@rockpool/nats-kv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { collect, failure, NatsBed, type OtherDevice } from "./bed.ts";

const races = 100;
const keys = Array.from({ length: races }, (_, index) => `race.${index}`);

/** Has both devices write each key at once; for each, who won. */
const race = async (write: (key: string, device: "one" | "two") => Promise<unknown>): Promise<string[]> =>
  Promise.all(
    keys.map(async (key) => {
      const outcomes = await Promise.allSettled([write(key, "one"), write(key, "two")]);
      const lost = outcomes.filter(({ status }) => status === "rejected");
      expect(lost).toMatchObject([{ reason: { name: "JetStreamApiError", code: 10071, status: 400 } }]);
      return outcomes[0]?.status === "fulfilled" ? "one" : "two";
    }),
  );

const standing = (kv: Bucket): Promise<(string | undefined)[]> =>
  Promise.all(keys.map(async (key) => (await kv.get(key))?.string()));

const ended = <T extends { stop(): void }>(iterator: T): T => {
  iterator.stop();
  return iterator;
};

const revisionsOf = async (kv: Bucket): Promise<ReadonlyMap<string, number>> =>
  new Map((await collect(await kv.watch().then(ended))).map(({ key, revision }) => [key, revision]));

describe.each(places.filter(({ name }) => name === "replica"))("$name", (place) => {
  const bed = new NatsBed(place);
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());

  const synced = async (other: OtherDevice): Promise<void> => {
    await (await bed.connection.openKv()).sync.flush();
    await other.kv.sync.flush();
  };

  /** A bucket on two devices; of each key a value, if it is to have one. */
  const openTwo = async (value?: string): Promise<readonly [Bucket, OtherDevice]> => {
    const kv = await bed.create({ history: 5 });
    if (value !== undefined) await Promise.all(keys.map((key) => kv.put(key, value)));
    const other = await bed.openOther(kv, { confirm: "relay" });
    await synced(other);
    return [kv, other];
  };

  const confirm = { confirm: "relay" } as const;

  test("100 races to create have one winner each", async () => {
    const [one, other] = await openTwo();
    await using two = other;
    const won = await race((key, device) =>
      device === "one" ? one.create(key, "one", undefined, confirm) : two.bucket.create(key, "two"),
    );
    await synced(two);
    expect(await standing(one)).toEqual(won);
    expect(await standing(two.bucket)).toEqual(won);
    expect(await two.kv.sync.rejected()).toEqual([]);
  });

  test("100 races to update have one winner each", async () => {
    const [one, other] = await openTwo("start");
    await using two = other;
    const [ofOne, ofTwo] = [await revisionsOf(one), await revisionsOf(two.bucket)];
    const won = await race((key, device) =>
      device === "one"
        ? one.update(key, "one", ofOne.get(key) ?? 0, 10_000, confirm)
        : two.bucket.update(key, "two", ofTwo.get(key) ?? 0),
    );
    await synced(two);
    expect(await standing(one)).toEqual(won);
    expect(await standing(two.bucket)).toEqual(won);
  });

  test("100 races to put with previousSeq have one winner each", async () => {
    const [one, other] = await openTwo("start");
    await using two = other;
    const [ofOne, ofTwo] = [await revisionsOf(one), await revisionsOf(two.bucket)];
    const won = await race((key, device) =>
      device === "one"
        ? one.put(key, "one", { previousSeq: ofOne.get(key) ?? 0, ...confirm })
        : two.bucket.put(key, "two", { previousSeq: ofTwo.get(key) ?? 0 }),
    );
    await synced(two);
    expect(await standing(one)).toEqual(won);
  });

  test("100 races to delete with previousSeq have one winner each", async () => {
    const [one, other] = await openTwo("start");
    await using two = other;
    const [ofOne, ofTwo] = [await revisionsOf(one), await revisionsOf(two.bucket)];
    await race((key, device) =>
      device === "one"
        ? one.delete(key, { previousSeq: ofOne.get(key) ?? 0, ...confirm })
        : two.bucket.delete(key, { previousSeq: ofTwo.get(key) ?? 0 }),
    );
    await synced(two);
    expect(new Set(await standing(one))).toEqual(new Set([""]));
    expect(await collect(await two.bucket.keys())).toEqual([]);
  });

  test("100 races for a lock have one holder each, and it can be taken again when it is given back", async () => {
    const [one, other] = await openTwo();
    await using two = other;
    const acquire = (key: string, device: "one" | "two"): Promise<number> =>
      device === "one" ? one.create(key, "one", undefined, confirm) : two.bucket.create(key, "two");
    for (let round = 0; round < 2; round++) {
      const holders = await race(acquire);
      await Promise.all(keys.map((key, index) => (holders[index] === "one" ? one : two.bucket).delete(key)));
      await synced(two);
    }
  });

  test("without confirm both win here; the later one's rejection is an event of kv.sync", async () => {
    const kv = await bed.create();
    await using two = await bed.openOther(kv);
    const own = await bed.connection.openKv();
    await synced(two);
    await two.kv.sync.pause();
    await two.bucket.create("k", "two");
    await kv.create("k", "one");
    await own.sync.flush();
    const rejections: string[] = [];
    two.kv.sync.addEventListener("rejected", ({ detail }) => {
      rejections.push(...detail.flatMap(({ commits }) => commits.map(({ reason }) => reason.type)));
    });
    const before = (await two.bucket.get("k"))?.revision ?? 0;
    await two.kv.sync.resume();
    await expect.poll(() => rejections).toEqual(["check"]);
    await expect.poll(async () => (await two.bucket.get("k"))?.string()).toBe("one");
    expect((await two.bucket.get("k"))?.revision).toBeGreaterThan(before);
    expect(await failure(() => two.bucket.update("k", "x", before))).toContain("wrong last sequence");
  });

  test("offline a confirmed write is refused with nothing written, and says why", async () => {
    const kv = await bed.create();
    await using two = await bed.openOther(kv);
    await two.kv.sync.pause();
    const error: unknown = await two.bucket
      .create("k", "two", undefined, confirm)
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ name: "RequestError", cause: { name: "KvError", code: "offline" } });
    expect(await two.bucket.get("k")).toBeNull();
    expect(await two.bucket.put("k", "blind")).toBeGreaterThan(0);
    await two.kv.sync.resume();
  });
});
