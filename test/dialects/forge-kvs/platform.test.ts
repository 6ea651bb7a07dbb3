/**
 * Plain keys as the platform keeps them (2.2): keys, values, policies, lives, queries and batches, with the
 * statuses, codes and texts that were measured or are documented.
 */
import { kvs, MetadataField, WhereConditions } from "@forge/kvs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { ForgeBed, refusal } from "./forge-bed.ts";

/** Objects inside each other, so many deep. */
const nested = (depth: number): unknown => (depth === 0 ? 1 : { inner: nested(depth - 1) });
const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `k${n}`, value: n }));

describe.each(places)("$name", (place) => {
  const bucket = `forge-platform-${crypto.randomUUID()}`;
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

  describe("2.2 values", () => {
    test("2.2 values: any JSON but null; undefined and functions are dropped", async () => {
      await kvs.set("k", { a: 1, gone: undefined, call: () => 1, list: [null, 2] });
      expect(await kvs.get("k")).toEqual({ a: 1, list: [null, 2] });
      await expect(kvs.set("k", null)).rejects.toMatchObject(refusal(400, "INVALID_VALUE"));
      await expect(kvs.set("k", undefined)).rejects.toMatchObject(refusal(400, "INVALID_VALUE"));
    });

    test("2.2 values: reads are detached copies", async () => {
      await kvs.set("k", { list: [1] });
      (await kvs.get<{ list: number[] }>("k"))?.list.push(2);
      expect(await kvs.get("k")).toEqual({ list: [1] });
    });

    test("2.2 values: secrets are a namespace of their own, which no query and no other call reaches", async () => {
      await kvs.setSecret("both", "hidden");
      await kvs.set("both", "plain");
      expect(await kvs.getSecret("both")).toBe("hidden");
      expect((await kvs.query().getMany()).results).toEqual([{ key: "both", value: "plain" }]);
      await kvs.delete("both");
      expect(await kvs.getSecret("both")).toBe("hidden");
      expect(await bed.kv.count({ prefix: ["forge-kvs"] })).toBe(0);
    });

    test("2.2 values: the last write wins, and a get after it gives it", async () => {
      await Promise.all(numbered(20).map(({ value }) => kvs.set("k", value)));
      expect(await kvs.get("k")).toBe(19);
      await kvs.set("k", "last");
      expect(await kvs.get("k")).toBe("last");
    });

    test("2.2 values: a delete is written though nothing is in view: another device may have something", async () => {
      const key = `unseen-${crypto.randomUUID()}`;
      await kvs.delete(key);
      expect(await bed.kv.history(["forge-kvs", "kv", key])).toMatchObject([{ value: null }]);
    });

    test("2.2 value size: 240 KiB as JSON, in bytes, else MAX_SIZE", async () => {
      const fits = "é".repeat(120 * 1024 - 1);
      await kvs.set("k", fits);
      expect(await kvs.get("k")).toBe(fits);
      await expect(kvs.set("k", `${fits}a`)).rejects.toMatchObject(
        refusal(400, "MAX_SIZE", "The provided value has exceeded the maximum size limit."),
      );
      await kvs.setSecret("large", fits);
      await expect(kvs.setSecret("large", `${fits}a`)).rejects.toMatchObject(refusal(400, "MAX_SIZE"));
    });

    test("2.2 value depth: 31 objects inside each other, else MAX_DEPTH, whose text says 32", async () => {
      await kvs.set("k", nested(31));
      expect(await kvs.get("k")).toEqual(nested(31));
      await expect(kvs.set("k", nested(32))).rejects.toMatchObject(
        refusal(400, "MAX_DEPTH", "The provided value has exceeded the maximum object depth (32) limit."),
      );
    });
  });

  describe("2.2 key", () => {
    test.each(["a", "A:b.c_d-e#f", "with space", " lead", "a\tb", "9".repeat(500)])(
      "2.2 key: %j is one",
      async (key) => {
        await kvs.set(key, key);
        expect(await kvs.get(key)).toBe(key);
        expect((await kvs.query().getMany()).results).toEqual([{ key, value: key }]);
      },
    );

    test.each(["a/b", "a@b", "é", " ", "\t\n", "a*", "a?"])("2.2 key: %j is INVALID_KEY", async (key) => {
      await expect(kvs.set(key, 1)).rejects.toMatchObject(
        refusal(
          400,
          "INVALID_KEY",
          String.raw`The provided key does not match the regex: /^(?!\s+$)[a-zA-Z0-9:._\s-#]+$/`,
        ),
      );
    });

    test("2.2 key: an empty one is KEY_TOO_SHORT to plain keys and EMPTY_KEY to entities", async () => {
      await expect(kvs.get("")).rejects.toMatchObject(refusal(400, "KEY_TOO_SHORT"));
      await expect(kvs.setSecret("", 1)).rejects.toMatchObject(refusal(400, "KEY_TOO_SHORT"));
      await expect(kvs.entity("row").get("")).rejects.toMatchObject(
        refusal(400, "EMPTY_KEY", "Key cannot be empty."),
      );
    });

    test("2.2 key: one of 501 characters is KEY_TOO_LONG", async () => {
      await expect(kvs.get("k".repeat(501))).rejects.toMatchObject(
        refusal(400, "KEY_TOO_LONG", "The provided key has exceeded the maximum 500 characters."),
      );
    });
  });

  describe("2.2 FAIL_IF_EXISTS", () => {
    const failIfExists = { keyPolicy: "FAIL_IF_EXISTS" } as const;

    test("2.2 FAIL_IF_EXISTS: 409 KEY_CONFLICT where there is one, of plain keys, entities and secrets", async () => {
      const conflict = refusal(409, "KEY_CONFLICT", "Provided key already exists and cannot be overwritten");
      const key = `k${crypto.randomUUID()}`;
      for (const set of [
        (value: number) => kvs.set(key, value, failIfExists),
        (value: number) => kvs.entity("row").set(key, { n: value }, failIfExists),
        (value: number) => kvs.setSecret(key, value, failIfExists),
      ]) {
        await set(1);
        await expect(set(2)).rejects.toMatchObject(conflict);
      }
      expect([await kvs.get(key), await kvs.getSecret(key)]).toEqual([1, 1]);
      expect(await kvs.entity("row").get(key)).toEqual({ n: 1 });
      await kvs.delete(key);
      await kvs.set(key, 3, failIfExists);
      expect(await kvs.get(key)).toBe(3);
    });

    test("2.2 FAIL_IF_EXISTS: of many at once exactly one is taken", async () => {
      for (const set of [
        (value: number) => kvs.set("race", value, failIfExists),
        (value: number) => kvs.setSecret(`race-${bucket}`, value, failIfExists),
      ]) {
        const outcomes = await Promise.allSettled(numbered(20).map(({ value }) => set(value)));
        expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      }
    });

    test("2.2 FAIL_IF_EXISTS: with a returnValue it is refused; with OVERRIDE it overrides", async () => {
      await expect(
        kvs.set("k", 1, { ...failIfExists, returnValue: "LATEST" } as never),
      ).rejects.toMatchObject(refusal(400, "INVALID_KEY_POLICY_RETURN_VALUE_COMBINATION"));
      await kvs.set("k", 1);
      await kvs.set("k", 2, { keyPolicy: "OVERRIDE" });
      expect(await kvs.get("k")).toBe(2);
    });

    test("2.2 FAIL_IF_EXISTS: batches know only a ttl, and override", async () => {
      await kvs.set("k", 1);
      await kvs.batchSet([{ key: "k", value: 2, options: failIfExists as never }]);
      expect(await kvs.get("k")).toBe(2);
    });
  });

  describe("2.2 TTL", () => {
    test.each([0, -1, 1.5, "1"])("2.2 TTL: %j is INVALID_TTL", async (value) => {
      const ttl = { value, unit: "SECONDS" } as { value: number; unit: "SECONDS" };
      await expect(kvs.set("k", 1, { ttl })).rejects.toMatchObject(
        refusal(400, "INVALID_TTL", `TTL value must be a positive integer, received: ${value}`),
      );
    });

    test("2.2 TTL: a year at most, in units that Forge knows", async () => {
      await kvs.set("k", 1, { ttl: { value: 365, unit: "DAYS" } });
      for (const ttl of [
        { value: 366, unit: "DAYS" },
        { value: 1, unit: "WEEKS" },
      ]) {
        await expect(kvs.set("k", 1, { ttl } as never)).rejects.toMatchObject(refusal(400, "INVALID_TTL"));
      }
    });

    test("2.2 TTL: what has expired is gone everywhere, and can be set anew", async () => {
      const ttl = { value: 1, unit: "SECONDS" } as const;
      const key = `short-${place.name}`;
      await Promise.all([
        kvs.set(key, 1, { ttl }),
        kvs.entity("row").set(key, { n: 1 }, { ttl }),
        kvs.setSecret(key, 1, { ttl }),
        kvs.batchSet([{ key: `${key}-batch`, value: 1, options: { ttl } }]),
      ]);
      expect(await kvs.get(key)).toBe(1);
      expect((await kvs.entity("row").query().index("n").getMany()).results).toHaveLength(1);
      await expect
        .poll(() => Promise.all([kvs.get(key), kvs.get(`${key}-batch`), kvs.getSecret(key)]), {
          timeout: 5000,
        })
        .toEqual([undefined, undefined, undefined]);
      expect(await kvs.entity("row").get(key)).toBeUndefined();
      expect((await kvs.query().getMany()).results).toEqual([]);
      expect((await kvs.entity("row").query().index("n").getMany()).results).toEqual([]);
      expect(await bed.kv.count({ prefix: ["forge-kvs"] })).toBe(0);
      await kvs.set(key, 2, { keyPolicy: "FAIL_IF_EXISTS" });
      await kvs.setSecret(key, 2, { keyPolicy: "FAIL_IF_EXISTS" });
      expect(await kvs.get(key, { metadataFields: [MetadataField.EXPIRE_TIME] })).toEqual({ key, value: 2 });
    });
  });

  describe("2.2 query", () => {
    test("2.2 query: 10 by default, in the order of keys, nextCursor absent on the last page", async () => {
      await kvs.batchSet(numbered(12).toReversed());
      const first = await kvs.query().getMany();
      expect(first.results.map(({ key }) => key)).toEqual("k0 k1 k10 k11 k2 k3 k4 k5 k6 k7".split(" "));
      const second = await kvs
        .query()
        .cursor(first.nextCursor ?? "")
        .getMany();
      expect(second.results.map(({ key }) => key)).toEqual(["k8", "k9"]);
      expect(second).toEqual({ results: second.results, nextCursor: undefined });
      expect((await kvs.query().limit(12).getMany()).nextCursor).toBeUndefined();
    });

    test("2.2 query: a limit of 1 to 100, else LIST_QUERY_LIMIT_EXCEEDED", async () => {
      expect((await kvs.query().limit(100).getMany()).results).toEqual([]);
      for (const limit of [0, 101, 1.5]) {
        await expect(kvs.query().limit(limit).getMany()).rejects.toMatchObject(
          refusal(400, "LIST_QUERY_LIMIT_EXCEEDED", "Limit for list query should be below 100."),
        );
      }
    });

    test("2.2 query: only key, only BEGINS_WITH, only one where", async () => {
      const where = { property: "key", condition: "BEGINS_WITH", values: ["a"] };
      for (const [asked, code] of [
        [[where, where], "QUERY_WHERE_INVALID"],
        [[{ ...where, property: "value" }], "QUERY_WHERE_FIELD_INVALID"],
        [[{ ...where, condition: "EQUAL_TO" }], "INVALID_FILTER_CONDITION"],
        [[{ ...where, values: [] }], "INVALID_FILTER_VALUES"],
      ] as const) {
        expect(await bed.post("query", { where: asked })).toMatchObject({ status: 400, body: { code } });
      }
    });

    test("2.2 query: beginsWith takes the keys that begin so, and their metadata when asked", async () => {
      await kvs.batchSet(
        ["a", "a.1", "a.2", "a/".slice(0, 1) + "a", "b"].map((key) => ({ key, value: key })),
      );
      const query = kvs.query({ metadataFields: [MetadataField.CREATED_AT] });
      const { results } = await query.where("key", WhereConditions.beginsWith("a.")).getMany();
      expect(results).toEqual(
        ["a.1", "a.2"].map((key) => ({ key, value: key, createdAt: expect.any(Number) as number })),
      );
    });

    test("2.2 query: a cursor is valid with the parameters it came with, whatever the limit", async () => {
      await kvs.batchSet(numbered(5));
      const { nextCursor = "" } = await kvs.query().limit(2).getMany();
      const rest = await kvs.query().limit(10).cursor(nextCursor).getMany();
      expect(rest.results.map(({ value }) => value)).toEqual([2, 3, 4]);
      for (const query of [
        kvs.query().where("key", WhereConditions.beginsWith("k")).cursor(nextCursor),
        kvs.query().cursor("nonsense"),
        kvs.query().cursor(`${nextCursor.slice(0, 16)}*`),
        kvs.entity("row").query().index("by-key").cursor(nextCursor),
      ]) {
        await expect(query.getMany()).rejects.toMatchObject(refusal(400, "INVALID_CURSOR"));
      }
    });
  });

  describe("2.2 batch", () => {
    test("2.2 batch: 26 are TOO_MANY_BATCH_ENTITIES, 25 are taken", async () => {
      const result = await kvs.batchSet(numbered(25));
      expect(result.successfulKeys).toHaveLength(25);
      expect(result.failedKeys).toEqual([]);
      await expect(kvs.batchSet(numbered(26))).rejects.toMatchObject(
        refusal(
          400,
          "TOO_MANY_BATCH_ENTITIES",
          "Number of entities to set was 26, but you can only set a maximum of 25 entities at a time.",
        ),
      );
      for (const call of [kvs.batchGet(numbered(26)), kvs.batchDelete(numbered(26))]) {
        await expect(call).rejects.toMatchObject(refusal(400, "TOO_MANY_BATCH_ENTITIES"));
      }
    });

    test("2.2 batch: an empty one and duplicate keys fail the whole call", async () => {
      await expect(kvs.batchSet([])).rejects.toMatchObject(refusal(400, "EMPTY_BATCH"));
      const twice = [...numbered(2), { key: "k0", value: 9 }];
      await expect(kvs.batchSet(twice)).rejects.toMatchObject(refusal(400, "KEY_DUPLICATION_ERROR"));
      expect(await kvs.get("k0")).toBeUndefined();
      const both = [
        { key: "same", value: { n: 1 } },
        { key: "same", value: { n: 2 }, entityName: "row" },
      ];
      expect((await kvs.batchSet(both)).successfulKeys).toEqual([
        { key: "same" },
        { key: "same", entityName: "row" },
      ]);
    });

    test("2.2 batch: 4 MB at most", async () => {
      const large = numbered(25).map(({ key }) => ({ key, value: "x".repeat(170_000) }));
      await expect(kvs.batchSet(large)).rejects.toMatchObject(refusal(400, "MAX_SIZE"));
      const fits = large.map((item) => ({ ...item, value: "x".repeat(160_000) }));
      expect((await kvs.batchSet(fits)).successfulKeys).toHaveLength(25);
    });

    test("2.2 batch: best effort: each item fails or succeeds for itself", async () => {
      const result = await kvs.batchSet<unknown>([
        { key: "good", value: 1 },
        { key: "a/b", value: 1 },
        { key: "row", value: { n: "no integer" }, entityName: "row" },
        { key: "other", value: { n: 1 }, entityName: "undeclared" },
      ]);
      expect(result.successfulKeys).toEqual([{ key: "good" }]);
      expect(result.failedKeys.map(({ key, entityName, error }) => [key, entityName, error.code])).toEqual([
        ["a/b", undefined, "INVALID_KEY"],
        ["row", "row", "INCORRECT_PROPERTY_TYPE"],
        ["other", "undeclared", "SCHEMA_NOT_FOUND"],
      ]);
    });

    test("2.2 batch: batchGet tells of a missing key in failedKeys; batchDelete takes it for done", async () => {
      await kvs.set("here", 1);
      const keys = [{ key: "here" }, { key: "missing" }];
      expect(await kvs.batchGet(keys)).toEqual({
        successfulKeys: [{ key: "here", value: 1 }],
        failedKeys: [
          {
            key: "missing",
            error: { code: "KEY_NOT_FOUND", message: "Provided key does not exist" },
          },
        ],
      });
      expect(await kvs.batchDelete(keys)).toEqual({ successfulKeys: keys, failedKeys: [] });
      expect(await kvs.get("here")).toBeUndefined();
      const options = { metadataFields: [MetadataField.UPDATED_AT] };
      await kvs.set("here", 2);
      const { successfulKeys } = await kvs.batchGet([{ key: "here", options }]);
      expect(successfulKeys).toEqual([{ key: "here", value: 2, updatedAt: expect.any(Number) as number }]);
    });
  });

  test("2.2 rate: nothing is limited here", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => kvs.set(`r${n}`, n)));
    expect(await bed.kv.count({ prefix: ["forge-kvs", "kv"] })).toBe(50);
  });
});
