/**
 * A scenario for any implementation of NATS KV: what it calls and what comes of it, as lines to compare. It
 * keeps to what nats-server 2.9 has: no lives of single keys, and one filter.
 */
import type { PurgeResponse } from "@nats-io/jetstream";
import type { KV, KvOptions, KvWatchEntry } from "@nats-io/kv";
import { failure } from "./bed.ts";

/** What there is on both sides: the type of the one class does not name the other. */
export interface Manager {
  create(name: string, options?: Partial<KvOptions>): Promise<KV>;
  open(name: string, options?: Partial<KvOptions>): Promise<KV>;
}

/** What the concrete class has beside its interface. */
interface Purging {
  purgeDeletes(olderMillis?: number): Promise<PurgeResponse>;
  purgeBucket(options?: { filter?: string; seq?: number; keep?: number }): Promise<PurgeResponse>;
}

const textOf = ({ key, revision, operation, isUpdate, value, length }: KvWatchEntry): string =>
  [key, revision, operation, isUpdate, value.length, length].join(" ");

/** Runs it in new buckets whose names begin with `prefix`, all of one length; deletes them. */
export const runScenario = async (kvm: Manager, prefix: string): Promise<readonly string[]> => {
  const lines: string[] = [];
  const made: KV[] = [];
  const create = async (options: Partial<KvOptions> = {}): Promise<KV> => {
    const kv = await kvm.create(`${prefix}${made.length}`, options);
    made.push(kv);
    return kv;
  };
  const note = async (label: string, call: () => unknown): Promise<void> => {
    let result: unknown = "nothing";
    const failed = await failure(async () => (result = (await call()) ?? "nothing"));
    lines.push(
      `${label}: ${failed === "no error" ? JSON.stringify(result) : failed}`.replaceAll(prefix, "bucket"),
    );
  };
  try {
    await writes(create, note);
    await refusals(create, note);
    await readings(create, note);
    await purges(create, note);
    await absences(await kvm.open(`${prefix}missing`), note);
    for (const options of [
      { ttl: 50 },
      { ttl: -1 },
      { history: 1.5 },
      { history: 65 },
      { history: 0 },
      { replicas: 3 },
    ]) {
      await note(`options ${JSON.stringify(options)}`, async () => {
        const { history, ttl } = await (await create(options)).status();
        return [history, ttl];
      });
    }
  } finally {
    for (const kv of made) await kv.destroy();
  }
  return lines;
};

type Create = (options?: Partial<KvOptions>) => Promise<KV>;
type Note = (label: string, call: () => unknown) => Promise<void>;

const writes = async (create: Create, note: Note): Promise<void> => {
  const kv = await create({ history: 3 });
  const { bucket } = await kv.status();
  await note("put a", () => kv.put("a", "1"));
  await note("put b", () => kv.put("b", new Uint8Array([1, 2])));
  await note("size", async () => sized(await kv.status(), bucket));
  await note("create a", () => kv.create("a", "2"));
  await note("update a", () => kv.update("a", "2", 1));
  await note("size", async () => sized(await kv.status(), bucket));
  await note("update a again", () => kv.update("a", "3", 1));
  await note("update 0", () => kv.update("a", "3", 0));
  await note("update missing", () => kv.update("none", "3", 7));
  await note("delete", () => kv.delete("a"));
  await note("get deleted", async () => (await kv.get("a"))?.operation);
  await note("size", async () => sized(await kv.status(), bucket));
  await note("update before marker", () => kv.update("a", "3", 3));
  await note("create over marker", () => kv.create("a", "4"));
  await note("delete with a condition", () => kv.delete("a", { previousSeq: 2 }));
  await note("delete with 0", () => kv.delete("never", { previousSeq: 0 }));
  await note("purge", () => kv.purge("a"));
  await note("create over purge", () => kv.create("a", "5"));
  await note("put 0", () => kv.put("a", "6", { previousSeq: 0 }));
  for (const previousSeq of [-1, 1.5, Number.NaN]) {
    await note(`put ${previousSeq}`, () => kv.put("a", "6", { previousSeq }));
  }
  await note("sizes", async () => sized(await kv.status(), bucket));
};

/** Without the bucket's name, whose length counts. */
const sized = ({ size, values }: { size: number; values: number }, bucket: string): readonly number[] => [
  values,
  size - values * bucket.length,
];

const refusals = async (create: Create, note: Note): Promise<void> => {
  const kv = await create({ maxValueSize: 10 });
  for (const value of [5, {}, null, true, undefined, ""]) {
    await note(`value ${JSON.stringify(value)}`, () => kv.put("v", value as unknown as string));
  }
  await note("too large", () => kv.put("a", "x".repeat(11)));
  await note("as large as can be", () => kv.put("a", "x".repeat(10)));
  await note("too large by its header", () => kv.put("b", "x", { previousSeq: 0 }));
  await note("too large, and in conflict", () => kv.update("b", "x".repeat(11), 7));
  await note("delete", () => kv.delete("a"));
  for (const key of ["", " ", "a b", "é", "$", ":", "@", "#", "*", ">", ".a", "a."]) {
    await note(`put ${key}`, () => kv.put(key, "1"));
    await note(`get ${key}`, () => kv.get(key));
    await note(`watch ${key}`, async () => ((await kv.watch({ key })).stop(), "begun"));
  }
  for (const key of ["_kv", "x/y=z", "k".repeat(300)]) await note(`put ${key}`, () => kv.put(key, "1"));
};

const readings = async (create: Create, note: Note): Promise<void> => {
  const kv = await create({ history: 64 });
  for (const [key, value] of [
    ["a", "1"],
    ["a", "2"],
    ["b", "3"],
    ["c.d", "x"],
    ["c.d.e", "y"],
    ["h", "12"],
  ]) {
    await kv.put(key ?? "", value ?? "");
  }
  await kv.delete("b");
  for (const revision of [1, 2, 3, 99, 0, -1]) {
    await note(`revision ${revision}`, async () => (await kv.get("a", { revision }))?.string());
  }
  for (const key of [">", "a", "none", "c.>", "c.*", "*", "*.d", "a*"]) {
    await note(`history ${key}`, async () => entriesOf(await kv.history({ key })));
    await note(`keys ${key}`, async () => {
      const keys: string[] = [];
      for await (const each of await kv.keys(key)) keys.push(each);
      return keys;
    });
  }
  const watches = [
    {},
    { include: "history" },
    { include: "updates" },
    { ignoreDeletes: true },
    { headers_only: true },
    { resumeFromRevision: 3 },
    { resumeFromRevision: 3, include: "updates" },
    { key: "b" },
    { key: "c.>" },
  ] as const;
  for (const [index, options] of watches.entries()) {
    await note(`watch ${JSON.stringify(options)}`, async () => {
      const iterator = await kv.watch(options);
      const endLength = 10 + index;
      await kv.put("key" in options && options.key === "c.>" ? "c.z" : "b", "e".repeat(endLength));
      return entriesOf(iterator, endLength);
    });
  }
  await note("delete c.*", () => kv.delete("c.*", { previousSeq: 99 }));
  await note("purge h", () => kv.purge(">"));
  await note("what is left", async () => entriesOf(await kv.history()));
};

/** All entries, or up to the one whose value has this length. */
const entriesOf = async (
  entries: AsyncIterable<KvWatchEntry>,
  endLength?: number,
): Promise<readonly string[]> => {
  const texts: string[] = [];
  for await (const entry of entries) {
    texts.push(textOf(entry));
    if (entry.length === endLength) break;
  }
  return texts;
};

const purged = async (call: Promise<PurgeResponse>): Promise<number> => (await call).purged;

const purges = async (create: Create, note: Note): Promise<void> => {
  const kv = await create({ history: 5 });
  const bucket = kv as KV & Purging;
  const { bucket: name } = await kv.status();
  for (const key of ["a", "b", "a", "c"]) await kv.put(key, "1");
  await kv.delete("a");
  await kv.delete("b");
  await note("purgeDeletes", () => purged(bucket.purgeDeletes()));
  await note("left", async () => entriesOf(await kv.history()));
  await note("purgeDeletes of all", () => purged(bucket.purgeDeletes(-1)));
  await note("left", async () => entriesOf(await kv.history()));
  for (const key of ["q", "q", "q", "r"]) await kv.put(key, "1");
  await note("purgeBucket keep 1", () => purged(bucket.purgeBucket({ filter: `$KV.${name}.q`, keep: 1 })));
  await note("purgeBucket below", () => purged(bucket.purgeBucket({ seq: 5 })));
  await note("left", async () => entriesOf(await kv.history()));
  await note("purgeBucket", () => purged(bucket.purgeBucket()));
  await note("put", () => kv.put("n", "1"));
};

const absences = async (kv: KV, note: Note): Promise<void> => {
  await note("get", () => kv.get("a"));
  await note("put", () => kv.put("a", "1"));
  await note("create", () => kv.create("a", "1"));
  await note("delete", () => kv.delete("a"));
  await note("history", () => kv.history());
  await note("watch", () => kv.watch());
  await note("keys", () => kv.keys());
  await note("status", () => kv.status());
  await note("destroy", () => kv.destroy());
};
