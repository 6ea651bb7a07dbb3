/**
 * Two devices on one bucket: conditional writes that race have one winner when the relay confirms them, and
 * so have two tabs of one device.
 */
import { Filter, FilterConditions } from "@forge/kvs";
import { type Kv, openKv } from "rockpool";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { type ForgeSdk, sdkOver } from "./forge-bed.ts";

const races = 100;
const failIfExists = { keyPolicy: "FAIL_IF_EXISTS" } as const;

interface Row {
  n: number;
}
const is = (n: number) => new Filter<Row>().and("n", FilterConditions.equalTo(n));

/** Runs one attempt of each side for each of the races, all at once; who won each of them. */
const race = async (
  ...sides: readonly ((at: number) => Promise<unknown>)[]
): Promise<readonly (readonly number[])[]> =>
  Promise.all(
    Array.from({ length: races }, async (_, at) => {
      const outcomes = await Promise.allSettled(sides.map((side) => side(at)));
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "ForgeKvsError" });
      }
      return outcomes.flatMap(({ status }, side) => (status === "fulfilled" ? [side] : []));
    }),
  );

const keys: readonly string[] = Array.from({ length: races }, (_, at) => `k${at}`);

describe.each(places)("$name", (place) => {
  const isAlone = place.name === "alone";
  const confirm = isAlone ? "local" : "relay";
  const bucket = `forge-devices-${crypto.randomUUID()}`;
  let one: Kv;
  let other: Kv;
  beforeAll(async () => {
    await place.start();
    one = await openKv(bucket, place.options(bucket));
    other = await place.openOther(bucket);
    await settle();
  });
  afterAll(async () => {
    await one[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await place.stop();
  });

  /** Both have what the other has. */
  const settle = async (): Promise<void> => {
    if (isAlone) return;
    for (const kv of [one, other, one]) await kv.sync.flush();
  };
  /** Sets an entity of each race, on both devices. */
  const prepare = async (prefix: string): Promise<void> => {
    const rows = sdkOver(one).entity<Row>("row");
    await Promise.all(keys.map((key) => rows.set(`${prefix}${key}`, { n: 0 })));
    await settle();
  };

  test("FAIL_IF_EXISTS: each of 100 races has one winner, whose value stands", async () => {
    const [mine, theirs] = [sdkOver(one, confirm), sdkOver(other, confirm)];
    const winners = await race(
      (at) => mine.set(`fail-${keys[at]}`, 0, failIfExists),
      (at) => theirs.set(`fail-${keys[at]}`, 1, failIfExists),
    );
    expect(winners.map(({ length }) => length)).toEqual(keys.map(() => 1));
    await settle();
    for (const sdk of [mine, theirs]) {
      expect(await Promise.all(keys.map((key) => sdk.get(`fail-${key}`)))).toEqual(winners.flat());
    }
  });

  test("FAIL_IF_EXISTS of an entity: each of 100 races has one winner, whose index entries stand", async () => {
    const [mine, theirs] = [sdkOver(one, confirm), sdkOver(other, confirm)];
    const winners = await race(
      (at) => mine.entity("row").set(`entity-${keys[at]}`, { n: 500 }, failIfExists),
      (at) => theirs.entity("row").set(`entity-${keys[at]}`, { n: 501 }, failIfExists),
    );
    expect(winners.map(({ length }) => length)).toEqual(keys.map(() => 1));
    await settle();
    for (const n of [500, 501]) {
      const won = winners.filter(([side]) => side === n - 500).length;
      expect(await one.count({ prefix: ["forge-kvs", "index", "row", "n", "[]", n] })).toBe(won);
    }
  });

  test("entity set with a condition: each of 100 races has one winner", async () => {
    await prepare("set-");
    const [mine, theirs] = [sdkOver(one, confirm), sdkOver(other, confirm)];
    const set = (sdk: ForgeSdk, n: number) => (at: number) =>
      sdk
        .transact()
        .set(`set-${keys[at]}`, { n }, { entityName: "row", conditions: is(0) })
        .execute();
    const winners = await race(set(mine, 1), set(theirs, 2));
    expect(winners.map(({ length }) => length)).toEqual(keys.map(() => 1));
    await settle();
    for (const sdk of [mine, theirs]) {
      const left = await Promise.all(keys.map((key) => sdk.entity<Row>("row").get(`set-${key}`)));
      expect(left.map((row) => row?.n)).toEqual(winners.map(([side = 0]) => side + 1));
    }
  });

  test("transaction with a check: of 100 pairs that each undo the other's premise one lands", async () => {
    await prepare("left-");
    await prepare("right-");
    const [mine, theirs] = [sdkOver(one, confirm), sdkOver(other, confirm)];
    const cross = (sdk: ForgeSdk, checked: string, set: string) => (at: number) =>
      sdk
        .transact()
        .check(`${checked}${keys[at]}`, { entityName: "row", conditions: is(0) })
        .set(`${set}${keys[at]}`, { n: 1 }, { entityName: "row" })
        .set(`plain-${keys[at]}`, set)
        .execute();
    const winners = await race(cross(mine, "left-", "right-"), cross(theirs, "right-", "left-"));
    expect(winners.map(({ length }) => length)).toEqual(keys.map(() => 1));
    await settle();
    for (const sdk of [mine, theirs]) {
      const left = await Promise.all(keys.map((key) => sdk.get(`plain-${key}`)));
      expect(left).toEqual(winners.map(([side]) => (side === 0 ? "right-" : "left-")));
    }
  });

  test("PREVIOUS: a chain of swaps by both devices hands on every value once", async () => {
    const [mine, theirs] = [sdkOver(one, confirm), sdkOver(other, confirm)];
    const options = { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" } as const;
    const swaps = Array.from({ length: 5 }, (_, n) => [
      mine.set<string, string>("swap", `mine ${n}`, options),
      theirs.set<string, string>("swap", `theirs ${n}`, options),
    ]).flat();
    const handedOn = (await Promise.all(swaps)).map((result) => result?.value);
    await settle();
    const all = [...handedOn, await mine.get<string>("swap")];
    expect(new Set(all).size).toBe(11);
  });
});
