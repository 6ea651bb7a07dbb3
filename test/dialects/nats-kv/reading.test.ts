/**
 * Histories, watches, keys and iterators of a bucket, row by row of the facts on NATS KV.
 */
import {
  type Bucket,
  connect,
  Kvm,
  type KvWatchEntry,
  KvWatchInclude,
  type KvWatchOptions,
} from "@rockpool/nats-kv";
import type { Kv } from "rockpool";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { collect, failure, gather, NatsBed } from "./bed.ts";

const textOf = ({ key, operation, delta, isUpdate, value, length }: KvWatchEntry): string =>
  [key, operation, delta, isUpdate ? "update" : "initial", `${value.length}/${length}`].join(" ");

/** What a watch gives at first, and for the put of "a" that follows. */
const watched = async (kv: Bucket, options: KvWatchOptions): Promise<readonly string[]> => {
  const iterator = await kv.watch(options);
  const texts = gather(iterator, textOf);
  await kv.put("a", "long");
  await expect.poll(() => texts.at(-1)).toMatch(/^a PUT 0 update .\/4$/);
  iterator.stop();
  return texts;
};
const last = "a PUT 0 update 4/4";

const stop = async (iterator: Promise<{ stop(): void }>): Promise<void> => (await iterator).stop();

/** A `Kv` that counts the feeds of changes that are open. */
const countFeeds = (own: Kv): { readonly kv: Kv; openFeeds(): number } => {
  let open = 0;
  const changes = (...args: Parameters<Kv["changes"]>): unknown => {
    const reader = own.changes(...args).getReader();
    open++;
    const end = async (): Promise<void> => {
      open--;
      await reader.cancel();
    };
    return { getReader: () => ({ read: () => reader.read(), cancel: end }) };
  };
  const kv = new Proxy(own, {
    get: (_, name) => {
      if (name === "changes") return changes;
      const value: unknown = Reflect.get(own, name);
      return typeof value === "function" ? (value.bind(own) as unknown) : value;
    },
  });
  return { kv, openFeeds: () => open };
};

describe.each(places)("$name", (place) => {
  const bed = new NatsBed(place);
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());

  /** a: 1, 2; b: 3, deleted; c.d: x. Every key changed last in this order. */
  const filled = async (): Promise<Bucket> => {
    const kv = await bed.create({ history: 5 });
    await kv.put("a", "1");
    await kv.put("a", "2");
    await kv.put("b", "3");
    await kv.delete("b");
    await kv.put("c.d", "x");
    return kv;
  };

  test("1.2 history: oldest to newest across keys, delta down to 0, isUpdate false, markers too", async () => {
    const kv = await filled();
    expect((await collect(await kv.history())).map(textOf)).toEqual([
      "a PUT 4 initial 1/1",
      "a PUT 3 initial 1/1",
      "b PUT 2 initial 1/1",
      "b DEL 1 initial 0/0",
      "c.d PUT 0 initial 1/1",
    ]);
    const revisions = (await collect(await kv.history())).map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
    expect(await collect(await kv.history({ key: "none" }))).toEqual([]);
    expect((await collect(await kv.history({ key: ["a", "c.>"] }))).map(({ key }) => key)).toEqual([
      "a",
      "a",
      "c.d",
    ]);
  });

  test("1.2 history: a key's oldest goes first, and a deletion counts as one", async () => {
    const kv = await bed.create({ history: 3 });
    for (const value of ["1", "2", "3"]) await kv.put("a", value);
    await kv.delete("a");
    const told = async (): Promise<string[]> =>
      (await collect(await kv.history({ key: "a" }))).map((entry) => entry.string());
    expect(await told()).toEqual(["2", "3", ""]);
    const one = await bed.create({ history: 1 });
    for (const value of ["1", "2"]) await one.put("a", value);
    expect((await collect(await one.history())).map((entry) => entry.string())).toEqual(["2"]);
  });

  test("1.2 watch: the last entry of each key by revision, markers too, the last of them an update", async () => {
    expect(await watched(await filled(), {})).toEqual([
      "a PUT 2 initial 1/1",
      "b DEL 1 initial 0/0",
      "c.d PUT 0 update 1/1",
      last,
    ]);
  });

  test("1.2 watch: AllHistory gives the full history, then what comes", async () => {
    expect(await watched(await filled(), { include: KvWatchInclude.AllHistory })).toEqual([
      "a PUT 4 initial 1/1",
      "a PUT 3 initial 1/1",
      "b PUT 2 initial 1/1",
      "b DEL 1 initial 0/0",
      "c.d PUT 0 update 1/1",
      last,
    ]);
  });

  test("1.2 watch: UpdatesOnly gives what comes, every one an update", async () => {
    expect(await watched(await filled(), { include: KvWatchInclude.UpdatesOnly })).toEqual([last]);
    expect(await watched(await bed.create(), { include: KvWatchInclude.UpdatesOnly })).toEqual([last]);
  });

  test("1.2 watch: ignoreDeletes drops deletions, which count for isUpdate, and lets purges through", async () => {
    const kv = await filled();
    await kv.delete("c.d");
    expect(await watched(kv, { ignoreDeletes: true })).toEqual(["a PUT 2 initial 1/1", last]);
    await kv.purge("b");
    expect(await watched(kv, { ignoreDeletes: true, key: ["a", "b"] })).toEqual([
      "a PUT 1 initial 4/4",
      "b PURGE 0 update 0/0",
      last,
    ]);
  });

  test("1.2 watch: headers_only leaves values empty and tells their length", async () => {
    expect(await watched(await filled(), { headers_only: true, key: ["a", "c.d"] })).toEqual([
      "a PUT 1 initial 0/1",
      "c.d PUT 0 update 0/1",
      "a PUT 0 update 0/4",
    ]);
  });

  test("1.2 watch: resumeFromRevision gives every version from there on, whatever include says", async () => {
    const kv = await filled();
    const [, , third] = await collect(await kv.history());
    const resumeFromRevision = third?.revision ?? 0;
    const expected = ["b PUT 2 initial 1/1", "b DEL 1 initial 0/0", "c.d PUT 0 update 1/1", last];
    expect(await watched(kv, { resumeFromRevision })).toEqual(expected);
    const updates = await kv.watch({ resumeFromRevision, include: KvWatchInclude.UpdatesOnly });
    const texts = gather(updates, ({ isUpdate }) => String(isUpdate));
    await expect.poll(() => texts).toEqual(["true", "true", "true", "true"]);
    updates.stop();
  });

  test("1.2 watch: resumeFromRevision beyond the end gives nothing until it is reached (alone)", async () => {
    const kv = await bed.create();
    const revision = await kv.put("a", "1");
    const far = place.name === "alone" ? revision + 3 : revision + 1_000_000_000_000;
    const iterator = await kv.watch({ resumeFromRevision: far });
    const texts = gather(iterator, (entry) => `${entry.revision - far} ${entry.string()}`);
    const seen = await kv.watch({ include: KvWatchInclude.UpdatesOnly });
    const all = gather(seen, (entry) => entry.string());
    for (const value of ["2", "3", "4"]) await kv.put(value, value);
    await expect.poll(() => all).toEqual(["2", "3", "4"]);
    await expect.poll(() => texts).toEqual(place.name === "alone" ? ["0 4"] : []);
    for (const each of [iterator, seen]) each.stop();
  });

  test("1.2 watch: of nothing gives nothing, and natively its end is told all the same", async () => {
    const kv = await filled();
    const told: string[] = [];
    const watch = async (key: string): Promise<void> => {
      const iterator = await kv.watch({ key, initializedFn: () => told.push(`${key} is whole`) });
      void (async () => {
        for await (const entry of iterator) told.push(`${key} ${entry.string()}`);
      })();
    };
    await watch("none.>");
    await expect.poll(() => told).toEqual(["none.> is whole"]);
    await watch("a");
    await expect.poll(() => told.slice(1)).toEqual(["a 2", "a is whole"]);
  });

  test("1.2 watch: an empty key is refused, and a bad one", async () => {
    const kv = await bed.create();
    for (const key of ["", "a..b", ".a", "a.", "a b"]) {
      expect(await failure(() => kv.watch({ key }))).toBe(`Error invalid key: ${key}`);
    }
  });

  test("1.2 wildcards: one token, and one or more at the end; a* is a token that nothing has", async () => {
    const kv = await bed.create();
    for (const key of ["a", "a.b", "a.b.c", "x.b"]) await kv.put(key, key);
    const keys = async (filter?: string | string[]): Promise<string[]> => collect(await kv.keys(filter));
    expect(await keys("a.>")).toEqual(["a.b", "a.b.c"]);
    expect(await keys("*")).toEqual(["a"]);
    expect(await keys("*.b")).toEqual(["a.b", "x.b"]);
    expect(await keys("a.*.c")).toEqual(["a.b.c"]);
    expect(await keys(">")).toEqual(["a", "a.b", "a.b.c", "x.b"]);
    expect(await keys("a*")).toEqual([]);
    expect(await keys(["x.*", "a"])).toEqual(["a", "x.b"]);
    expect(await keys(["a.>", "x.*"])).toEqual(["a.b", "a.b.c", "x.b"]);
    expect(await failure(() => keys("a.>.b"))).toBe("JetStreamApiError 10052 400 invalid subject");
  });

  test.each([
    [["a.*", "a.b"], true],
    [["a", "a"], true],
    [["a.>", "a.b.c"], true],
    [["a.*.c", "a.b.*"], true],
    [[">", "a"], true],
    [["a.>", "a"], false],
    [["a.*", "a.*.b"], false],
    [["a", "b"], false],
    [["a.*.c", "a.b.d"], false],
  ])("1.2 wildcards: %j overlap: %j", async (key, isRefused) => {
    const kv = await bed.create();
    const expected = isRefused
      ? "JetStreamApiError 10138 400 consumer subject filters cannot overlap"
      : "no error";
    expect(await failure(() => stop(kv.watch({ key })))).toBe(expected);
    expect(await failure(() => stop(kv.history({ key })))).toBe(expected);
    expect(await failure(() => stop(kv.keys(key)))).toBe(expected);
  });

  test("1.2 keys: live keys only, in the order of their last revision, and it ends", async () => {
    const kv = await filled();
    expect(await collect(await kv.keys())).toEqual(["a", "c.d"]);
    await kv.put("a", "again");
    expect(await collect(await kv.keys())).toEqual(["c.d", "a"]);
  });

  test("1.1 iterators: counts, stop, one iteration; break stops what feeds it", async () => {
    const kv = await filled();
    const iterator = await kv.watch();
    expect([iterator.getReceived(), iterator.getPending(), iterator.getProcessed()]).toEqual([3, 3, 0]);
    for await (const entry of iterator) if (entry.key === "b") break;
    expect([iterator.getReceived(), iterator.getProcessed()]).toEqual([3, 2]);
    await (iterator as unknown as { iterClosed: Promise<unknown> }).iterClosed;
    await kv.put("a", "after");
    expect(iterator.getReceived()).toBe(3);
    const again = await failure(async () => iterator[Symbol.asyncIterator]().next());
    expect(again).toBe("InvalidOperationError iterator is already yielding");
    const stopped = await kv.watch();
    stopped.stop(new Error("enough"));
    expect(await failure(() => collect(stopped))).toBe("Error enough");
  });

  test("1.1 iterators: break, stop and the end of a history leave no feed open in Rockpool", async () => {
    const { kv: counted, openFeeds } = countFeeds(await bed.connection.openKv());
    const { bucket } = await filled();
    const kv = await new Kvm(counted).open(bucket);
    const [broken, stopped] = [await kv.watch(), await kv.watch({ include: KvWatchInclude.UpdatesOnly })];
    expect(openFeeds()).toBe(2);
    for await (const _ of broken) break;
    await expect.poll(openFeeds).toBe(1);
    stopped.stop();
    await expect.poll(openFeeds).toBe(0);
    await collect(await kv.history());
    await collect(await kv.keys());
    expect(openFeeds()).toBe(0);
  });

  test("1.1 entries: json with a reviver, string, created, the raw message", async () => {
    const kv = await bed.create({ history: 2 });
    await kv.put("a", JSON.stringify({ n: 1 }));
    const entry = await kv.get("a");
    expect(entry?.json()).toEqual({ n: 1 });
    expect(entry?.json((_, value) => (value === 1 ? 2 : value))).toEqual({ n: 2 });
    expect(entry?.string()).toBe('{"n":1}');
    await kv.delete("a");
    const deleted = (await kv.get("a")) as unknown as { sm: { seq: number; header: Headers } };
    expect(deleted.sm.header.get("KV-Operation")).toBe("DEL");
    expect(deleted.sm.header.has("Nats-Rollup")).toBe(false);
    expect(deleted.sm.seq).toBe((await kv.get("a"))?.revision);
  });

  test("1.2 watch: sees what other devices (alone: other tabs) write, in rising revisions", async () => {
    const kv = await filled();
    await using other = await bed.openOther(kv);
    const iterator = await kv.watch();
    const revisions: number[] = [];
    const texts = gather(iterator, (entry) => {
      revisions.push(entry.revision);
      return `${entry.key} ${entry.operation} ${entry.string()}`;
    });
    await other.bucket.put("a", "theirs");
    await other.bucket.delete("c.d");
    await other.bucket.purge("a");
    await expect.poll(() => texts.slice(3).toSorted()).toContain("a PURGE ");
    await expect.poll(() => texts.slice(3)).toContain("c.d DEL ");
    expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
    expect((await kv.get("a"))?.operation).toBe("PURGE");
    expect((await collect(await kv.history({ key: "a" }))).map(({ operation }) => operation)).toEqual([
      "PURGE",
    ]);
    iterator.stop();
  });

  test("1.2 consistency: what was written is read at once, in the writer's tab and in others", async () => {
    const kv = await bed.create();
    const tab = await connect({ bucket: bed.name, ...place.options(bed.name) });
    const there = await new Kvm(tab).open(kv.bucket);
    for (const value of ["1", "2", "3"]) {
      const revision = await kv.put("a", value);
      for (const each of [kv, there]) expect(await each.get("a")).toMatchObject({ revision });
    }
    await tab.close();
  });

  test("keys and watches are whole where there is much", async () => {
    const kv = await bed.create();
    const names = Array.from({ length: 1200 }, (_, index) => `k.${index}`);
    await Promise.all(names.map((name) => kv.put(name, "x")));
    expect((await collect(await kv.keys())).toSorted()).toEqual(names.toSorted());
    const iterator = await kv.watch({ key: "k.*" });
    expect(iterator.getReceived()).toBe(1200);
    const updates = await kv.watch({ include: KvWatchInclude.UpdatesOnly });
    const texts = gather(updates, ({ key }) => key);
    await kv.delete("k.>");
    expect(await collect(await kv.keys())).toEqual([]);
    await expect.poll(() => new Set(texts).size).toBe(1200);
    for (const each of [iterator, updates]) each.stop();
  });

  test("4 (9) watch: ends when its bucket is destroyed, and when the connection is closed", async () => {
    const kv = await filled();
    const ending = collect(await kv.watch());
    await kv.destroy();
    expect((await ending).length).toBeGreaterThanOrEqual(3);

    // Also where the connection leaves open what it was given.
    const connection = await connect({ kv: await bed.connection.openKv() });
    const watched = await new Kvm(connection).create(bed.newName());
    await watched.put("a", "1");
    const iterator = await watched.watch();
    await connection.close();
    expect((await collect(iterator)).map(({ key }) => key)).toEqual(["a"]);
  });
});
