/**
 * The places in which dialects are tested are what they say: alone there is nobody else, and a replica is
 * written to by another device while it works.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKv } from "rockpool";
import { noisePrefix, places } from "./places.ts";

describe.each(places)("$name", (place) => {
  beforeAll(() => place.start());
  afterAll(() => place.stop());

  test("another device's writes arrive only where there is one", async () => {
    const bucket = `places-${crypto.randomUUID()}`;
    await using kv = await openKv(bucket, place.options(bucket));
    await using other = await place.openOther(bucket);
    await other.set(["from", "other"], 1);
    await expect.poll(async () => (await kv.get(["from", "other"])).value).toBe(1);
    const isWrittenTo = async (): Promise<boolean> => (await kv.count({ prefix: [noisePrefix] })) > 0;
    await expect.poll(isWrittenTo).toBe(place.name === "replica");
  });
});
