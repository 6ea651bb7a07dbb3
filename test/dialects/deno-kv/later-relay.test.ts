/**
 * A bucket whose messages still wait when it is given a relay: they become entries like others, which travel
 * and are delivered to nobody, as the README says.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errors, openKv } from "@rockpool/deno-kv";
import { openMemoryEngine, startRelay } from "@rockpool/relay";
import { openKv as openBucket } from "rockpool";
import { expect, onTestFinished, test } from "vitest";
import { drain } from "./bed.ts";

/** The refusal of queues beside a relay. */
const refused = /^a bucket that has a relay has no queue/;

test("1.12 queue: messages that wait when a bucket gets a relay are kept, listed nowhere and delivered to nobody", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-later-relay-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const alone = await openKv("later relay", { folder });
  await alone.enqueue("waits", { delay: 60_000 });
  alone.close();

  await using relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
  using synced = await openKv("later relay", { folder, relay: relay.url });
  await using other = await openBucket("later relay", { relay: relay.url });
  const waiting = { prefix: [new Uint8Array()] };
  await expect.poll(() => other.count(waiting), { timeout: 10_000 }).toBe(2);
  await expect(synced.listenQueue(() => {})).rejects.toThrow(errors.NotSupported);
  expect(await drain(synced.list({ prefix: [] }))).toEqual([]);
  // The remedy for who did not wait.
  await other.delete(waiting);
  expect(await other.count(waiting)).toBe(0);
});

test("1.12 queue: a tab that was open before its bucket got a relay delivers and enqueues no more", async () => {
  const bucket = `later-relay-${crypto.randomUUID()}`;
  using kv = await openKv(bucket);
  const given: unknown[] = [];
  const listening = kv.listenQueue((value) => void given.push(value)).catch((error: unknown) => error);
  await kv.enqueue("before");
  await expect.poll(() => given).toEqual(["before"]);
  await kv.enqueue("waits", { delay: 200 });

  await using relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
  await using synced = await openBucket(bucket, { relay: relay.url });
  await synced.sync.flush();
  await expect(kv.enqueue("after")).rejects.toThrow(refused);
  expect(await listening).toMatchObject({
    name: "NotSupported",
    message: expect.stringMatching(refused) as string,
  });
  expect(given).toEqual(["before"]);
});
