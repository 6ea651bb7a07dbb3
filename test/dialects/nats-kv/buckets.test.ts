/**
 * Buckets: names of buckets and keys, codecs, making, opening, listing, limits and what is said of them; row by
 * row of the facts on NATS KV.
 */
import {
  Base64KeyCodec,
  type Bucket,
  connect,
  defaultBucketOpts,
  jetstream,
  Kvm,
  type KvStatus,
  NoopKvCodecs,
} from "@rockpool/nats-kv";
import { kvPrefix, validateBucket, validateKey } from "@rockpool/nats-kv/internal";
import { type Key, type Kv, openKv } from "rockpool";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";
import { collect, failure, NatsBed } from "./bed.ts";

const refusedKeys = ["", " ", "a b", "é", "$", ":", "@", "#", "*", ">", ".a", "a.", "a..b"];
const acceptedKeys = ["_kv", "x/y=z", "a-b_c.D9", "k".repeat(300)];

describe.each(places)("$name", (place) => {
  const bed = new NatsBed(place);
  beforeAll(() => bed.start());
  afterAll(() => bed.stop());

  test("1.1 Kvm.create: creates or opens, and the configuration that is there wins silently", async () => {
    const kv = await bed.create({ history: 3, description: "first" });
    await kv.put("a", "1");
    const again = await bed.kvm.create(kv.bucket, { history: 9, description: "second" });
    expect(await again.status()).toMatchObject({ history: 3, description: "first", values: 1 });
  });

  test("1.1 Kvm.open: looks at nothing; a bucket that is not there fails at its first use", async () => {
    for (const open of [bed.kvm.open(bed.newName()), bed.kvm.create(bed.newName(), { bindOnly: true })]) {
      const kv = (await open) as Bucket;
      const notFound = "StreamNotFoundError 10059 404 stream not found";
      const calls = [
        () => kv.get("a"),
        () => kv.keys(),
        () => kv.watch(),
        () => kv.history(),
        () => kv.status(),
        () => kv.destroy(),
        () => kv.purgeBucket(),
        () => kv.purgeDeletes(),
        () => kv.create("a", "1"),
      ];
      for (const call of calls) expect(await failure(call)).toBe(notFound);
      for (const call of [() => kv.put("a", "1"), () => kv.delete("a")]) {
        expect(await failure(call)).toBe("JetStreamNotEnabled jetstream is not enabled");
      }
    }
  });

  test("1.2 get: without a bucket, with direct gets: no responders", async () => {
    const kv = await bed.kvm.open(bed.newName(), { allow_direct: true });
    expect(await failure(() => kv.get("a"))).toMatch(
      /^RequestError no responders: '\$JS\.API\.DIRECT\.GET\.KV_/,
    );
  });

  test("1.1 Kvm.list: the buckets, by next and by iteration, without other streams", async () => {
    const [one, two] = [await bed.create(), await bed.create({ description: "two" })];
    const other = await bed.create({ streamName: `S${crypto.randomUUID()}` });
    await other.put("a", "1");
    expect(await other.status()).toMatchObject({ bucket: other.stream, values: 1 });
    const byName = new Map<string, KvStatus>();
    for await (const status of bed.kvm.list()) byName.set(status.bucket, status);
    expect(byName.has(one.bucket)).toBe(true);
    expect(byName.get(two.bucket)?.description).toBe("two");
    expect([...byName.keys()].includes(other.stream)).toBe(false);
    const lister = bed.kvm.list();
    expect((await lister.next()).length).toBe(byName.size);
    expect(await lister.next()).toEqual([]);
  });

  test("1.1 destroy: answers true, and the bucket is gone with what it held", async () => {
    const kv = await bed.create();
    await kv.put("a", "1");
    expect(await kv.destroy()).toBe(true);
    expect(await failure(() => kv.status())).toBe("StreamNotFoundError 10059 404 stream not found");
    const again = await bed.kvm.create(kv.bucket);
    expect(await again.get("a")).toBeNull();
  });

  test("1.1 Bucket: what users reach by the class", async () => {
    const kv = await bed.create();
    expect(kv).toMatchObject({ stream: `KV_${kv.bucket}`, prefix: `$KV.${kv.bucket}`, direct: true });
    expect(kv.bucketName()).toBe(`${kvPrefix}${kv.bucket}`);
    expect(kv.subjectForKey("a.b")).toBe(`$KV.${kv.bucket}.a.b`);
    expect([kv.encodeKey("a.*"), kv.decodeKey("a.b")]).toEqual(["a.*", "a.b"]);
    expect(() => kv.validateKey("a b")).toThrow("invalid key: a b");
    expect(await kv.close()).toBeUndefined();
    expect((await kv.jsm.streams.info(kv.stream)).config.name).toBe(kv.stream);
    expect(kv.js.apiPrefix).toBe("$JS.API");
  });

  test("1.1 KvStatus: every field", async () => {
    const kv = await bed.create({ history: 4, description: "d", metadata: { a: "b" }, compression: true });
    const status = (await kv.status()) as KvStatus & Record<string, unknown>;
    expect(status).toMatchObject({ bucket: kv.bucket, values: 0, history: 4, ttl: 0, markerTTL: 0, size: 0 });
    expect(status).toMatchObject({ bucket_location: "", backingStore: "file", storage: "file", replicas: 1 });
    expect(status).toMatchObject({ description: "d", maxBucketSize: -1, maxValueSize: -1, max_bytes: -1 });
    expect(status).toMatchObject({
      placement: { cluster: "", tags: [] },
      placementCluster: "",
      compression: true,
    });
    expect(status).toMatchObject({ republish: { src: "", dest: "" }, metadata: { a: "b" } });
    expect(status.streamInfo).toMatchObject({ config: { name: kv.stream, max_msgs_per_subject: 4 } });
    await kv.put("a", "12345");
    await kv.put("a", "12345", { previousSeq: (await kv.get("a"))?.revision ?? 0 });
    await kv.delete("a");
    expect((await kv.status()).values).toBe(3);
  });

  test("1.2b ADR-8, ADR-43: the stream that a bucket is", async () => {
    const kv = await bed.create({ history: 3, ttl: 60_000, markerTTL: 2000 });
    const { streamInfo } = await kv.status();
    expect(streamInfo.config).toMatchObject({
      name: `KV_${kv.bucket}`,
      subjects: [`$KV.${kv.bucket}.>`],
      retention: "limits",
      max_msgs_per_subject: 3,
      discard: "new",
      allow_rollup_hdrs: true,
      allow_direct: true,
      max_age: 60_000_000_000,
      duplicate_window: 60_000_000_000,
      allow_msg_ttl: true,
      subject_delete_marker_ttl: 2_000_000_000,
    });
    const revisions = [await kv.put("a", "1"), await kv.put("b", "1")];
    const { state } = (await kv.status()).streamInfo;
    expect(state).toMatchObject({ messages: 2, num_subjects: 2, consumer_count: 0 });
    expect([state.first_seq, state.last_seq]).toEqual(revisions);
    expect((await (await bed.create()).status()).streamInfo.config.duplicate_window).toBe(120_000_000_000);
  });

  test("1.1 defaults and codecs that are exported", () => {
    expect(defaultBucketOpts()).toMatchObject({ replicas: 1, history: 1, timeout: 2000, max_bytes: -1 });
    expect(defaultBucketOpts()).toMatchObject({ maxValueSize: -1, storage: "file" });
    expect(NoopKvCodecs().value.encode("a")).toEqual(new Uint8Array([97]));
    expect(Base64KeyCodec().encode("users.*.x.>")).toBe("dXNlcnM=.*.eA==.>");
    expect(Base64KeyCodec().decode("dXNlcnM=.eA==")).toBe("users.x");
  });

  test("1.2 bucket name: letters, digits, - and _", async () => {
    for (const name of ["a b", "a.b", "", "é", "a/b"]) {
      expect(() => validateBucket(name)).toThrow(new Error(`invalid bucket name: ${name}`));
      expect(await failure(() => bed.kvm.create(name))).toBe(`Error invalid bucket name: ${name}`);
      expect(await failure(() => bed.kvm.open(name))).toBe(`Error invalid bucket name: ${name}`);
    }
    validateBucket("A-b_9");
  });

  test("1.2 keys: refused and accepted, in every call", async () => {
    const kv = await bed.create();
    for (const key of refusedKeys) {
      expect(() => validateKey(key)).toThrow(new Error(`invalid key: ${key}`));
      for (const call of [() => kv.get(key), () => kv.put(key, "1"), () => kv.create(key, "1")]) {
        expect(await failure(call)).toBe(`Error invalid key: ${key}`);
      }
    }
    for (const key of ["", " ", "é", ".a", "a..b"]) {
      expect(await failure(() => kv.delete(key))).toBe(`Error invalid key: ${key}`);
    }
    for (const key of acceptedKeys) {
      await kv.put(key, key);
      expect((await kv.get(key))?.key).toBe(key);
    }
  });

  test("1.2 codec: of keys token by token, wildcards untouched; of values; entries have both forms", async () => {
    const value = {
      encode: (given: Uint8Array | string) => new TextEncoder().encode(`<${String(given)}>`),
      decode: (data: Uint8Array) => data.slice(1, -1),
    };
    const kv = await bed.create({ codec: { key: Base64KeyCodec(), value } });
    await kv.put("a b.é", "hi");
    const entry = await kv.get("a b.é");
    expect(entry).toMatchObject({ key: "a b.é", rawKey: `${btoa("a b")}.${btoa("é")}`, length: 4 });
    expect(entry?.string()).toBe("hi");
    expect(await collect(await kv.keys())).toEqual(["a b.é"]);
    const plain = await bed.kvm.open(kv.bucket);
    expect(await collect(await plain.keys(`${btoa("a b")}.*`))).toEqual([`${btoa("a b")}.${btoa("é")}`]);
    expect((await plain.get(`${btoa("a b")}.${btoa("é")}`))?.string()).toBe("<hi>");
    await kv.delete("a b.é");
    expect(await collect(await kv.keys())).toEqual([]);
  });

  test("1.2 limits: a value that is too large, by its headers too", async () => {
    const kv = await bed.create({ maxValueSize: 10 });
    const tooLarge = "JetStreamApiError 10054 400 message size exceeds maximum allowed";
    expect(await failure(() => kv.put("a", "x".repeat(11)))).toBe(tooLarge);
    await kv.put("a", "x".repeat(10));
    expect(await failure(() => kv.put("b", "x".repeat(10), { previousSeq: 0 }))).toBe(tooLarge);
    expect(await failure(() => kv.delete("a"))).toBe(tooLarge);
    expect(await failure(() => kv.update("b", "x".repeat(11), 9))).toContain("wrong last sequence: 0");
  });

  test("1.2 limits: a bucket that is full", async () => {
    const kv = await bed.create({ max_bytes: 200 });
    const full = "JetStreamApiError 10077 503 maximum bytes exceeded";
    await kv.put("a", "x".repeat(50));
    expect(await failure(() => kv.put("b", "x".repeat(150)))).toBe(full);
    await kv.put("a", "y".repeat(50));
    expect((await kv.status()).size).toBeLessThanOrEqual(200);
  });

  test("1.2 limits: more than a message holds, by a text that names the limit", async () => {
    const kv = await bed.create();
    const largest = 1024 * 1024 - 256;
    await kv.put("a", new Uint8Array(largest));
    expect((await kv.get("a"))?.length).toBe(largest);
    const error = await failure(() => kv.put("a", new Uint8Array(largest + 1)));
    expect(error).toMatch(
      /^InvalidArgumentError 'payload' max_payload size exceeded: received 1048321 bytes/,
    );
  });

  test.each([
    [{ history: 65 }, 65],
    [{ history: 100 }, 100],
    [{ history: 0 }, -1],
    [{ history: -1 }, -1],
  ])("1.2 history: %j is taken, as a server does; 64 versions are kept", async (options, history) => {
    const kv = await bed.create(options);
    expect((await kv.status()).history).toBe(history);
    for (let value = 1; value <= 66; value++) await kv.put("a", String(value));
    const values = (await collect(await kv.history())).map((entry) => entry.string());
    expect([values.length, values.at(-1)]).toEqual([64, "66"]);
  });

  test.each([
    [{ history: 1.5 }, "JetStreamApiError 10025 400 invalid JSON"],
    [{ ttl: 50 }, "JetStreamApiError 10052 500 max age needs to be >= 100ms"],
    [{ ttl: -1 }, "JetStreamApiError 10052 500 duplicates window can not be negative"],
    [{ markerTTL: 500 }, "JetStreamApiError 10052 500 subject delete marker TTL must be at least 1 second"],
    [{ replicas: 3 }, "JetStreamApiError 10074 500 replicas > 1 not supported in non-clustered mode"],
    [
      { description: "x".repeat(4097) },
      "JetStreamApiError 10052 500 stream description is too long, maximum allowed is 4096",
    ],
  ])("1.2 options: %j is refused", async (options, expected) => {
    expect(await failure(() => bed.create(options))).toBe(expected);
  });

  test("options that copy between servers are refused with what to do instead", async () => {
    expect(await failure(() => bed.create({ mirror: { name: "x" } }))).toContain(
      "give both sides the same relay",
    );
  });

  test("a Kvm takes a connection, its JetStream client, an open bucket, a promise of one, or a function", async () => {
    const own = await bed.connection.openKv();
    const name = bed.newName();
    for (const source of [bed.connection, jetstream(bed.connection), own, Promise.resolve(own), () => own]) {
      const kv = await new Kvm(source).create(name);
      await kv.put("a", "1");
      expect((await kv.get("a"))?.string()).toBe("1");
    }
  });

  test("a bucket that was passed in is not closed, one that was opened is", async () => {
    const kv = await openKv(bed.newName());
    const passed = await connect({ kv });
    await passed.close();
    await passed.close();
    expect(passed.isClosed()).toBe(true);
    await kv.set(["a"], 1);
    const opened = await connect({ bucket: bed.newName() });
    const inside = await opened.openKv();
    const bucket = await new Kvm(opened).create("b");
    await opened.drain();
    await opened.closed();
    await expect(inside.get(["a"])).rejects.toThrow("closed");
    expect(await failure(() => bucket.put("a", "1"))).toBe("ClosedConnectionError closed connection");
    const few = await failure(async () => new Kvm(kv).create("many", { history: 5 }));
    expect(few).toContain("open it with { history: 5 }");
    expect(await new Kvm(kv).list().next()).toEqual([]);
    await kv[Symbol.asyncDispose]();
  });
});

test("a bucket that fails to open before the first call is told of by that call", async () => {
  const failing = Promise.reject<Kv>(new Error("the bucket cannot be opened"));
  const kvm = new Kvm(failing);
  // Long enough for it to count as a rejection that nobody handles, which vitest reports.
  await new Promise((resolve) => setTimeout(resolve, 10));
  await expect(kvm.create("b")).rejects.toThrow("the bucket cannot be opened");
});

// Writes beside a relay are never refused: README, what differs.
test("1.1 destroy: alone, what is put meanwhile is not found in a bucket that is made anew", async () => {
  await using own = await openKv(`nats-${crypto.randomUUID()}`);
  const kvm = new Kvm(own);
  const name = "profiles";
  await kvm.create(name);
  let reads = 0;
  // Another tab's, which destroys the bucket between what the put reads and what it commits.
  const slow = new Proxy(own, {
    get: (kv, property) => {
      if (property === "getMany") {
        return async (keys: readonly Key[]) => {
          const entries = await kv.getMany(keys);
          if (++reads === 1) await ((await kvm.open(name)) as Bucket).destroy();
          return entries;
        };
      }
      const member: unknown = Reflect.get(kv, property);
      return typeof member === "function" ? (member.bind(kv) as unknown) : member;
    },
  });
  const kv = await new Kvm(slow).open(name);
  expect(await failure(() => kv.put("late", "1"))).toBe("JetStreamNotEnabled jetstream is not enabled");
  const again = await kvm.create(name);
  expect(await collect(await again.keys())).toEqual([]);
});
