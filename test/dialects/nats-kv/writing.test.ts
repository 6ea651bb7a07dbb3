/**
 * Writing to a bucket, row by row of the facts on NATS KV: what each call gives, and refuses.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { collect, failure, NatsBed } from "./bed.ts";

describe.each(places)("$name", (place) => {
  const bed = new NatsBed(place);
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());

  test("1.2 revision: one sequence for the bucket, 1 for its first; on a replica it rises", async () => {
    const kv = await bed.create({ history: 2 });
    const revisions = [await kv.put("a", "1"), await kv.put("b", "1"), await kv.put("a", "2")];
    expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
    expect(new Set(revisions).size).toBe(3);
    expect(revisions.every((revision) => Number.isSafeInteger(revision))).toBe(true);
    expect(revisions).toEqual(bed.revisions([1, 2, 3], revisions));
    await kv.purgeBucket();
    const next = await kv.put("c", "1");
    expect(next).toBeGreaterThan(revisions[2] ?? 0);
    expect([next]).toEqual(bed.revisions([4], [next]));
    expect((await kv.get("c"))?.created.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  test("1.2 revision: a bucket that is destroyed and made again begins with 1; on a replica it rises", async () => {
    const kv = await bed.create();
    const first = await kv.put("a", "1");
    await kv.destroy();
    const again = await bed.kvm.create(kv.bucket);
    const revision = await again.put("a", "1");
    expect([first, revision]).toEqual(bed.revisions([1, 1], [first, revision]));
    expect(revision > first).toBe(place.name === "replica");
  });

  test("1.2 revision: concurrent puts of one key each have their own, and the last one stands", async () => {
    const kv = await bed.create({ history: 64 });
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    const revisions = await Promise.all(numbers.map((number) => kv.put("k", String(number))));
    expect(new Set(revisions).size).toBe(20);
    const last = await kv.get("k");
    expect([last?.string(), last?.revision]).toEqual(["19", revisions[19]]);
    const history = await collect(await kv.history({ key: "k" }));
    const counted = numbers.map((number) => number + 1);
    expect(revisions).toEqual(bed.revisions(counted, revisions));
    expect(history.map(({ revision }) => revision)).toEqual(revisions.slice(-history.length));
  });

  test("1.2 put: previousSeq 0 means that the key must not exist", async () => {
    const kv = await bed.create();
    const first = await kv.put("a", "1", { previousSeq: 0 });
    expect(await failure(() => kv.put("a", "2", { previousSeq: 0 }))).toBe(
      `JetStreamApiError 10071 400 wrong last sequence: ${first}`,
    );
    const second = await kv.put("a", "2", { previousSeq: first });
    expect(await failure(() => kv.put("a", "3", { previousSeq: first }))).toBe(
      `JetStreamApiError 10071 400 wrong last sequence: ${second}`,
    );
  });

  test("1.2 put: undefined and the empty string are stored as no bytes", async () => {
    const kv = await bed.create();
    await kv.put("a", undefined as unknown as string);
    await kv.put("b", "");
    for (const key of ["a", "b"]) expect((await kv.get(key))?.value).toEqual(new Uint8Array());
  });

  test.each([5, {}, null, new ArrayBuffer(3)])("1.2 put: %j is refused with a TypeError", async (value) => {
    const kv = await bed.create();
    expect(await failure(() => kv.put("a", value as unknown as string))).toBe(
      "TypeError payload types can be strings or Uint8Array",
    );
  });

  test("1.2 create: only a key that is not there, deleted or purged", async () => {
    const kv = await bed.create({ history: 3 });
    const first = await kv.create("a", "1");
    expect(await failure(() => kv.create("a", "2"))).toBe(
      `JetStreamApiError 10071 400 wrong last sequence: ${first}`,
    );
    await kv.delete("a");
    await kv.create("a", "2");
    await kv.purge("a");
    await kv.create("a", "3");
    expect((await kv.get("a"))?.string()).toBe("3");
  });

  test("1.2 create: of eight at once exactly one wins", async () => {
    const kv = await bed.create();
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map((n) => kv.create("a", String(n))));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("1.2 update: a version below 1 is thrown at once", async () => {
    const kv = await bed.create();
    expect(() => void kv.update("a", "1", 0)).toThrow(new Error("version must be greater than 0"));
    expect(() => void kv.update("a", "1", -1)).toThrow("version must be greater than 0");
  });

  test("1.2 update: a missing key; the revision before a deletion fails, that of its marker holds", async () => {
    const kv = await bed.create({ history: 3 });
    expect(await failure(() => kv.update("a", "1", 9))).toBe(
      "JetStreamApiError 10071 400 wrong last sequence: 0",
    );
    const revision = await kv.put("a", "1");
    await kv.delete("a");
    const marker = await kv.get("a");
    expect(await failure(() => kv.update("a", "2", revision))).toBe(
      `JetStreamApiError 10071 400 wrong last sequence: ${marker?.revision}`,
    );
    expect(await kv.update("a", "2", marker?.revision ?? 0)).toBeGreaterThan(marker?.revision ?? 0);
  });

  test("1.2 conflict: an error with name, code, status and apiError", async () => {
    const kv = await bed.create();
    await kv.put("a", "1");
    const error: unknown = await kv.create("a", "2").catch((error: unknown) => error);
    const { revision } = (await kv.get("a")) ?? { revision: 0 };
    expect(error).toMatchObject({ name: "JetStreamApiError", code: 10071, status: 400 });
    expect((error as { apiError(): unknown }).apiError()).toEqual({
      code: 400,
      err_code: 10071,
      description: `wrong last sequence: ${revision}`,
    });
  });

  test("1.2 get: a missing key is null, a deleted one an entry with its operation", async () => {
    const kv = await bed.create();
    expect(await kv.get("a")).toBeNull();
    await kv.put("a", "1");
    await kv.delete("a");
    expect(await kv.get("a")).toMatchObject({ operation: "DEL", length: 0, delta: 0 });
    await kv.purge("a");
    expect(await kv.get("a")).toMatchObject({ operation: "PURGE", key: "a", rawKey: "a", bucket: kv.bucket });
  });

  test("1.2 get: by revision, null for one of another key or that is gone; 0 and less are ignored", async () => {
    const kv = await bed.create({ history: 2 });
    const [one, two] = [await kv.put("a", "1"), await kv.put("a", "2")];
    const other = await kv.put("b", "b");
    const get = async (revision: number): Promise<string | undefined> =>
      (await kv.get("a", { revision }))?.string();
    expect([await get(one), await get(two), await get(other)]).toEqual(["1", "2", undefined]);
    expect([await get(0), await get(-1), await get(other + 1)]).toEqual(["2", "2", undefined]);
    await kv.put("a", "3");
    expect([await get(one), await get(two)]).toEqual([undefined, "2"]);
  });

  test("1.2 delete: leaves a marker and the history, also of a key that never was", async () => {
    const kv = await bed.create({ history: 5 });
    await kv.put("a", "1");
    await kv.delete("a");
    await kv.delete("never");
    const entries = await collect(await kv.history());
    expect(entries.map(({ key, operation }) => `${key} ${operation}`)).toEqual([
      "a PUT",
      "a DEL",
      "never DEL",
    ]);
  });

  test("1.2 delete: a previousSeq is a condition, 0 is none", async () => {
    const kv = await bed.create();
    const revision = await kv.put("a", "1");
    expect(await failure(() => kv.delete("a", { previousSeq: revision + 1 }))).toBe(
      `JetStreamApiError 10071 400 wrong last sequence: ${revision}`,
    );
    await kv.delete("a", { previousSeq: revision });
    await kv.delete("b", { previousSeq: 0 });
    await kv.put("c", "1");
    await kv.purge("c", { previousSeq: 0 });
    expect((await kv.get("c"))?.operation).toBe("PURGE");
  });

  test("1.2 delete, purge: with wildcards each key by itself, whatever the options say", async () => {
    const kv = await bed.create({ history: 2 });
    for (const key of ["a.1", "a.2", "b.1"]) await kv.put(key, "1");
    await kv.delete("a.*", { previousSeq: 99 });
    expect(await collect(await kv.keys())).toEqual(["b.1"]);
    await kv.purge(">", { previousSeq: 99, ttl: "junk" });
    expect(await collect(await kv.keys())).toEqual([]);
    expect((await kv.get("b.1"))?.operation).toBe("PURGE");
    expect((await kv.get("a.1"))?.operation).toBe("DEL");
    await kv.delete("none.>");
    expect(await failure(() => kv.delete("a.>.b"))).toBe("Error invalid key: a.>.b");
  });

  test("1.2 purge: drops the key's history, and leaves a marker; remove does the same", async () => {
    const kv = await bed.create({ history: 5 });
    for (const value of ["1", "2"]) await kv.put("a", value);
    await kv.purge("a");
    expect((await collect(await kv.history())).map(({ operation }) => operation)).toEqual(["PURGE"]);
    await kv.put("a", "3");
    await kv.remove("a");
    expect((await collect(await kv.history())).map(({ operation }) => operation)).toEqual(["PURGE"]);
  });

  test("1.2 purge: what it drops is gone from Rockpool too", async () => {
    const kv = await bed.create({ history: 5 });
    for (const value of ["1", "2"]) await kv.put("a", value);
    await kv.purge("a");
    const own = await bed.connection.openKv();
    const versions = await own.history<Uint8Array>(["nats-kv", "message", kv.stream, "a"]);
    const texts = versions.map(({ value }) => new TextDecoder().decode(value ?? new Uint8Array()));
    expect(texts.filter((text) => !text.includes("KV-Operation: PURGE"))).toEqual([]);
  });

  test("1.2 purgeDeletes: old markers go with their keys, of younger ones the history", async () => {
    const kv = await bed.create({ history: 5 });
    await kv.put("a", "1");
    await kv.delete("a");
    await kv.put("b", "1");
    expect(await kv.purgeDeletes()).toMatchObject({ success: true, purged: 1 });
    const told = async (): Promise<string[]> =>
      (await collect(await kv.history())).map(({ key, operation }) => `${key} ${operation}`);
    expect((await told()).toSorted()).toEqual(["a DEL", "b PUT"]);
    expect(await kv.purgeDeletes(-1)).toMatchObject({ success: true, purged: 1 });
    expect([await told(), await kv.get("a")]).toEqual([["b PUT"], null]);
  });

  test("1.1 purgeBucket: all messages, or those of a filter or below a revision, without markers", async () => {
    const kv = await bed.create({ history: 3 });
    for (const key of ["a", "a", "b", "c"]) await kv.put(key, "1");
    expect(await kv.purgeBucket({ filter: kv.subjectForKey("a"), keep: 1 })).toMatchObject({ purged: 1 });
    expect((await collect(await kv.history({ key: "a" }))).map((entry) => entry.string())).toEqual(["1"]);
    expect(await kv.purgeBucket({ filter: kv.subjectForKey("a") })).toMatchObject({ purged: 1 });
    const { revision = 0 } = (await kv.get("c")) ?? {};
    expect(await kv.purgeBucket({ seq: revision })).toMatchObject({ success: true, purged: 1 });
    expect(await collect(await kv.keys())).toEqual(["c"]);
    expect(await kv.purgeBucket()).toMatchObject({ success: true, purged: 1 });
    expect(await collect(await kv.history())).toEqual([]);
    expect(await failure(() => kv.purgeBucket({ keep: 2 }))).toContain("keep is 2");
  });
});
