/**
 * A bucket that was used without a relay and is then opened with one: what it held goes to the relay where
 * that never had anything, nothing is out of view meanwhile, and tabs that were open go on.
 */
import { beforeEach, expect, test } from "vitest";
import { commitLimits, pendingBytesMax } from "@rockpool/model";
import type { VirtualDevice } from "./simulator/virtual-device.ts";
import { type App, AppBed } from "./sync/app-bed.ts";

let bed: AppBed;
let device: VirtualDevice;

beforeEach(async () => {
  bed = await AppBed.open();
  device = bed.device("one");
});

const alone = { hasRelay: false } as const;

/** A tab without a relay in which these entries were set. */
const openFilled = async (entries: Readonly<Record<string, unknown>>): Promise<App> => {
  const app = await bed.openTab(device, alone);
  for (const [key, value] of Object.entries(entries)) await bed.done(app.kv.set([key], value));
  return app;
};

const close = (app: App): Promise<void> => bed.done(Promise.resolve(app.kv[Symbol.asyncDispose]()));

const dataOf = async ({ kv }: App): Promise<Readonly<Record<string, unknown>>> => {
  const read = async (): Promise<Record<string, unknown>> => {
    const data: Record<string, unknown> = {};
    for await (const { key, value } of kv.list({ prefix: [] })) data[String(key[0])] = value;
    return data;
  };
  return bed.done(read());
};

test("what the bucket held is in view throughout, and comes to the relay and to other devices", async () => {
  const before = await openFilled({ a: 1, b: "two", c: [3] });
  await bed.done(before.kv.delete(["b"]));
  await bed.done(before.kv.set(["brief"], "gone soon", { expireIn: 50_000 }));
  await close(before);
  bed.setOnline("one", false);
  const one = await bed.openTab(device);
  const expected = { a: 1, brief: "gone soon", c: [3] };
  expect(await dataOf(one)).toEqual(expected);
  expect(one.kv.sync.status.pending).toBe(1);
  const shown: unknown[] = [];
  bed.setOnline("one", true);
  const two = await bed.openApp("two");
  while (one.host.state.pendingCount > 0 || two.host.state.session.revealed < bed.relay.head) {
    shown.push(await dataOf(one));
  }
  expect(new Set(shown.map((data) => JSON.stringify(data)))).toEqual(new Set([JSON.stringify(expected)]));
  await bed.quiet(one, two);
  expect(await dataOf(two)).toEqual(expected);
  await bed.world.pass(60_000);
  expect(await dataOf(two)).toEqual({ a: 1, c: [3] });
});

test("survives a reload, a checkpoint and a killed tab at any time before the relay has it", async () => {
  await close(await openFilled({ a: 1, b: 2 }));
  bed.setOnline("one", false);
  const first = await bed.openTab(device);
  await bed.done(first.kv.set(["a"], "changed offline"));
  await bed.done(first.host.checkpoint());
  first.kill();
  const second = await bed.openTab(device);
  expect(await dataOf(second)).toEqual({ a: "changed offline", b: 2 });
  expect(second.kv.sync.status.pending).toBe(2);
  bed.setOnline("one", true);
  const two = await bed.openApp("two");
  await bed.quiet(second, two);
  expect(await dataOf(two)).toEqual({ a: "changed offline", b: 2 });
});

test("where the relay has an entry, that one stands, and the loss is told; what the relay alone has comes", async () => {
  const two = await bed.openApp("two");
  await bed.done(two.kv.set(["a"], "theirs", { confirm: "relay" }));
  await bed.done(two.kv.set(["z"], "theirs", { confirm: "relay" }));
  await bed.done(two.kv.set(["gone"], "theirs", { confirm: "relay" }));
  await bed.done(two.kv.delete(["gone"], { confirm: "relay" }));
  // Written later than theirs, and still what came before.
  await close(await openFilled({ a: "mine", b: "mine", gone: "mine" }));
  const one = await bed.openTab(device);
  const told: unknown[] = [];
  one.kv.sync.addEventListener("superseded", ({ detail }) => {
    for (const { mutation } of detail) told.push([mutation.key[0], mutation.mine, mutation.theirs.value]);
  });
  await bed.world.until(
    () => one.host.state.pendingCount === 0,
    () => "not ruled",
  );
  await bed.quiet(one, two);
  await bed.world.pass(1000);
  const expected = { a: "theirs", b: "mine", z: "theirs" };
  expect(await dataOf(one)).toEqual(expected);
  expect(await dataOf(two)).toEqual(expected);
  expect(told).toEqual([
    ["a", "mine", "theirs"],
    ["gone", "mine", null],
  ]);
});

test("entries that were deleted at the relay while the device knew of no relay do not stay", async () => {
  await close(await openFilled({ a: 1 }));
  const one = await bed.openTab(device);
  await bed.world.until(
    () => one.host.state.pendingCount === 0 && one.host.state.session.epoch !== null,
    () => "not ruled",
  );
  const two = await bed.openApp("two");
  await bed.done(two.kv.delete(["a"], { confirm: "relay" }));
  await bed.quiet(one, two);
  expect(await dataOf(one)).toEqual({});
  await bed.done(one.host.checkpoint());
  await close(one);
  expect(await dataOf(await bed.openTab(device))).toEqual({});
});

test("a value that the relay refuses is refused alone: it leaves the view, and waits for the app", async () => {
  bed = await AppBed.open({
    limits: { ...commitLimits, valueBytesMax: 100, pushCommitsMax: 10, pushBytesMax: 10_000 },
  });
  device = bed.device("one");
  const large = "x".repeat(200);
  await close(await openFilled({ a: 1, large, larger: large, z: 2 }));
  bed.setOnline("one", false);
  const offline = await bed.openTab(device);
  await bed.done(offline.kv.set(["z"], "changed offline"));
  const checked = await bed.done(offline.kv.get(["a"]));
  await bed.done(offline.kv.atomic().check(checked).set(["built on a"], 3).commit());
  const feed = offline.kv.watch([["a"]]).getReader();
  const seen: unknown[] = [];
  void (async () => {
    for (let item = await feed.read(); item.value !== undefined; item = await feed.read()) {
      seen.push(item.value[0]?.value);
    }
  })();
  bed.setOnline("one", true);
  await bed.world.until(
    () => offline.host.state.pendingCount === 0,
    () => "not ruled",
  );
  const two = await bed.openApp("two");
  await bed.quiet(offline, two);
  const expected = { a: 1, "built on a": 3, z: "changed offline" };
  expect(await dataOf(offline)).toEqual(expected);
  expect(await dataOf(two)).toEqual(expected);
  expect(seen.every((value) => value === 1)).toBe(true);
  await bed.done(offline.host.checkpoint());
  await close(offline);
  const one = await bed.openTab(device);
  const groups = await bed.done(one.kv.sync.rejected());
  const refused = groups.flatMap(({ commits }) => commits);
  expect(refused.map(({ reason, mutations }) => [reason.type, mutations.map(({ mine }) => mine)])).toEqual([
    ["limit", [large]],
    ["limit", [large]],
  ]);
  expect(await dataOf(one)).toEqual(expected);
});

test("is divided further for a relay that takes less in one commit, though its tab is killed meanwhile", async () => {
  bed = await AppBed.open({
    limits: { ...commitLimits, mutationsMax: 7, commitBytesMax: 100, pushCommitsMax: 3, pushBytesMax: 300 },
  });
  device = bed.device("one");
  const entries = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, "x".repeat(n)]));
  await close(await openFilled(entries));
  bed.setOnline("one", false);
  const first = await bed.openTab(device);
  await bed.done(first.kv.set(["k3"], "changed offline"));
  bed.setOnline("one", true);
  await bed.world.until(
    () => bed.relay.head > 4,
    () => "nothing ruled",
  );
  await bed.done(first.host.checkpoint());
  first.kill();
  const one = await bed.openTab(device);
  const two = await bed.openApp("two");
  await bed.world.until(
    () => one.host.state.pendingCount === 0,
    () => "not ruled",
  );
  await bed.quiet(one, two);
  expect(await dataOf(two)).toEqual({ ...entries, k3: "changed offline" });
  expect(await dataOf(one)).toEqual(await dataOf(two));
  expect(await bed.done(one.kv.sync.superseded())).toEqual([]);
});

test("what had expired by then does not come to the relay, and the device does not differ from it", async () => {
  const before = await bed.openTab(device, alone);
  await bed.done(before.kv.set(["brief"], "gone", { expireIn: 1000 }));
  await bed.done(before.host.checkpoint());
  await close(before);
  await bed.world.pass(2000);
  const one = await bed.openTab(device);
  const told: unknown[] = [];
  one.kv.sync.addEventListener("diverged", ({ detail }) => told.push(detail));
  const two = await bed.openApp("two");
  await bed.done(two.kv.set(["a"], 1, { confirm: "relay" }));
  await bed.quiet(one, two);
  await bed.world.pass(120_000);
  expect(told).toEqual([]);
  expect(await dataOf(one)).toEqual({ a: 1 });
  expect(one.host.state.session.verifiedAtMs).toBeGreaterThan(0);
});

test("a tab that was opened without the relay goes on, and what it writes is synced", async () => {
  const before = await openFilled({ a: 1 });
  const feed = before.kv.watch([["a"], ["b"]]).getReader();
  const seen: unknown[] = [];
  void (async () => {
    for (let item = await feed.read(); item.value !== undefined; item = await feed.read()) {
      seen.push(item.value.map(({ value }) => value));
    }
  })();
  const one = await bed.openTab(device);
  await bed.done(before.kv.set(["b"], 2));
  await bed.done(before.kv.atomic().sum(["n"], 1n).commit());
  const two = await bed.openApp("two");
  await bed.quiet(one, before, two);
  await bed.world.pass(1000);
  expect(await dataOf(two)).toMatchObject({ a: 1, b: 2, n: { value: 1n } });
  expect(await dataOf(before)).toEqual(await dataOf(one));
  expect(seen.every((values) => (values as unknown[])[0] === 1)).toBe(true);
  expect(before.kv.sync.status.state).toBe("synced");
});

test("two tabs that attach at once do it once", async () => {
  await close(await openFilled({ a: 1 }));
  const tabs = await bed.done(Promise.all([bed.openTab(device), bed.openTab(device)]));
  expect(tabs.map(({ kv }) => kv.sync.status.pending)).toEqual([1, 1]);
  await bed.quiet(...tabs);
  await bed.world.until(
    () => bed.relay.head > 0 && tabs.every(({ host }) => host.state.pendingCount === 0),
    () => "not ruled",
  );
  expect(bed.relay.head).toBe(1);
});

test("is split into commits that a relay takes", async () => {
  const before = await bed.openTab(device, alone);
  const operation = before.kv.atomic();
  for (let n = 0; n < 2500; n++) operation.set(["k", n], n);
  await bed.done(operation.commit());
  for (let n = 0; n < 3; n++) await bed.done(before.kv.set(["large", n], "x".repeat(800_000)));
  await close(before);
  bed.setOnline("one", false);
  const one = await bed.openTab(device);
  const waiting = [...one.host.state.unruled.values()].map(({ commit }) => commit.mutations.length);
  expect(waiting).toEqual([1000, 1000, 501, 1, 1]);
  bed.setOnline("one", true);
  const two = await bed.openApp("two");
  await bed.world.until(
    () => one.host.state.pendingCount === 0,
    () => "not ruled",
  );
  await bed.quiet(one, two);
  expect(await bed.done(two.kv.count({ prefix: [] }))).toBe(2503);
});

test("more than may wait for a relay is refused, and nothing is changed", async () => {
  const before = await bed.openTab(device, alone);
  const value = "x".repeat(1e6);
  for (let n = 0; n * 1e6 < pendingBytesMax; n += 8) {
    const operation = before.kv.atomic();
    for (let part = n; part < n + 8; part++) operation.set([part], value);
    await bed.done(operation.commit());
  }
  const refused = bed.openTab(device);
  await expect(refused).rejects.toMatchObject({ code: "pending-full" });
  await expect(refused).rejects.toThrow(new RegExp(`holds 72\\d{6} bytes.*at most ${pendingBytesMax}`));
  expect(before.host.state.replica).toBeNull();
  await bed.done(before.kv.delete({ start: [0], end: [8] }));
  const one = await bed.openTab(device);
  expect(one.kv.sync.status.pending).toBe(64);
}, 60_000);
