/**
 * Transactions as the platform makes them (2.2): all or nothing over plain keys and entities, conditions on
 * entities, and what is refused with which code.
 */
import { Filter, FilterConditions, kvs } from "@forge/kvs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { ForgeBed, refusal } from "./forge-bed.ts";

interface Row {
  n: number;
}

const rows = kvs.entity<Row>("row");
const is = (n: number) => new Filter<Row>().and("n", FilterConditions.equalTo(n));
const failed = refusal(
  400,
  "CONDITIONAL_CHECK_FAILED",
  "Request failed due to conditional check specified or optimistic locking",
);

describe.each(places)("$name", (place) => {
  const bucket = `forge-transactions-${crypto.randomUUID()}`;
  let bed: ForgeBed;
  beforeAll(async () => {
    await place.start();
    bed = await ForgeBed.open(place, bucket);
  });
  beforeEach(() => bed.clear());
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
    await place.stop();
  });

  test("2.2 transaction: sets and deletes of plain keys and entities land together", async () => {
    await kvs.set("old", 1);
    await rows.set("old", { n: 1 });
    await kvs
      .transact()
      .set("plain", "value")
      .set("row", { n: 7 }, { entityName: "row" })
      .delete("old")
      .delete("old", { entityName: "row" })
      .delete("never there")
      .check("checked", { entityName: "row", conditions: is(1) })
      .execute()
      .then(
        () => expect.unreachable("the check is of a missing entity"),
        (error: unknown) => expect(error).toMatchObject(failed),
      );
    expect([await kvs.get("plain"), await kvs.get("old"), await rows.get("old")]).toEqual([
      undefined,
      1,
      { n: 1 },
    ]);
    await rows.set("checked", { n: 1 });
    await kvs
      .transact()
      .set("plain", "value")
      .set("row", { n: 7 }, { entityName: "row" })
      .delete("old")
      .delete("old", { entityName: "row" })
      .delete("never there")
      .check("checked", { entityName: "row", conditions: is(1) })
      .execute();
    expect([await kvs.get("plain"), await kvs.get("old"), await rows.get("old")]).toEqual([
      "value",
      undefined,
      undefined,
    ]);
    const { results } = await rows.query().index("n").getMany();
    expect(results.map(({ key, value }) => [key, value.n])).toEqual([
      ["checked", 1],
      ["row", 7],
    ]);
  });

  test("2.2 transaction: a condition of a set or a delete that is false fails all of it", async () => {
    await rows.set("k", { n: 1 });
    const wrong = { entityName: "row", conditions: is(2) };
    for (const transaction of [
      kvs.transact().set("other", 1).set("k", { n: 3 }, wrong),
      kvs.transact().set("other", 1).delete("k", wrong),
      kvs.transact().set("other", 1).check("k", wrong),
      kvs.transact().set("other", 1).set("missing", { n: 3 }, wrong),
    ]) {
      await expect(transaction.execute()).rejects.toMatchObject(failed);
    }
    expect([await kvs.get("other"), await rows.get("k")]).toEqual([undefined, { n: 1 }]);
    const right = { entityName: "row", conditions: is(1) };
    await kvs.transact().set("k", { n: 3 }, right).execute();
    expect(await rows.get("k")).toEqual({ n: 3 });
    await kvs
      .transact()
      .delete("k", { entityName: "row", conditions: is(3) })
      .execute();
    expect(await rows.get("k")).toBeUndefined();
  });

  test("2.2 transaction: a set of a missing entity may ask that an attribute is missing; a check may not", async () => {
    const conditions = new Filter<Row>().and("n", FilterConditions.notExists());
    const entity = { entityName: "row", conditions };
    await expect(kvs.transact().check("k", entity).execute()).rejects.toMatchObject(failed);
    await kvs.transact().set("k", { n: 1 }, entity).execute();
    await expect(kvs.transact().set("k", { n: 2 }, entity).execute()).rejects.toMatchObject(failed);
    expect(await rows.get("k")).toEqual({ n: 1 });
  });

  test("2.2 transaction: 25 operations, else 422 UNPROCESSABLE_ENTITY; none is INVALID_TRANSACTION_REQUEST", async () => {
    const transaction = kvs.transact();
    for (let n = 0; n < 25; n++) transaction.set(`k${n}`, n);
    await transaction.execute();
    expect(await kvs.get("k24")).toBe(24);
    await expect(transaction.delete("k25").execute()).rejects.toMatchObject(
      refusal(422, "UNPROCESSABLE_ENTITY", "Request cannot be processed due to one or more semantic errors"),
    );
    await expect(kvs.transact().execute()).rejects.toMatchObject(refusal(400, "INVALID_TRANSACTION_REQUEST"));
  });

  test("2.2 transaction: 4 MB at most", async () => {
    const transaction = kvs.transact();
    for (let n = 0; n < 25; n++) transaction.set(`k${n}`, "x".repeat(170_000));
    await expect(transaction.execute()).rejects.toMatchObject(refusal(400, "MAX_SIZE"));
    const fits = kvs.transact();
    for (let n = 0; n < 25; n++) fits.set(`k${n}`, "x".repeat(160_000));
    await fits.execute();
  });

  test("2.2 transaction: the same key twice is KEY_DUPLICATION_ERROR, of two stores it is not", async () => {
    await expect(kvs.transact().set("k", 1).delete("k").execute()).rejects.toMatchObject(
      refusal(400, "KEY_DUPLICATION_ERROR", "Duplicate key found in request"),
    );
    await kvs.transact().set("k", 1).set("k", { n: 1 }, { entityName: "row" }).execute();
    expect([await kvs.get("k"), await rows.get("k")]).toEqual([1, { n: 1 }]);
  });

  test("2.2 transaction: conditions are for entities alone, and a check needs them", async () => {
    const conditions = { and: [{ property: "n", condition: "EXISTS", values: [true] }] };
    for (const body of [
      { set: [{ key: "k", value: 1, conditions }] },
      { check: [{ key: "k", conditions }] },
      { check: [{ key: "k", entityName: "row" }] },
    ]) {
      expect(await bed.post("transaction", body)).toMatchObject({
        status: 400,
        body: { code: "INVALID_TRANSACTION_REQUEST" },
      });
    }
  });

  test("2.2 transaction: keys, values and types are checked, and nothing lands", async () => {
    for (const [transaction, code] of [
      [kvs.transact().set("good", 1).set("a/b", 1), "INVALID_KEY"],
      [kvs.transact().set("good", 1).set("k", { n: "x" }, { entityName: "row" }), "INCORRECT_PROPERTY_TYPE"],
      [
        kvs
          .transact()
          .set("good", 1)
          .set("k", 1, undefined, { ttl: { value: 0, unit: "DAYS" } }),
        "INVALID_TTL",
      ],
    ] as const) {
      await expect(transaction.execute()).rejects.toMatchObject(refusal(400, code));
    }
    await expect(
      kvs.transact().set("good", 1).delete("k", { entityName: "nobody" }).execute(),
    ).rejects.toMatchObject(refusal(404, "SCHEMA_NOT_FOUND"));
    expect(await kvs.get("good")).toBeUndefined();
  });

  test("2.2 transaction: of many at once that need the same state, one is committed", async () => {
    await rows.set("k", { n: 0 });
    const attempts = Array.from({ length: 20 }, (_, at) =>
      kvs
        .transact()
        .set("k", { n: at + 1 }, { entityName: "row", conditions: is(0) })
        .set("winner", at)
        .execute(),
    );
    const outcomes = await Promise.allSettled(attempts);
    const winners = outcomes.flatMap(({ status }, at) => (status === "fulfilled" ? [at] : []));
    expect(winners).toEqual([await kvs.get("winner")]);
  });

  test("2.2 transaction: of many at once whose conditions go on holding, all are committed", async () => {
    await rows.set("k", { n: 0 });
    const conditions = new Filter<Row>().and("n", FilterConditions.greaterThanEqualTo(0));
    const attempts = Array.from({ length: 8 }, (_, at) =>
      kvs.transact().set("k", { n: at }, { entityName: "row", conditions }).set(`done ${at}`, at).execute(),
    );
    await Promise.all(attempts);
    expect(await bed.kv.count({ prefix: ["forge-kvs", "kv"] })).toBe(8);
    expect(await bed.kv.count({ prefix: ["forge-kvs", "index", "row", "n"] })).toBe(1);
  });
});
