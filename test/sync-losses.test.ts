/**
 * What the app is told of writes that the relay accepted and that are not to be seen here: once a tab, and
 * in a list for a day; and what the relay would not take, which is refused at the call.
 */
import { beforeEach, expect, test } from "vitest";
import type { SupersededWrite } from "rockpool";
import { type App, AppBed } from "./sync/app-bed.ts";

let bed: AppBed;

beforeEach(async () => {
  bed = await AppBed.open();
});

const dayMs = 24 * 60 * 60 * 1000;

const lossesTold = ({ kv }: App): readonly SupersededWrite[] => {
  const writes: SupersededWrite[] = [];
  kv.sync.addEventListener("superseded", ({ detail }) => writes.push(...detail));
  return writes;
};

const listed = ({ kv }: App): Promise<readonly SupersededWrite[]> => bed.done(kv.sync.superseded());

/** `one` writes offline, `two` later and first. */
const lose = async (one: App, two: App): Promise<string> => {
  bed.setOnline("one", false);
  const { versionstamp } = await bed.done(one.kv.set(["k"], "mine"));
  await bed.world.pass(1000);
  await bed.done(two.kv.set(["k"], "theirs", { confirm: "relay" }));
  bed.setOnline("one", true);
  await bed.quiet(one, two);
  await bed.world.pass(100);
  return versionstamp;
};

test("a write that lost is listed with both values and its winner, after a reload and a checkpoint too, for a day", async () => {
  const device = bed.device("one");
  const one = await bed.openTab(device);
  const two = await bed.openApp("two");
  const versionstamp = await lose(one, two);
  const winner = [...two.host.state.tracked.values()].at(-1)?.commit.name;
  const expected = [
    {
      versionstamp,
      reason: "superseded",
      winner: `${winner?.host}.${winner?.n}`,
      mutation: { type: "set", key: ["k"], mine: "mine", theirs: { value: "theirs" } },
    },
  ];
  expect(await listed(one)).toMatchObject(expected);
  await bed.done(one.host.checkpoint());
  expect(await listed(one)).toMatchObject(expected);
  await bed.done(Promise.resolve(one.kv[Symbol.asyncDispose]()));
  const again = await bed.openTab(device);
  const told = lossesTold(again);
  expect(await listed(again)).toMatchObject(expected);
  await bed.world.pass(dayMs);
  expect(await listed(again)).toEqual([]);
  expect(told).toEqual([]);
});

test("each tab is told once, the one that missed the rows too", async () => {
  const device = bed.device("one", { channelLoss: 1 });
  const one = await bed.openTab(device);
  const deaf = await bed.openTab(device);
  const told = [lossesTold(one), lossesTold(deaf)];
  const two = await bed.openApp("two");
  for (const round of [1, 2, 2]) {
    if (told[0]?.length !== round) await lose(one, two);
    else await bed.done(one.kv.set(["other"], 1));
    await bed.done(one.host.checkpoint());
    await bed.done(deaf.kv.get(["k"]));
    await bed.world.pass(100);
    expect(told.map((writes) => writes.length)).toEqual([round, round]);
  }
});

test("a blind write outside of what is followed is in view while it waits, then leaves it with a word", async () => {
  const one = await bed.openFollowing("one", ["mine"]);
  const told = lossesTold(one);
  const release = bed.relay.holdRulings();
  await bed.done(one.kv.atomic().set(["theirs"], "left there").set(["mine"], "kept").commit());
  expect((await bed.done(one.kv.get(["theirs"]))).value).toBe("left there");
  release();
  await bed.world.until(
    () => one.host.state.pendingCount === 0,
    () => "not ruled",
  );
  await bed.world.pass(1000);
  expect((await bed.done(one.kv.get(["theirs"]))).value).toBeNull();
  expect((await bed.done(one.kv.get(["mine"]))).value).toBe("kept");
  const expected = [
    {
      reason: "scope",
      winner: null,
      mutation: { key: ["theirs"], mine: "left there", theirs: { value: null } },
    },
  ];
  expect(told).toMatchObject(expected);
  expect(await listed(one)).toMatchObject(expected);
  const two = await bed.openApp("two");
  await bed.quiet(two);
  expect((await bed.done(two.kv.get(["theirs"]))).value).toBe("left there");
});

test("what this device cannot judge is refused at the call, with the remedy, and nothing is stored", async () => {
  const one = await bed.openFollowing("one", ["mine"]);
  const outside = ["theirs", "k"];
  const commits: readonly (() => Promise<unknown>)[] = [
    () => one.kv.atomic().sum(outside, 1n).commit(),
    () => one.kv.atomic().min(outside, 1n).commit(),
    () => one.kv.atomic().max(outside, 1n).commit(),
    () => one.kv.atomic().check({ key: outside, versionstamp: null }).set(["mine"], 1).commit(),
    () => one.kv.update(outside, () => 1),
  ];
  for (const commit of commits) {
    await expect(bed.done(commit())).rejects.toMatchObject({ code: "unsupported" });
    await expect(bed.done(commit())).rejects.toThrow(/\["theirs","k"\].*Follow its prefix/);
  }
  expect(one.host.state.pendingCount).toBe(0);
});

test("a relay's lower limits are checked at the call, offline and after a reload too", async () => {
  bed = await AppBed.open({
    frameBytesMax: 100_000,
    limits: {
      keyBytesMax: 40,
      valueBytesMax: 100,
      checksMax: 2,
      mutationsMax: 3,
      commitBytesMax: 250,
      pushCommitsMax: 10,
      pushBytesMax: 1000,
    },
  });
  const device = bed.device("one");
  const first = await bed.openTab(device);
  await bed.live(first);
  await bed.done(first.host.checkpoint());
  await bed.done(Promise.resolve(first.kv[Symbol.asyncDispose]()));
  bed.setOnline("one", false);
  const { kv, host } = await bed.openTab(device);
  const sets = (count: number, value: unknown) => {
    const operation = kv.atomic();
    for (let n = 0; n < count; n++) operation.set([n], value);
    return operation;
  };
  const checks = (count: number) => {
    const operation = kv.atomic();
    for (let n = 0; n < count; n++) operation.check({ key: [n], versionstamp: null });
    return operation;
  };
  const refused: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [() => kv.set(["k".repeat(60)], 1), /max 40 bytes\): 62 bytes; shorten.*relay's limit/],
    [() => kv.set(["k"], "v".repeat(120)), /max 100 bytes\): 122 bytes; split.*relay's limit/],
    [() => checks(3).commit(), /max 2\): 3; check one key.*relay's limit/],
    [() => sets(4, 1).commit(), /max 3\): 4; split.*relay's limit/],
    [() => sets(3, "v".repeat(90)).commit(), /max 250 bytes\): 303 bytes; split.*relay's limit/],
  ];
  for (const [commit, message] of refused) {
    await expect(bed.done(commit())).rejects.toThrow(message);
    await expect(bed.done(commit())).rejects.toThrow(TypeError);
  }
  expect(host.state.pendingCount).toBe(0);
  for (let n = 0; n < 8; n++) await bed.done(kv.set(["many", n], 1));
  expect(await bed.done(kv.delete({ prefix: ["many"] }))).toEqual({
    ok: true,
    deleted: 8,
    versionstamp: expect.any(String),
  });
  bed.setOnline("one", true);
  await bed.world.until(
    () => host.state.pendingCount === 0,
    () => `not ruled: ${kv.sync.status.error?.message}`,
  );
  expect(await bed.done(kv.sync.rejected())).toEqual([]);
});

test("a caller that gives up waits no more, for whatever it asked", async () => {
  const one = await bed.openApp("one");
  bed.setOnline("one", false);
  const { versionstamp } = await bed.done(one.kv.set(["k"], 1));
  const { sync } = one.kv;
  const signal = AbortSignal.abort(new Error("enough"));
  const calls: readonly (() => Promise<unknown>)[] = [
    () => sync.settled(versionstamp, { signal }),
    () => sync.flush({ signal }),
    () => sync.rejected({ signal }),
    () => sync.superseded({ signal }),
    () => sync.retry("none", { signal }),
    () => sync.discard("none", { signal }),
    () => sync.pause({ signal }),
    () => sync.resume({ signal }),
  ];
  for (const call of calls) await expect(bed.done(call())).rejects.toThrow("enough");
  const giving = new AbortController();
  const waiting = [
    sync.settled(versionstamp, { signal: giving.signal }),
    sync.flush({ signal: giving.signal }),
  ].map((call) => expect(call).rejects.toThrow("enough too"));
  await bed.world.pass(1000);
  giving.abort(new Error("enough too"));
  await Promise.all(waiting);
});
