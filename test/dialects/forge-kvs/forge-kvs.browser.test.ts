/**
 * The real `@forge/kvs` in a page, over IndexedDB: the core of each store, what another tab of the site sees
 * of it, and what is there after closing and opening again. `@forge/api`, which the SDK names for its types,
 * is not installed at all.
 */
// oxlint-disable-next-line import/no-unassigned-import -- it gives the page a name
import "./node-global.ts";
import { Filter, FilterConditions, kvs, MetadataField, Sort, WhereConditions } from "@forge/kvs";
import { createForgeKvs, installForgeKvs } from "@rockpool/forge-kvs";
import { destroyBucket, openKv } from "rockpool";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entities } from "./example-manifest.ts";

interface Employee {
  age: number;
  gender: string;
  surname: string;
}

/** A request that creates a key. */
const create = (at: number, value: string) => ({
  body: JSON.stringify({ key: `k${at}`, value, options: { keyPolicy: "FAIL_IF_EXISTS" } }),
});

let name: string;
beforeEach(() => {
  name = `forge-${crypto.randomUUID()}`;
});
afterEach(() => destroyBucket(name));

test("2.4 browser: plain keys: values, metadata, queries with cursors, policies and errors", async () => {
  await using _ = installForgeKvs({ name });
  await kvs.set("a", { list: [1] }, { ttl: { value: 1, unit: "DAYS" } });
  expect(await kvs.get("a", { metadataFields: [MetadataField.EXPIRE_TIME] })).toEqual({
    key: "a",
    value: { list: [1] },
    expireTime: expect.any(String) as string,
  });
  await kvs.batchSet(["b1", "b2", "b3"].map((key) => ({ key, value: key })));
  const first = await kvs.query().where("key", WhereConditions.beginsWith("b")).limit(2).getMany();
  const rest = kvs.query().where("key", WhereConditions.beginsWith("b")).limit(2);
  expect(first.results.map(({ key }) => key)).toEqual(["b1", "b2"]);
  expect((await rest.cursor(first.nextCursor ?? "").getMany()).results).toEqual([{ key: "b3", value: "b3" }]);
  await expect(kvs.set("a", 1, { keyPolicy: "FAIL_IF_EXISTS" })).rejects.toMatchObject({
    code: "KEY_CONFLICT",
    responseDetails: { status: 409, statusText: "Conflict" },
  });
  await expect(kvs.get("a/b")).rejects.toMatchObject({ code: "INVALID_KEY" });
});

test("2.4 browser: entities: indexes, filters and transactions", async () => {
  await using _ = installForgeKvs({ name, entities });
  const employees = kvs.entity<Employee>("employee");
  await employees.set("davis", { age: 30, gender: "male", surname: "Davis" });
  await employees.set("scott", { age: 41, gender: "female", surname: "Scott" });
  await employees.set("young", { age: 100, gender: "male", surname: "Young" });
  const query = employees.query().index("by-age").where(WhereConditions.greaterThan(30));
  // oxlint-disable-next-line unicorn/no-array-sort -- it is a builder, no array
  query.sort(Sort.DESC);
  expect((await query.getMany()).results.map(({ key }) => key)).toEqual(["young", "scott"]);
  const men = employees.query().index("by-age-per-gender", { partition: ["male"] });
  expect((await men.getMany()).results.map(({ key }) => key)).toEqual(["davis", "young"]);
  const conditions = new Filter<Employee>().and("age", FilterConditions.equalTo(41));
  const promote = (): Promise<void> =>
    kvs
      .transact()
      .set("scott", { age: 42, gender: "female", surname: "Scott" }, { entityName: "employee", conditions })
      .set("promoted", "scott")
      .execute();
  await promote();
  await expect(promote()).rejects.toMatchObject({ code: "CONDITIONAL_CHECK_FAILED" });
  expect((await employees.get("scott"))?.age).toBe(42);
});

test("2.4 browser: secrets are sealed beside the bucket, and of many creations one is taken", async () => {
  await using kv = await openKv(name);
  await using _ = installForgeKvs({ kv });
  const sets = Array.from({ length: 10 }, (_, n) =>
    kvs.setSecret("token", n, { keyPolicy: "FAIL_IF_EXISTS" }),
  );
  const outcomes = await Promise.allSettled(sets);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await kvs.getSecret("token")).toEqual(expect.any(Number));
  expect(await kv.count({ prefix: [] })).toBe(0);
});

test("2.4 browser: two hosts of a page race for keys, and each goes to one", async () => {
  await using mine = createForgeKvs({ name });
  await using theirs = createForgeKvs({ name });
  const races = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => {
      const answers = await Promise.all([
        mine.handle("/api/v1/set", create(at, "mine")),
        theirs.handle("/api/v1/set", create(at, "theirs")),
      ]);
      return answers.map(({ status }) => status).toSorted();
    }),
  );
  expect(races).toEqual(races.map(() => [204, 409]));
});

test("2.4 browser: what was set is there when the bucket is opened again", async () => {
  const first = installForgeKvs({ name, entities });
  await kvs.set("k", 1);
  await kvs.entity("employee").set("e", { age: 1 });
  await first.close();
  await using _ = installForgeKvs({ name, entities });
  expect(await kvs.get("k")).toBe(1);
  expect((await kvs.entity("employee").query().index("by-age").getMany()).results).toHaveLength(1);
});
