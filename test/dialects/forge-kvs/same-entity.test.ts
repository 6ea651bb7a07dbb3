/**
 * Two devices that write one entity without knowing of each other: the later write wins, and every index
 * tells what the entity says, on both. What the loser left in an index is passed over, and goes with the
 * entity's next write. And what a device does that is offline.
 */
import { Filter, FilterConditions, ForgeKvsAPIError, WhereConditions } from "@forge/kvs";
import { type Kv, openKv } from "rockpool";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { type ForgeSdk, refusal, sdkOver } from "./forge-bed.ts";

interface Row {
  n: number;
}
const failIfExists = { keyPolicy: "FAIL_IF_EXISTS" } as const;

/** Pseudo-random numbers below `bound`, the same for the same seed. */
const randomOf = (seed: number): ((bound: number) => number) => {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 10) % bound;
  };
};

const indexEntries = (kv: Kv): Promise<number> => kv.count({ prefix: ["forge-kvs", "index", "row", "n"] });

/** So that what comes is later by any clock, with some room for how well two devices' clocks agree. */
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** A transaction whose condition did not hold did nothing, and is none of the test's. */
const passOver = (error: unknown): void => {
  if (!(error instanceof ForgeKvsAPIError) || error.code !== "CONDITIONAL_CHECK_FAILED") throw error;
};

/** All entities by an index, a page at a time: key and n. */
const readAll = async (sdk: ForgeSdk, index: string): Promise<readonly string[]> => {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const query = sdk.entity<Row>("row").query().index(index).limit(3);
    if (cursor !== undefined) query.cursor(cursor);
    const { results, nextCursor } = await query.getMany();
    found.push(...results.map(({ key, value }) => `${value.n} ${key}`));
    cursor = nextCursor;
  } while (cursor !== undefined);
  return found;
};

describe.each(places)("$name", (place) => {
  const isAlone = place.name === "alone";
  const bucket = `forge-same-${crypto.randomUUID()}`;
  let devices: readonly [Kv, Kv];
  let one: ForgeSdk;
  let other: ForgeSdk;

  const settle = async (): Promise<void> => {
    if (isAlone) return;
    for (const { sync } of [...devices, devices[0]]) await sync.flush();
  };
  /** Cuts both off from each other, where they are two devices. */
  const apart = async (work: () => Promise<void>): Promise<void> => {
    if (!isAlone) await Promise.all(devices.map(({ sync }) => sync.pause()));
    await work();
    if (isAlone) return;
    for (const { sync } of devices) await sync.resume();
    await settle();
  };

  beforeAll(async () => {
    await place.start();
    devices = [await openKv(bucket, place.options(bucket)), await place.openOther(bucket)];
    [one, other] = [sdkOver(devices[0]), sdkOver(devices[1])];
  });
  beforeEach(async () => {
    for (const { sync } of devices) {
      for (const { id } of await sync.rejected()) await sync.discard(id);
    }
    await devices[0].delete({ prefix: ["forge-kvs"] });
    await settle();
  });
  afterAll(async () => {
    for (const kv of devices) await kv[Symbol.asyncDispose]();
    await place.stop();
  });

  /** Each index, on each device, tells what the entities say. */
  const expectTrueIndexes = async (): Promise<readonly string[]> => {
    const expected = (await readAll(one, "by-key")).toSorted();
    for (const sdk of [one, other]) {
      expect((await readAll(sdk, "by-key")).toSorted()).toEqual(expected);
      expect(await readAll(sdk, "n")).toEqual(expected);
    }
    return expected;
  };

  test("one of two sets wins, its loser's index entry is passed over and goes with the next write", async () => {
    await one.entity<Row>("row").set("k", { n: 0 });
    await settle();
    await apart(async () => {
      await one.entity<Row>("row").set("k", { n: 1 });
      await later();
      await other.entity<Row>("row").set("k", { n: 2 });
    });
    const [found = ""] = await expectTrueIndexes();
    expect(["1 k", "2 k"]).toContain(found);
    const loser = found === "2 k" ? 1 : 2;
    for (const [at, sdk] of [one, other].entries()) {
      const ofLoser = sdk.entity("row").query().index("n").where(WhereConditions.equalTo(loser));
      expect(await ofLoser.getOne()).toBeUndefined();
      // It is there: else this would show nothing.
      expect(await indexEntries(devices[at === 0 ? 0 : 1])).toBe(isAlone ? 1 : 2);
    }
    await one.entity<Row>("row").set("k", { n: 3 });
    await settle();
    expect(await expectTrueIndexes()).toEqual(["3 k"]);
    expect(await indexEntries(devices[1])).toBe(1);
  });

  test("an entity set again as it was keeps its index entry, though another device's older set moved it", async () => {
    await one.entity<Row>("row").set("k", { n: 0 });
    await settle();
    await apart(async () => {
      await one.entity<Row>("row").set("k", { n: 1 });
      await later();
      await other.entity<Row>("row").set("k", { n: 0 });
    });
    expect(await expectTrueIndexes()).toHaveLength(1);
  });

  test("of a delete and a set apart one wins, and the index follows it", async () => {
    for (const key of ["deleted", "set"]) await one.entity<Row>("row").set(key, { n: 0 });
    await settle();
    await apart(async () => {
      await one.entity<Row>("row").set("deleted", { n: 1 });
      await one.entity("row").delete("set");
      await later();
      await other.entity("row").delete("deleted");
      await other.entity<Row>("row").set("set", { n: 2 });
    });
    await expectTrueIndexes();
  });

  test.each([1, 2, 3, 4, 5, 6])(
    "whatever both do, apart or not, each index is what the entities say: seed %i",
    async (seed) => {
      const random = randomOf(seed);
      const keys = ["a", "b", "c", "d"];
      const step = async (): Promise<void> => {
        const rows = (random(2) === 0 ? one : other).entity<Row>("row");
        const key = keys[random(keys.length)] ?? "a";
        const n = random(3);
        const conditions = new Filter<Row>().and("n", FilterConditions.lessThan(2));
        switch (random(5)) {
          case 0:
            return rows.delete(key);
          case 1:
            // Rejected later where the other device was first: it leaves nothing then.
            return (random(2) === 0 ? one : other)
              .transact()
              .set(key, { n }, { entityName: "row", conditions })
              .execute()
              .catch(passOver);
          case 2:
            await rows.query().index("n").getMany();
            return;
          default:
            return rows.set(key, { n });
        }
      };
      for (let round = 0; round < 6; round++) {
        const steps = async (): Promise<void> => {
          for (let count = 0; count < 6; count++) await step();
        };
        await (random(3) === 0 ? steps() : apart(steps));
      }
      await settle();
      await expectTrueIndexes();
      // Deleted, what is left of them is what losers wrote; nothing is found of it.
      for (const key of keys) await one.entity("row").delete(key);
      expect(await readAll(one, "n")).toEqual([]);
    },
  );

  test("what a device had before it knew the relay meets what is there, and each index is what entities say", async () => {
    const name = `forge-attached-${crypto.randomUUID()}`;
    const before = await openKv(name);
    const early = sdkOver(before).entity<Row>("row");
    for (const key of ["both", "mine", "moved"]) await early.set(key, { n: 1 });
    await early.set("moved", { n: 2 });
    before.close();
    await using theirs = await place.openOther(name);
    const there = sdkOver(theirs);
    for (const key of ["both", "theirs"]) await there.entity<Row>("row").set(key, { n: 0 });
    await using mine = await openKv(name, place.options(name));
    if (!isAlone) for (const { sync } of [theirs, mine, theirs, mine]) await sync.flush();
    for (const sdk of [there, sdkOver(mine)]) {
      expect(await readAll(sdk, "n")).toEqual(["0 both", "0 theirs", "1 mine", "2 moved"]);
    }
  });

  test("in a bucket that checks every write, overrides and deletes are tried until they are taken", async () => {
    const name = `forge-revision-${crypto.randomUUID()}`;
    const checking = isAlone ? {} : ({ conflict: "revision", confirm: "relay" } as const);
    await using mine = await openKv(name, { ...place.options(name), ...checking });
    await using theirs = await place.openOther(name, checking);
    if (!isAlone) await Promise.all([mine.sync.flush(), theirs.sync.flush()]);
    const [here, there] = [sdkOver(mine), sdkOver(theirs)];
    const keys = Array.from({ length: 60 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => here.set(key, "old")));
    // Each delete is later than the set, of which it may not have heard yet.
    await Promise.all(keys.map((key) => there.set(key, "new").then(() => here.delete(key))));
    await Promise.all([here.set("both", 1), there.set("both", 1)]);
    if (!isAlone) for (const { sync } of [mine, theirs, mine]) await sync.flush();
    for (const sdk of [here, there]) {
      expect((await sdk.query().limit(100).getMany()).results).toEqual([{ key: "both", value: 1 }]);
    }
  });

  test("offline a device writes on; what needs the relay's word is refused as OFFLINE", async () => {
    // Alone there is no relay to ask, and none to be without.
    const asking = sdkOver(devices[0], "relay");
    await apart(async () => {
      await expect(asking.set("k", 1, failIfExists)).rejects.toMatchObject(refusal(503, "OFFLINE"));
      await expect(
        asking
          .transact()
          .set(
            "k",
            { n: 1 },
            { entityName: "row", conditions: new Filter<Row>().and("n", FilterConditions.notExists()) },
          )
          .execute(),
      ).rejects.toMatchObject({ code: "OFFLINE", context: { kvErrorCode: "offline" } });
      expect(await one.get("k")).toBeUndefined();
      await asking.set("k", 2);
      await one.set("l", 3, failIfExists);
      expect([await one.get("k"), await one.get("l")]).toEqual([2, 3]);
    });
    expect([await other.get("k"), await other.get("l")]).toEqual([2, 3]);
  });

  test("decided here, of two that created one key apart the later to arrive is taken back, and listed", async () => {
    await apart(async () => {
      await one.set("k", "one", failIfExists);
      const second = await other.set("k", "other", failIfExists).then(
        () => "taken",
        ({ code }: ForgeKvsAPIError) => code,
      );
      expect(second).toBe(isAlone ? "KEY_CONFLICT" : "taken");
    });
    const values = [await one.get("k"), await other.get("k")];
    expect(values[0]).toBe(values[1]);
    const rejected = isAlone ? 0 : 1;
    const groups = (await Promise.all(devices.map(({ sync }) => sync.rejected()))).flat();
    expect(groups).toHaveLength(rejected);
  });
});
