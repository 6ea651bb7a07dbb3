/**
 * A Forge app's code as Forge's documentation writes it, from its pages on the key-value store, custom
 * entities and transactions. One line is ours: the one that installs the backend.
 */
import { entities } from "./example-manifest.ts";
import { installForgeKvs } from "@rockpool/forge-kvs";
import { kvs, Filter, FilterConditions, Sort, WhereConditions } from "@forge/kvs";

installForgeKvs({ name: `forge-example-${crypto.randomUUID()}`, entities });

const lines: unknown[] = [];

// Key-Value Store
await kvs.set("foo", "bar");
lines.push(await kvs.get("foo"));
const { results } = await kvs.query().where("key", WhereConditions.beginsWith("fo")).getMany();
lines.push(results);

// Cursors
for (const n of [1, 2, 3, 4, 5]) await kvs.set(`account.${n}`, `account ${n}`);
for (const n of [1, 2, 3, 4]) await kvs.set(`user.${n}`, `user ${n}`);

// Fetch up to 2 results, but will return "account.1" and "account.2" and a cursor to next page
const { nextCursor: firstCursor = "" } = await kvs
  .query()
  .limit(2)
  .where("key", WhereConditions.beginsWith("account."))
  .getMany();

// Fetch up to 2 results after the cursor, but will return "account.3" and "account.4" and a cursor to next page
const { nextCursor: secondCursor = "" } = await kvs
  .query()
  .limit(2)
  .where("key", WhereConditions.beginsWith("account."))
  .cursor(firstCursor)
  .getMany();

// Fetch up to 2 results, but will only return "account.5" and no cursor
const { results: lastPage, nextCursor: undefinedCursor } = await kvs
  .query()
  .limit(2)
  .where("key", WhereConditions.beginsWith("account."))
  .cursor(secondCursor)
  .getMany();
lines.push([lastPage, undefinedCursor === undefined]);

// Secret store
await kvs.setSecret("example-key", "Hello world");
lines.push(await kvs.getSecret("example-key"));
await kvs.deleteSecret("example-key");

// Conflict resolution
await kvs.set("created-once", "first", { keyPolicy: "FAIL_IF_EXISTS" });
try {
  await kvs.set("created-once", "second", { keyPolicy: "FAIL_IF_EXISTS" });
} catch (error) {
  lines.push((error as { code?: string }).code);
}

// Custom Entity Store
interface Employee {
  surname: string;
  age: number;
  employmentyear: number;
  gender: string;
  nationality: string;
}
await kvs.entity<Employee>("employee").set("example-key", {
  surname: "Davis",
  age: 30,
  employmentyear: 2022,
  gender: "male",
  nationality: "Australian",
});
await kvs.entity<Employee>("employee").set("other-key", {
  surname: "Scott",
  age: 41,
  employmentyear: 2025,
  gender: "female",
  nationality: "Australian",
});
const older = await kvs
  .entity<Employee>("employee")
  .query()
  .index("by-age")
  .where(WhereConditions.greaterThan(30))
  .filters(new Filter<Employee>().and("employmentyear", FilterConditions.equalTo(2025)))
  // oxlint-disable-next-line unicorn/no-array-sort -- it is a builder, no array
  .sort(Sort.DESC)
  .getMany();
lines.push(older.results.map(({ key }) => key));

// Custom Entity Store Transactions
const conditions = new Filter<Employee>().and("surname", FilterConditions.beginsWith("S"));
await kvs
  .transact()
  .set("key1", "value1")
  .delete("foo")
  .delete("example-key", { entityName: "employee" })
  .check("other-key", { entityName: "employee", conditions })
  .execute();
lines.push([await kvs.get("key1"), (await kvs.get("foo")) === undefined]);

export const printed: string = lines.map((line) => JSON.stringify(line)).join("\n");
