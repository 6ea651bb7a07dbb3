/**
 * Following some prefixes of a bucket: what comes, what goes, what stays as it is, and that it is shown in
 * one step.
 */
import { expect, test } from "vitest";
import { equalScopes, packKey, type PackedKey } from "@rockpool/model";
import { decodeDown } from "@rockpool/protocol";
import { everyChange, textOfEntries } from "./simulator/tab-asks.ts";
import type { VirtualTab } from "./simulator/virtual-device.ts";
import { json } from "./simulator/written-values.ts";
import { AppBed } from "./sync/app-bed.ts";
import { openScene, type Scene } from "./sync/scene-suite.ts";

const under = (prefix: string, name: string): PackedKey => packKey([prefix, name]);
const set = (prefix: string, name: string, value: unknown) =>
  ({ type: "set", key: under(prefix, name), value: json(value) }) as const;

/** Follows; what that brings comes by the session. */
const follow = (scene: Scene, tab: VirtualTab, ...prefixes: readonly string[]): Promise<undefined> =>
  scene.world.resolved(tab.host.call("follow", { prefixes: prefixes.map((prefix) => packKey([prefix])) }));

/** Waits until a device shows what it follows, and all are level with the relay. */
const shown = async (scene: Scene, { host }: VirtualTab): Promise<void> => {
  const isShown = (): boolean => {
    const { scope, followed, fillDue } = host.state.session;
    return equalScopes(scope, followed) && !fillDue;
  };
  await scene.world.until(isShown, () => `not shown: ${JSON.stringify(host.state.session)}`);
  await scene.quiet();
};

const keysOf = async (scene: Scene, tab: VirtualTab): Promise<readonly PackedKey[]> => [
  ...(await scene.entries(tab)).keys(),
];

/** Counts the entries that reach a device from here on. */
const countArrivals = (scene: Scene, device: string): { count: number } => {
  const arrivals = { count: 0 };
  scene.relay.network.onArrival = (to, frame) => {
    if (to !== device) return;
    for (const message of decodeDown(frame)) {
      if (message.type === "page") arrivals.count += message.entries.length;
      if (message.type === "patch") arrivals.count += message.patch.entries.length;
    }
  };
  return arrivals;
};

/** A relay with entries under a, b and c, and a device that follows some of it. */
const openFollower = async (...prefixes: readonly string[]) => {
  const scene = await openScene();
  const writer = await scene.open("writer");
  for (const prefix of ["a", "b", "c"]) {
    await scene.write(writer, ...Array.from({ length: 50 }, (_, n) => set(prefix, `${n}`, n)));
  }
  await scene.quiet();
  const follower = await scene.open("follower");
  await follow(scene, follower, ...prefixes);
  await shown(scene, follower);
  return { scene, writer, follower };
};

test("a device shows what it follows, and hears of no change beside it", async () => {
  const { scene, writer, follower } = await openFollower("a");
  expect(await keysOf(scene, follower)).toHaveLength(50);
  const arrivals = countArrivals(scene, "follower");
  await scene.write(writer, set("b", "new", 1));
  await scene.write(writer, set("a", "new", 1), set("c", "new", 1));
  await scene.quiet();
  expect(arrivals.count).toBe(1);
  expect((await scene.entries(follower)).get(under("a", "new"))).toBe("json 1");
  expect(await keysOf(scene, follower)).toHaveLength(51);
});

test("a prefix that is added comes alone, what was here stays as it is, and both are shown in one step", async () => {
  const { scene, writer, follower } = await openFollower("a", "c");
  const before = await scene.world.resolved(follower.get(under("c", "7")));
  const second = await scene.openTab(follower.device);
  const sizes: number[] = [];
  scene.world.watch(() => {
    const size = second.host.state.stored.entries;
    if (sizes.at(-1) !== size) sizes.push(size);
  });
  const arrivals = countArrivals(scene, "follower");
  await follow(scene, follower, "a", "b", "c");
  await shown(scene, follower);
  expect(arrivals.count).toBe(50);
  expect((await keysOf(scene, second)).length).toBe(150);
  expect(sizes.filter((size) => size !== 0 && size !== 100 && size !== 150)).toEqual([]);
  const after = await scene.world.resolved(follower.get(under("c", "7")));
  expect(after.versionstamp).toBe(before.versionstamp);
  await scene.write(writer, set("b", "7", "changed"), set("c", "7", "changed"));
  await scene.quiet();
  expect((await scene.entries(follower)).get(under("b", "7"))).toBe('json "changed"');
});

test("a prefix that is followed no more leaves, with what changed meanwhile in the others", async () => {
  const { scene, writer, follower } = await openFollower("a", "b");
  const changes: (string | undefined)[] = [];
  follower.feed(everyChange, ({ entries }) => changes.push(textOfEntries(entries).get(under("a", "1"))));
  scene.setOnline(follower, false);
  await follow(scene, follower, "a");
  await scene.write(writer, set("a", "1", "changed"), { type: "delete", key: under("a", "2") });
  await scene.world.pass(30_000);
  scene.setOnline(follower, true);
  await shown(scene, follower);
  const keys = await keysOf(scene, follower);
  expect(keys).toHaveLength(49);
  expect(keys.every((key) => key.startsWith(packKey(["a"])))).toBe(true);
  expect(changes).toContain('json "changed"');
});

test("what was deleted under a prefix while it was not followed is gone when it is followed again", async () => {
  const { scene, writer, follower } = await openFollower("a", "b");
  await follow(scene, follower, "b");
  await shown(scene, follower);
  await scene.world.resolved(follower.host.checkpoint());
  await scene.write(writer, { type: "delete", key: under("a", "2") }, set("a", "3", "changed"));
  await scene.quiet();
  await follow(scene, follower, "a", "b");
  await shown(scene, follower);
  const entries = await scene.entries(follower);
  expect([entries.size, entries.has(under("a", "2"))]).toEqual([99, false]);
  expect(entries.get(under("a", "3"))).toBe('json "changed"');
});

test("what changed in the prefixes that stay, while others were added, is in what is shown", async () => {
  const { scene, writer, follower } = await openFollower("a");
  scene.setOnline(follower, false);
  await follow(scene, follower, "a", "b");
  await scene.write(writer, set("a", "1", "changed"), { type: "delete", key: under("a", "2") });
  await scene.write(writer, set("b", "1", "changed"));
  await scene.world.pass(30_000);
  scene.setOnline(follower, true);
  await shown(scene, follower);
  const entries = await scene.entries(follower);
  expect([entries.get(under("a", "1")), entries.get(under("b", "1"))]).toEqual([
    'json "changed"',
    'json "changed"',
  ]);
  expect(entries.size).toBe(99);
});

test("what is pending stays whatever is followed, and is ruled", async () => {
  const { scene, writer, follower } = await openFollower("a");
  scene.setOnline(follower, false);
  await scene.write(follower, set("a", "1", "mine"), set("a", "mine", 1));
  await follow(scene, follower, "b");
  scene.setOnline(follower, true);
  await shown(scene, follower);
  expect(follower.host.state.pendingCount).toBe(0);
  expect((await scene.entries(writer)).get(under("a", "1"))).toBe('json "mine"');
  expect((await keysOf(scene, follower)).every((key) => key.startsWith(packKey(["b"])))).toBe(true);
});

test("a pending sum on what is followed no more is not shown, and a blind write is", async () => {
  const { scene, writer, follower } = await openFollower("a");
  const count = { type: "sum", key: under("a", "count"), operand: 10n } as const;
  await scene.write(writer, count);
  await scene.quiet();
  const release = scene.relay.holdRulings();
  await scene.write(follower, { ...count, operand: 1n }, set("a", "mine", 1));
  const read = async () => (await scene.world.resolved(follower.get(count.key))).value?.data;
  expect(await read()).toBe(11n);
  await follow(scene, follower, "b");
  await scene.world.until(
    () => !follower.host.state.session.fillDue && follower.host.state.session.scope[0] === packKey(["b"]),
    () => "not filled",
  );
  expect(follower.host.state.pendingCount).toBe(1);
  expect(await read()).toBeUndefined();
  expect((await scene.entries(follower)).get(under("a", "mine"))).toBe("json 1");
  release();
  await scene.quiet();
  expect((await scene.relayEntries()).get(count.key)).toBe("u64 11");
});

test("following to and fro while the network comes and goes ends with what was asked for last", async () => {
  const { scene, writer, follower } = await openFollower("a");
  for (let round = 0; round < 12; round++) {
    await follow(scene, follower, ...(round % 3 === 0 ? ["a", "b"] : round % 3 === 1 ? ["b", "c"] : ["c"]));
    await scene.write(writer, set("b", `round ${round}`, round), set("c", `round ${round}`, round));
    await scene.world.pass(scene.world.between(1, 400));
    if (round % 4 === 2) scene.relay.network.drop("follower");
  }
  await follow(scene, follower, "a", "c");
  await shown(scene, follower);
  const all = await scene.relayEntries();
  const expected = [...all.keys()].filter((key) => !key.startsWith(packKey(["b"])));
  expect((await keysOf(scene, follower)).toSorted()).toEqual(expected.toSorted());
  expect(follower.events.filter(({ type }) => type === "diverged")).toEqual([]);
});

test("what is followed from the opening on is all that is ever fetched, and an app reads it in the status", async () => {
  const bed = await AppBed.open();
  const writer = await bed.openApp("writer");
  await bed.done(writer.kv.atomic().set(["a", 1], 1).set(["b", 1], 1).set(["c", 1], 1).commit());
  await bed.quiet(writer);
  const arrived: PackedKey[] = [];
  bed.relay.network.onArrival = (to, frame) => {
    if (to !== "reader") return;
    for (const message of decodeDown(frame)) {
      if (message.type === "patch") arrived.push(...message.patch.entries.map(({ key }) => key));
    }
  };
  const reader = await bed.openApp("reader", { follow: [packKey(["a"]), packKey(["b", 1])] });
  await bed.quiet(reader);
  expect(arrived.toSorted()).toEqual([packKey(["a", 1]), packKey(["b", 1])]);
  expect(reader.kv.sync.status.followed).toEqual([["a"], ["b", 1]]);
  await bed.done(reader.kv.sync.follow([["c"]]));
  await bed.world.until(
    () => reader.host.state.session.scope.length === 1 && !reader.host.state.session.fillDue,
    () => "not followed",
  );
  expect((await bed.done(reader.kv.get(["c", 1]))).value).toBe(1);
  expect((await bed.done(reader.kv.get(["a", 1]))).value).toBeNull();
});
