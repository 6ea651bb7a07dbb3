/**
 * The surface of `@forge/kvs` over our backend, row by row of what is known of the SDK (2.1): what it
 * returns, what goes over the wire, how its builders and errors behave.
 */
import {
  Filter,
  FilterConditions,
  ForgeKvsAPIError,
  ForgeKvsError,
  kvs,
  MetadataField,
  Sort,
  WhereConditions,
} from "@forge/kvs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { ForgeBed, refusal } from "./forge-bed.ts";

describe.each(places)("$name", (place) => {
  const bucket = `forge-sdk-${crypto.randomUUID()}`;
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

  describe("2.1 surface", () => {
    test("2.1 get, set, delete: a value comes back as it was, and is gone after a delete", async () => {
      for (const value of ["text", 12.5, true, false, 0, "", ["a", { b: [1] }], { nested: { none: null } }]) {
        expect(await kvs.set("k", value)).toBeUndefined();
        expect(await kvs.get("k")).toEqual(value);
      }
      expect(await kvs.delete("k")).toBeUndefined();
      expect(await kvs.get("k")).toBeUndefined();
    });

    test("2.1 getSecret, setSecret, deleteSecret", async () => {
      expect(await kvs.setSecret("token", { hush: 1 })).toBeUndefined();
      expect(await kvs.getSecret("token")).toEqual({ hush: 1 });
      await kvs.deleteSecret("token");
      expect(await kvs.getSecret("token")).toBeUndefined();
      await kvs.deleteSecret("token");
    });

    test("2.1 batchSet, batchGet, batchDelete, entity and transact are there", async () => {
      await kvs.batchSet([{ key: "a", value: 1 }]);
      expect((await kvs.batchGet([{ key: "a" }])).successfulKeys).toEqual([{ key: "a", value: 1 }]);
      await kvs.batchDelete([{ key: "a" }]);
      const employees = kvs.entity<{ age: number }>("employee");
      await employees.set("one", { age: 30 });
      expect(await employees.get("one")).toEqual({ age: 30 });
      await kvs.transact().set("a", 2).delete("one", { entityName: "employee" }).execute();
      expect([await kvs.get("a"), await employees.get("one")]).toEqual([2, undefined]);
    });
  });

  describe("2.1 options", () => {
    test("2.1 GetOptions: any options object changes the return to an object with what was asked for", async () => {
      const before = Date.now();
      await kvs.set("k", "v", { ttl: { value: 2, unit: "HOURS" } });
      expect(await kvs.get("k", {})).toEqual({ key: "k", value: "v" });
      const { CREATED_AT, UPDATED_AT, EXPIRE_TIME } = MetadataField;
      const got = await kvs.get("k", { metadataFields: [CREATED_AT, UPDATED_AT, EXPIRE_TIME] });
      expect(Object.keys(got ?? {})).toEqual(["key", "value", "createdAt", "updatedAt", "expireTime"]);
      expect(got?.createdAt).toBeGreaterThanOrEqual(before);
      expect(got?.updatedAt).toBe(got?.createdAt);
      expect(Date.parse(got?.expireTime ?? "") - Number(got?.updatedAt)).toBe(7_200_000);
      expect(got?.expireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(await kvs.get("missing", { metadataFields: [CREATED_AT] })).toBeUndefined();
    });

    test("2.1 GetOptions: createdAt stays and updatedAt goes on when a value is set again", async () => {
      const fields = { metadataFields: [MetadataField.CREATED_AT, MetadataField.UPDATED_AT] };
      await kvs.set("k", 1);
      const first = await kvs.get("k", fields);
      await expect.poll(() => Date.now()).toBeGreaterThan(Number(first?.updatedAt));
      await kvs.set("k", 2);
      const second = await kvs.get("k", fields);
      expect(second?.createdAt).toBe(first?.createdAt);
      expect(second?.updatedAt).toBeGreaterThan(Number(first?.updatedAt));
    });

    test("2.1 returnValue: PREVIOUS gives what was replaced, and nothing (204) where nothing was", async () => {
      const previous = { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" } as const;
      expect(await kvs.set("k", "a", previous)).toBeUndefined();
      expect(await kvs.set("k", "b", previous)).toEqual({ key: "k", value: "a" });
      const fields = { ...previous, returnMetadataFields: [MetadataField.CREATED_AT] };
      expect(Object.keys((await kvs.set("k", "c", fields)) ?? {})).toEqual(["key", "value", "createdAt"]);
      expect(await bed.post("set", { key: "new", value: 1, options: previous })).toEqual({ status: 204 });
    });

    test("2.1 returnValue: LATEST gives what stands now", async () => {
      const latest = { keyPolicy: "OVERRIDE", returnValue: "LATEST" } as const;
      expect(await kvs.set("k", "a", latest)).toEqual({ key: "k", value: "a" });
      expect(await kvs.entity("row").set("k", { n: 1 }, latest)).toEqual({ key: "k", value: { n: 1 } });
      expect(await kvs.setSecret("latest", "s", latest)).toEqual({ key: "latest", value: "s" });
    });

    test("2.1 returnValue: each of many sets at once gets another previous value", async () => {
      const options = { keyPolicy: "OVERRIDE", returnValue: "PREVIOUS" } as const;
      const sets = Array.from({ length: 30 }, (_, n) => kvs.set<number, number>("swap", n, options));
      const previous = (await Promise.all(sets)).map((result) => result?.value);
      const left = await kvs.get<number>("swap");
      expect(new Set([...previous, left])).toEqual(
        new Set([undefined, ...Array.from({ length: 30 }).keys()]),
      );
    });
  });

  test("2.1 wire: 15 routes answer 200 with JSON, or 204 with nothing", async () => {
    const conditions = { and: [{ property: "n", condition: "EXISTS", values: [true] }] };
    const rows: readonly (readonly [path: string, body: unknown, status: number])[] = [
      ["set", { key: "k", value: 1 }, 204],
      ["get", { key: "k" }, 200],
      ["query", { limit: 5, where: [{ property: "key", condition: "BEGINS_WITH", values: ["k"] }] }, 200],
      ["delete", { key: "k" }, 204],
      ["secret/set", { key: "wire", value: 1 }, 204],
      ["secret/get", { key: "wire" }, 200],
      ["secret/delete", { key: "wire" }, 204],
      ["entity/set", { entityName: "row", key: "k", value: { n: 1 } }, 204],
      ["entity/get", { entityName: "row", key: "k" }, 200],
      ["entity/query", { entityName: "row", indexName: "n", filters: conditions }, 200],
      ["transaction", { check: [{ key: "k", entityName: "row", conditions }] }, 204],
      ["entity/delete", { entityName: "row", key: "k" }, 204],
      ["batch/set", [{ key: "k", value: 1 }], 200],
      ["batch/get", [{ key: "k" }], 200],
      ["batch/delete", [{ key: "k" }], 200],
    ];
    for (const [path, body, status] of rows) {
      const answer = await bed.post(path, body);
      expect([path, answer.status, answer.body === undefined]).toEqual([path, status, status === 204]);
    }
    expect(await bed.post("nowhere", {})).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  });

  test("2.1 wire: a query answers { data, cursor? }", async () => {
    await kvs.batchSet(["a", "b"].map((key) => ({ key, value: key })));
    expect(await bed.post("query", { limit: 1 })).toEqual({
      status: 200,
      body: { data: [{ key: "a", value: "a" }], cursor: expect.any(String) as string },
    });
    expect(await bed.post("query", {})).toEqual({
      status: 200,
      body: {
        data: [
          { key: "a", value: "a" },
          { key: "b", value: "b" },
        ],
      },
    });
  });

  describe("2.1 builders", () => {
    test("2.1 builders are mutable, the last where wins, getOne sets the limit to 1", async () => {
      await kvs.batchSet(["a1", "a2", "b1"].map((key) => ({ key, value: key })));
      const query = kvs.query();
      expect(query.where("key", WhereConditions.beginsWith("a"))).toBe(query);
      query.where("key", WhereConditions.beginsWith("b"));
      expect((await query.getMany()).results).toEqual([{ key: "b1", value: "b1" }]);
      query.where("key", WhereConditions.beginsWith("a"));
      expect(await query.getOne()).toEqual({ key: "a1", value: "a1" });
      expect((await query.getMany()).results).toHaveLength(1);
      expect(await kvs.query().where("key", WhereConditions.beginsWith("c")).getOne()).toBeUndefined();
    });

    test("2.1 filters: a filter without conditions is refused before a transaction is sent", async () => {
      const conditions = new Filter();
      expect(conditions.operator()).toBe("or");
      const transaction = kvs.transact().check("k", { entityName: "row", conditions });
      await expect(transaction.execute()).rejects.toThrow(
        new ForgeKvsError("Builder must have at least one condition set"),
      );
    });

    test("2.1 transact().set: a TTL counts in the fourth argument, and is dropped in the third", async () => {
      const ttl = { value: 1, unit: "DAYS" } as const;
      await kvs
        .transact()
        .set("fourth", 1, undefined, { ttl })
        // As the documentation has it.
        .set("third", 1, { ttl } as never)
        .execute();
      const asked = { metadataFields: [MetadataField.EXPIRE_TIME] };
      expect((await kvs.get("fourth", asked))?.expireTime).toEqual(expect.any(String));
      expect((await kvs.get("third", asked))?.expireTime).toBeUndefined();
    });
  });

  describe("2.1 errors", () => {
    test("2.1 errors: ForgeKvsAPIError with code, message, context and details of the response", async () => {
      const error = await kvs.get("a/b").then(undefined, (error: unknown) => error);
      expect(error).toBeInstanceOf(ForgeKvsAPIError);
      expect(error).toBeInstanceOf(ForgeKvsError);
      expect(error).toMatchObject({
        name: "ForgeKvsError",
        code: "INVALID_KEY",
        context: {},
        packageVersion: "1.6.5",
        responseDetails: {
          status: 400,
          statusText: "Bad Request",
          httpMethod: "POST",
          httpPath: "/api/v1/get",
          traceId: null,
        },
      });
    });

    test("2.1 errors: KEY_NOT_FOUND is undefined to get, and nothing to delete", async () => {
      expect(await bed.post("get", { key: "none" })).toEqual({
        status: 404,
        body: { code: "KEY_NOT_FOUND", message: "Provided key does not exist" },
      });
      expect(await bed.post("delete", { key: "none" })).toMatchObject({ status: 404 });
      expect(await kvs.get("none")).toBeUndefined();
      expect(await kvs.delete("none")).toBeUndefined();
      expect(await kvs.entity("row").get("none")).toBeUndefined();
      expect(await kvs.entity("row").delete("none")).toBeUndefined();
    });

    test("2.1 errors: what the SDK never sends is refused as INVALID_REQUEST", async () => {
      for (const [path, body] of [
        ["get", "no JSON"],
        ["get", "[]"],
        ["batch/get", {}],
        ["batch/get", [1]],
        ["transaction", { set: {} }],
        ["get", { key: "k", options: { metadataFields: ["COLOUR"] } }],
        ["set", { key: "k", value: 1, options: { keyPolicy: "MAYBE" } }],
        ["set", { key: "k", value: 1, options: { keyPolicy: "OVERRIDE", returnValue: "BOTH" } }],
        ["entity/query", { entityName: "row", indexName: "n", sort: "RANDOM" }],
      ] as const) {
        expect(await bed.post(path, body)).toMatchObject({ status: 400, body: { code: "INVALID_REQUEST" } });
      }
    });

    test("2.1 errors: what the bucket cannot do is 503 with the KvError's code", async () => {
      await using closed = await ForgeBed.open(place, `forge-closed-${crypto.randomUUID()}`);
      closed.kv.close();
      await expect(kvs.get("k")).rejects.toMatchObject(refusal(503, "CLOSED"));
      await expect(kvs.get("k")).rejects.toMatchObject({ context: { kvErrorCode: "closed" } });
    });
  });

  test("2.1 exports: sorts and conditions of the SDK are those the backend knows", async () => {
    await kvs.entity("row").set("a", { n: 1, s: "ab" });
    for (const condition of [
      FilterConditions.beginsWith("a"),
      FilterConditions.between("a", "b"),
      FilterConditions.contains("b"),
      FilterConditions.notContains("c"),
      FilterConditions.equalTo("ab"),
      FilterConditions.notEqualTo("b"),
      FilterConditions.exists(),
      FilterConditions.greaterThan("a"),
      FilterConditions.greaterThanEqualTo("ab"),
      FilterConditions.lessThan("b"),
      FilterConditions.lessThanEqualTo("ab"),
    ]) {
      const filter = new Filter<{ s: string }>().and("s", condition);
      const query = kvs.entity<{ s: string }>("row").query().index("n").filters(filter);
      // oxlint-disable-next-line unicorn/no-array-sort -- it is a builder, no array
      query.sort(Sort.DESC);
      expect([condition, (await query.getMany()).results.length]).toEqual([condition, 1]);
    }
  });
});
