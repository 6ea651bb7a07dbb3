/**
 * A bucket that ends beneath a database which was opened over it: by its owner's `close`, or because
 * another tab destroyed it. Whoever waits is told, and closing the database is harmless then.
 */
import { type Kv, openKv } from "@rockpool/deno-kv";
import { type Kv as Bucket, openKv as openBucket } from "rockpool";
import { expect, onTestFinished, test } from "vitest";

const open = async (): Promise<{ readonly bucket: Bucket; readonly kv: Kv; readonly other: Bucket }> => {
  const name = `deno-kv-ended-${crypto.randomUUID()}`;
  const bucket = await openBucket(name);
  const other = await openBucket(name);
  onTestFinished(() => {
    bucket[Symbol.dispose]();
    other[Symbol.dispose]();
  });
  return { bucket, kv: await openKv(bucket), other };
};

const watchOne = async (kv: Kv): Promise<ReadableStreamDefaultReader<unknown>> => {
  const reader = kv.watch([["key"]]).getReader();
  await reader.read();
  return reader;
};

test("listenQueue rejects over a bucket that is closed", async () => {
  const { bucket, kv } = await open();
  bucket.close();
  const refusal = { name: "TypeError", message: "Database is closed." };
  await expect(kv.listenQueue(() => {})).rejects.toMatchObject(refusal);
  kv.close();
});

test.each(["close", "destroy"] as const)("listenQueue is fulfilled by the bucket's %s", async (end) => {
  const { bucket, kv, other } = await open();
  const listening = Promise.all([kv.listenQueue(() => {}), kv.listenQueue(() => {})]);
  await (end === "close" ? bucket.close() : other.destroy());
  await listening;
  await kv.listenQueue(() => {}).catch(() => {});
  kv.close();
});

test("a database closes quietly over watches that its bucket's end has failed", async () => {
  const { kv, other } = await open();
  const [idle, reading] = await Promise.all([watchOne(kv), watchOne(kv)]);
  const failure = reading.read().catch((error: unknown) => error);
  await other.destroy();
  expect(await failure).toMatchObject({ code: "destroyed" });
  // What this throws, or leaves rejected, vitest reports as an unhandled error.
  kv.close();
  expect(await idle.read()).toEqual({ done: true, value: undefined });
});
