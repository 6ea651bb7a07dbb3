/**
 * Index entries of two partitions that have one fingerprint stand side by side; a query of one of them must
 * not find the other's. No two such are known, so the entry of another partition is given here by hand.
 */
import { type KvEntry, openKv } from "rockpool";
import { expect, test } from "vitest";
import { addChange, type Backend } from "./backend.ts";
import { readEntities } from "./entity-schema.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { entitySpace, mustGetSchema } from "./space.ts";
import { StaleEntries } from "./stale-entries.ts";
import { recordOf } from "./stored-record.ts";
import { verifyEntries } from "./verify-entries.ts";

test("an entry counts in its own partition alone, and is not stale in another", async () => {
  await using kv = await openKv(`verify-${crypto.randomUUID()}`);
  const schemas = readEntities([
    {
      name: "row",
      attributes: { group: { type: "string" }, n: { type: "integer" } },
      indexes: [{ name: "by-group", partition: ["group"], range: ["n"] }],
    },
  ]);
  const stale = new StaleEntries();
  const backend: Backend = {
    kv,
    secrets: kv.secrets,
    schemas,
    confirm: undefined,
    queue: new KeyedQueue(),
    stale,
  };
  const schema = mustGetSchema(schemas, "row");
  const index = schema.indexByName.get("by-group");
  if (index === undefined) throw new Error("the index is declared above");
  const space = entitySpace(schema);
  const atomic = kv.atomic();
  const before = await kv.get<never>(space.place("k"));
  const after = recordOf({ group: "x".repeat(200), n: 1 }, null, undefined);
  addChange(backend, atomic, { space, key: "k", before, after, ttlMs: undefined });
  await atomic.commit();
  const entries: KvEntry<unknown>[] = [];
  for await (const entry of kv.list({ prefix: ["forge-kvs", "index"] })) entries.push(entry);
  const find = async (group: string): Promise<number> =>
    (await verifyEntries(backend, schema, index, [group], entries)).length;
  expect(await find("x".repeat(200))).toBe(1);
  expect(await find("y".repeat(200))).toBe(0);
  expect(stale.take(space.place("k"))).toEqual([]);
});
