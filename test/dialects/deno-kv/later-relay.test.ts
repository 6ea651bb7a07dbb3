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
