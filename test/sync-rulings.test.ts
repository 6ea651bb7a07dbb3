/**
 * What becomes of commits, one case each: confirmed without a flicker, superseded, hidden, rejected,
 * retried, discarded; and what the app is told of it.
 */
import { expect, test } from "vitest";
import { key, openScene, remove, set, sum, type Scene } from "./sync/scene-suite.ts";
import { textOf } from "./simulator/tab-asks.ts";
import type { VirtualTab } from "./simulator/virtual-device.ts";

const eventsOf = <Type extends string>(tab: VirtualTab, type: Type) =>
  tab.events.filter((event): event is Extract<typeof event, { type: Type }> => event.type === type);

/** Two devices that know of `name`, and are quiet. */
const openTwo = async (name = "k"): Promise<{ scene: Scene; one: VirtualTab; two: VirtualTab }> => {
  const scene = await openScene();
  const one = await scene.open("one");
  const two = await scene.open("two");
  scene.inspect();
  await scene.write(one, set(name, "at first"));
  await scene.quiet();
  return { scene, one, two };
};

const readGroups = (scene: Scene, tab: VirtualTab) => scene.world.resolved(tab.host.call("rejected", {}));

test("a watcher on the writer's device sees each value once, and none again", async () => {
  const { scene, one, two } = await openTwo();
  const second = await scene.openTab(one.device);
  const seen: (string | undefined)[][] = [[], []];
  for (const [index, tab] of [one, second].entries()) {
    tab.feed({ type: "watch", keys: [key("k")], raw: false }, ({ entries: [entry] }) => {
      seen[index]?.push(textOf(entry?.value));
    });
  }
  await scene.world.pass(100);
  const versionstamps: (string | null)[] = [];
  for (const value of ["first", "second", "third"]) {
    await scene.write(one, set("k", value));
    versionstamps.push(await scene.versionstamp(one, "k"));
    await scene.quiet();
    versionstamps.push(await scene.versionstamp(one, "k"));
    await scene.world.pass(500);
  }
  const expected = ["at first", "first", "second", "third"].map((value) => `json ${JSON.stringify(value)}`);
  expect(seen).toEqual([expected, expected]);
  // Confirming what was visible keeps its versionstamp.
  expect(new Set(versionstamps).size).toBe(3);
  expect(await scene.read(two, "k")).toBe("third");
});

test("what was written one after another before the relay answered does not flicker either", async () => {
  const { scene, one } = await openTwo();
  const seen: (string | undefined)[] = [];
  one.feed(
    { type: "watch", keys: [key("k")], raw: false },
    ({ entries: [entry] }) => void seen.push(textOf(entry?.value)),
  );
  for (let value = 1; value <= 20; value++) {
    await scene.write(one, set("k", value));
    await scene.world.pass(7);
  }
  await scene.quiet();
  const numbers = seen.slice(1).map((text) => Number(text?.slice(5)));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("a checked commit that cannot hold is hidden with those on it, then rejected with them as one group", async () => {
  const { scene, one, two } = await openTwo();
  scene.setOnline(one, false);
  const first = await scene.writeChecked(one, "k", set("k", "mine"));
  const second = await scene.writeChecked(one, "k", set("k", "mine again"), set("beside", 1));
  await scene.write(one, set("blind", 1));
  await scene.write(two, set("k", "theirs"));
  scene.setOnline(one, true);
  const states = new Set<string>();
  scene.world.watch(() => {
    for (const { versionstamp, state } of one.host.state.tracked.values()) {
      if (versionstamp === first || versionstamp === second) states.add(state);
    }
  });
  await scene.world.until(
    () => [...one.host.state.tracked.values()].some(({ state }) => state === "hidden"),
    () => "nothing was hidden",
  );
  expect(one.host.state.pendingCount).toBe(3);
  expect(await scene.read(one, "k")).toBe("theirs");
  expect(await scene.read(one, "beside")).toBeUndefined();
  expect(await scene.read(one, "blind")).toBe(1);
  await scene.quiet();
  await scene.world.pass(10);
  expect([...states]).toEqual(["pending", "hidden", "rejected"]);
  const groups = await readGroups(scene, one);
  expect(groups.map(({ commits }) => commits.map(({ versionstamp }) => versionstamp))).toEqual([
    [first, second],
  ]);
  expect(eventsOf(one, "rejected").flatMap((event) => event.groups.map(({ id }) => id))).toContain(
    groups[0]?.id,
  );
  expect(groups[0]?.commits[0]?.reason).toEqual({ type: "check", checks: [0] });
  expect(groups[0]?.commits[0]?.mutations[0]).toMatchObject({
    mine: { data: '"mine"' },
    theirs: { value: { data: '"theirs"' } },
  });
  expect(await scene.read(two, "blind")).toBe(1);
});

test("a retry commits the group again on what is in view, and a discard forgets it", async () => {
  const { scene, one, two } = await openTwo();
  const reject = async (): Promise<string> => {
    scene.setOnline(one, false);
    await scene.writeChecked(one, "k", set("k", "mine"), sum("count", 1));
    await scene.writeChecked(one, "k", set("k", "mine again"), sum("count", 10));
    await scene.write(two, set("k", "theirs"));
    scene.setOnline(one, true);
    await scene.quiet();
    const [group, ...others] = await readGroups(scene, one);
    expect(others).toEqual([]);
    return group?.id ?? "";
  };
  await scene.world.resolved(one.host.call("discard", { id: await reject() }));
  await scene.quiet();
  expect([await scene.read(one, "k"), await scene.read(two, "count")]).toEqual(["theirs", undefined]);
  await scene.world.resolved(one.host.call("retry", { id: await reject() }));
  expect(await scene.read(one, "k")).toBe("mine again");
  await scene.quiet();
  expect(await readGroups(scene, one)).toEqual([]);
  expect([await scene.read(two, "k"), await scene.read(two, "count")]).toEqual(["mine again", 11n]);
});

test("the value that stood before a rejection comes back under a new versionstamp", async () => {
  const { scene, one, two } = await openTwo();
  await scene.write(one, set("other", "at first"));
  await scene.quiet();
  const before = await scene.versionstamp(one, "k");
  scene.setOnline(one, false);
  const vanished = await scene.writeChecked(one, "other", set("k", "vanishes"));
  expect(await scene.versionstamp(one, "k")).toBe(vanished);
  await scene.write(two, set("other", "theirs"));
  scene.setOnline(one, true);
  await scene.quiet();
  expect(await scene.read(one, "k")).toBe("at first");
  const after = await scene.versionstamp(one, "k");
  expect(after !== null && before !== null && after > vanished && vanished > before).toBe(true);
  for (const versionstamp of [before, vanished]) {
    const checks = [{ key: key("k"), versionstamp }];
    expect(await scene.world.resolved(one.commit({ checks, mutations: [remove("k")] }))).toBeNull();
  }
});

test("what lost to a later write is told with what won, and the rest of its commit stands", async () => {
  const { scene, one, two } = await openTwo();
  scene.setOnline(one, false);
  const lost = await scene.write(one, set("k", "earlier"), set("message", "stands"));
  await scene.world.pass(1000);
  await scene.write(two, set("k", "later"));
  await scene.world.pass(1000);
  scene.setOnline(one, true);
  await scene.quiet();
  await scene.world.pass(10);
  expect(eventsOf(one, "superseded").flatMap(({ writes }) => writes)).toMatchObject([
    {
      versionstamp: lost,
      mutation: { type: "set", mine: { data: '"earlier"' }, theirs: { value: { data: '"later"' } } },
    },
  ]);
  expect(await scene.world.resolved(one.host.call("settled", { versionstamp: lost }))).toMatchObject({
    type: "confirmed",
    superseded: [key("k")],
  });
  expect([await scene.read(two, "k"), await scene.read(two, "message")]).toEqual(["later", "stands"]);
});

test("a blind write does not lose to an earlier checked commit of its own device", async () => {
  const scene = await openScene();
  // Not known to the relay yet, so its clock is ahead, and within what the relay admits.
  const fast = await scene.open("fast", { clockAheadMs: 30_000 });
  const one = await scene.open("one");
  scene.setOnline(fast, false);
  await scene.write(fast, set("k", "from the fast clock"));
  scene.setOnline(one, false);
  scene.setOnline(fast, true);
  await scene.world.until(
    () => scene.relay.head === 1,
    () => "the fast device does not push",
  );
  await scene.writeChecked(one, "unrelated", set("k", "checked"));
  const blind = await scene.write(one, set("k", "blind, after it"));
  scene.setOnline(one, true);
  await scene.quiet();
  expect(await scene.world.resolved(one.host.call("settled", { versionstamp: blind }))).toMatchObject({
    superseded: [],
  });
  expect([await scene.read(one, "k"), await scene.read(fast, "k")]).toEqual([
    "blind, after it",
    "blind, after it",
  ]);
});

test("a write wins over what its writer had seen, whatever their clocks say", async () => {
  const scene = await openScene();
  const fast = await scene.open("fast", { clockAheadMs: 50_000 });
  const one = await scene.open("one");
  scene.setOnline(fast, false);
  await scene.write(fast, set("k", "from the fast clock"));
  scene.setOnline(fast, true);
  await scene.quiet();
  expect(await scene.read(one, "k")).toBe("from the fast clock");
  await scene.write(one, set("k", "seen and replaced"));
  await scene.quiet();
  expect(await scene.read(fast, "k")).toBe("seen and replaced");
});

test("a check on a sum fails when somebody else's sum came in between", async () => {
  const { scene, one, two } = await openTwo();
  await scene.write(one, sum("count", 10));
  await scene.quiet();
  scene.setOnline(one, false);
  await scene.write(one, sum("count", 1));
  expect(await scene.read(one, "count")).toBe(11n);
  const checked = await scene.writeChecked(one, "count", set("seen", 11));
  await scene.write(two, sum("count", 5));
  await scene.world.pass(1000);
  scene.setOnline(one, true);
  await scene.quiet();
  expect(await scene.world.resolved(one.host.call("settled", { versionstamp: checked }))).toMatchObject({
    type: "rejected",
  });
  expect([await scene.read(two, "count"), await scene.read(two, "seen")]).toEqual([16n, undefined]);
});

test("a clock far ahead is healed: it wins nothing for good, and its own later writes stand", async () => {
  const scene = await openScene();
  const fast = await scene.open("fast", { clockAheadMs: 86_400_000 });
  const one = await scene.open("one");
  await scene.write(fast, set("k", "from tomorrow"));
  await scene.quiet();
  await scene.world.pass(1000);
  await scene.write(one, set("k", "later"));
  await scene.quiet();
  expect(await scene.read(fast, "k")).toBe("later");
  await scene.world.pass(1000);
  await scene.write(fast, set("k", "later still"));
  await scene.quiet();
  expect(await scene.read(one, "k")).toBe("later still");
});

test("once its clock is known, what a fast device writes offline is as old as it is", async () => {
  const scene = await openScene();
  const fast = await scene.open("fast", { clockAheadMs: 86_400_000 });
  const one = await scene.open("one");
  scene.setOnline(fast, false);
  await scene.write(fast, set("k", "from tomorrow"));
  scene.setOnline(fast, true);
  await scene.quiet();
  scene.setOnline(fast, false);
  await scene.write(fast, set("k", "written first"));
  await scene.world.pass(60_000);
  await scene.write(one, set("k", "written a minute later"));
  await scene.world.pass(1000);
  scene.setOnline(fast, true);
  await scene.quiet();
  expect([await scene.read(fast, "k"), await scene.read(one, "k")]).toEqual([
    "written a minute later",
    "written a minute later",
  ]);
});
