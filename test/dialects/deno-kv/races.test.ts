/**
 * Of two devices that check the same entry and wait for the relay's ruling one wins, every time; without
 * the relay such a commit is refused as Deno refuses what is not connected.
 */
import { errors, type Kv, type KvEntryMaybe, openKv } from "@rockpool/deno-kv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../places.ts";

const races = 100;

const missing = (n: number): KvEntryMaybe<unknown> => ({ key: ["race", n], value: null, versionstamp: null });

describe.each(places)("$name", (place) => {
  beforeAll(() => place.start());
  afterAll(() => place.stop());

  const confirm = place.name === "replica" ? "relay" : "local";

  /** Two devices (two tabs where there is no relay) that are up to date. */
  const openTwo = async (): Promise<readonly [Kv, Kv, AsyncDisposable]> => {
    const bucket = `races-${crypto.randomUUID()}`;
    const cores = [await place.openOther(bucket), await place.openOther(bucket)] as const;
    if (place.name === "replica") await Promise.all(cores.map((core) => core.sync.flush()));
    const [one, other] = [await openKv(cores[0]), await openKv(cores[1])];
    const close = async (): Promise<void> => {
      for (const core of cores) await core[Symbol.asyncDispose]();
    };
    return [one, other, { [Symbol.asyncDispose]: close }];
  };

  /** Both commit on what they saw; gives which of them won. */
  const race = async (
    kvs: readonly [Kv, Kv],
    entries: readonly [KvEntryMaybe<unknown>, KvEntryMaybe<unknown>],
  ): Promise<number> => {
    const results = await Promise.all(
      kvs.map((kv, device) => {
        const entry = entries[device] as KvEntryMaybe<unknown>;
        return kv.atomic().check(entry).set(entry.key, { device }).commit({ confirm });
      }),
    );
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    return results.findIndex(({ ok }) => ok);
  };

  const numbers = Array.from({ length: races }, (_, index) => index);

  test(`1.7 check: of ${races} races for a key that is not there each has one winner, whose value stands on both`, async () => {
    const [one, other, devices] = await openTwo();
    await using _ = devices;
    const winners = await Promise.all(numbers.map((n) => race([one, other], [missing(n), missing(n)])));
    for (const [n, device] of winners.entries()) {
      for (const kv of [one, other]) {
        await expect.poll(async () => (await kv.get(["race", n])).value).toEqual({ device });
      }
    }
  });

  test(`1.7 check: of ${races} races for an entry that both saw each has one winner`, async () => {
    const [one, other, devices] = await openTwo();
    await using _ = devices;
    for (const n of numbers) await one.set(["race", n], "seen");
    const isSeen = async (): Promise<boolean> => (await other.get(["race", races - 1])).value === "seen";
    await expect.poll(isSeen).toBe(true);
    const run = async (n: number): Promise<number> => {
      const entries = [await one.get(["race", n]), await other.get(["race", n])] as const;
      return race([one, other], entries);
    };
    expect(await Promise.all(numbers.map(run))).toHaveLength(races);
  });
});

test('1.7 commit: with confirm "relay" and no relay in reach nothing is written, and it is NotConnected', async () => {
  using kv = await openKv(`offline-${crypto.randomUUID()}`, { relay: "ws://127.0.0.1:9", confirm: "relay" });
  const writes = [
    () => kv.set(["k"], 1),
    () => kv.delete(["k"]),
    () =>
      kv
        .atomic()
        .check({ key: ["k"], versionstamp: null })
        .set(["k"], 1)
        .commit(),
  ];
  for (const write of writes) {
    const error = await write().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(errors.NotConnected);
    expect(error).toMatchObject({ name: "NotConnected", code: "offline", cause: { name: "KvError" } });
  }
  expect((await kv.get(["k"])).versionstamp).toBeNull();
  expect((await kv.set(["k"], 1, { confirm: "local" })).ok).toBe(true);
});
