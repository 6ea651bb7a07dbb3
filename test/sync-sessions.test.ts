/**
 * Sessions, cursors and epochs, one case each: two sessions of one device, catch-ups in parts, a
 * relay that starts again or forgets everything, and copies of a device.
 */
import { expect, test } from "vitest";
import { KvError } from "@rockpool/model";
import { everyChange, textOfEntries } from "./simulator/tab-asks.ts";
import type { VirtualTab } from "./simulator/virtual-device.ts";
import { key, openScene, set, sum, type Scene } from "./sync/scene-suite.ts";

const statusOf = (tab: VirtualTab) => {
  const event = tab.events.findLast(({ type }) => type === "status");
  return event?.type === "status" ? event.status : undefined;
};

/** Opens a second tab of a device and gives it a session of its own beside the first one's. */
const doubleSession = async (scene: Scene, tab: VirtualTab): Promise<VirtualTab> => {
  const second = await scene.openTab(tab.device);
  tab.device.stealSync();
  await scene.world.pass(500);
  expect([statusOf(tab)?.syncing, statusOf(second)?.syncing]).toEqual([true, true]);
  return second;
};

/** Writes many entries under "many", some a commit. */
const writeMany = async (scene: Scene, tab: VirtualTab, count: number, perCommit: number): Promise<void> => {
  for (let first = 0; first < count; first += perCommit) {
    const mutations = Array.from({ length: Math.min(perCommit, count - first) }, (_, index) =>
      set(`many ${first + index}`, first + index),
    );
    await scene.write(tab, ...mutations);
  }
};

test("two tabs that both carry the session do no harm", async () => {
  const scene = await openScene();
  const one = await scene.open("one", { channelLoss: 0.3 });
  const two = await scene.open("two");
  scene.inspect();
  await scene.quiet();
  const second = await doubleSession(scene, one);
  for (let round = 1; round <= 20; round++) {
    await scene.write(one, sum("count", 1), set("k", `one ${round}`));
    await scene.write(second, sum("count", 1));
    await scene.write(two, sum("count", 1), set("k", `two ${round}`));
    await scene.world.pass(round);
  }
  await scene.quiet();
  for (const tab of [one, second, two]) expect(await scene.read(tab, "count")).toBe(60n);
  expect(await scene.entries(second)).toEqual(await scene.relayEntries());
});

test("a patch on one tab's session settles what another tab pushed on its own", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  scene.inspect();
  await scene.quiet();
  const release = scene.relay.network.hold("one");
  const second = await doubleSession(scene, one);
  const written = await scene.write(one, set("k", 1));
  const settled = await scene.world.resolved(second.host.call("settled", { versionstamp: written }));
  expect(settled).toEqual({ type: "confirmed", revision: 1, superseded: [] });
  release();
  await scene.quiet();
  expect(await scene.read(one, "k")).toBe(1);
});

test.each(["starts again", "forgets everything"])(
  "parts that were set aside when the relay %s are not shown",
  async (what) => {
    const scene = await openScene({ patchEntriesMax: 10 });
    const two = await scene.open("two");
    await writeMany(scene, two, 200, 10);
    await scene.quiet();
    const one = await scene.open("one");
    await scene.world.until(
      () => one.host.state.session.setAside !== null && one.host.state.session.received > 5,
      () => "nothing was set aside",
    );
    expect(await scene.entries(one)).toEqual(new Map());
    if (what === "starts again") await scene.relay.restart();
    else {
      two.kill();
      await scene.relay.replace();
      const three = await scene.open("three");
      await scene.write(three, set("new", 1), set("many 3", "new"));
    }
    await scene.quiet();
    const entries = await scene.relayEntries();
    expect(entries.size).toBe(what === "starts again" ? 200 : 2);
    expect(await scene.entries(one)).toEqual(entries);
  },
);

test("a patch of an epoch that is gone is dropped, though it follows on the cursor", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  const second = await scene.openTab(one.device);
  const two = await scene.open("two");
  await scene.quiet();
  const seen: string[] = [];
  second.feed(everyChange, ({ entries }) => {
    for (const text of textOfEntries(entries).values()) seen.push(String(text));
  });
  const release = scene.relay.network.hold("one");
  await scene.write(two, set("k", "of a history that is gone"));
  await scene.world.until(
    () => scene.relay.head === 1,
    () => "two does not push",
  );
  await scene.world.pass(100);
  two.kill();
  const { epoch } = one.host.state.session;
  await scene.relay.replace();
  one.device.stealSync();
  await scene.world.until(
    () => second.host.state.session.epoch !== epoch,
    () => "the second tab does not get through",
  );
  expect(second.host.state.session.received).toBe(0);
  release();
  await scene.quiet();
  await scene.world.pass(5000);
  expect(seen).toEqual([]);
  expect(await scene.entries(one)).toEqual(new Map());
});

test("a catch-up of 5,000 entries in parts is shown in one step, in every tab", async () => {
  const scene = await openScene({ patchEntriesMax: 500 });
  const two = await scene.open("two");
  await writeMany(scene, two, 5000, 100);
  await scene.quiet();
  const one = await scene.open("one");
  const second = await scene.openTab(one.device);
  const counts = new Set<number>();
  const fed = [new Set<string>(), new Set<string>()];
  for (const [index, tab] of [one, second].entries()) {
    tab.feed(everyChange, ({ entries }) => {
      for (const { key: fedKey } of entries) if (!fedKey.includes("extra")) fed[index]?.add(fedKey);
      counts.add(fed[index]?.size ?? 0);
    });
  }
  let parts = 0;
  scene.world.watch(() => {
    parts = Math.max(parts, one.host.state.session.setAside?.entries.size ?? 0);
  });
  for (let round = 0; fed.some(({ size }) => size < 5000); round++) {
    for (const tab of [one, second]) {
      const listed = await scene.world.resolved(tab.list(round % 2 === 0));
      counts.add(listed.filter(({ key: listedKey }) => !listedKey.includes("extra")).length);
    }
    // The head moves on while the parts are read.
    if (round < 20) await scene.write(two, set(`extra ${round}`, round));
    await scene.world.pass(3);
    expect(round).toBeLessThan(500);
  }
  expect([...counts].toSorted((a, b) => a - b)).toEqual([0, 5000]);
  expect(parts).toBeGreaterThan(2000);
  await scene.quiet();
  expect(await scene.entries(second)).toEqual(await scene.relayEntries());
});

test("a device whose relay forgot everything gives its own back, only once it has what the relay has", async () => {
  const scene = await openScene({ patchEntriesMax: 10 });
  const one = await scene.open("one");
  const other = await scene.open("other");
  await scene.write(one, set("confirmed", 1), sum("count", 5));
  await scene.quiet();
  scene.setOnline(one, false);
  await scene.relay.replace();
  await writeMany(scene, other, 60, 5);
  await scene.world.pass(30_000);
  expect(scene.relay.head).toBe(12);
  await scene.write(one, set("blind", 1), sum("count", 1));
  await scene.write(one, set("many 7", "mine"));
  const checked = await scene.writeChecked(one, "confirmed", set("confirmed", 2));
  const pushedEarly: string[] = [];
  scene.relay.onPush = ({ host }) => {
    const isHis = [...one.host.state.unruled.values()].some(({ commit }) => commit.name.host === host);
    if (isHis && (one.host.state.session.fillDue || one.host.state.session.revealed === 0)) {
      pushedEarly.push(host);
    }
  };
  scene.setOnline(one, true);
  await scene.quiet();
  expect(pushedEarly).toEqual([]);
  const entries = await scene.relayEntries();
  expect(await scene.entries(one)).toEqual(entries);
  expect(entries.get(key("blind"))).toBe("json 1");
  expect(entries.get(key("count"))).toBe("u64 6");
  expect(entries.get(key("many 7"))).toBe('json "mine"');
  expect(entries.get(key("confirmed"))).toBe("json 1");
  expect(await scene.world.resolved(one.host.call("settled", { versionstamp: checked }))).toMatchObject({
    type: "rejected",
  });
});

test("a retry that a device and its clone both make is made once, and both hear of it", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  const two = await scene.open("two");
  await scene.write(one, set("k", "at first"));
  await scene.quiet();
  scene.setOnline(one, false);
  await scene.writeChecked(one, "k", sum("count", 1));
  scene.relay.network.setOnline("clone", false);
  const clone = await scene.open("clone", { image: one.device.storage.image });
  await scene.write(two, set("k", "theirs"));
  const retry = async (tab: VirtualTab): Promise<void> => {
    scene.setOnline(tab, true);
    await scene.world.until(
      () => tab.host.state.unruled.size === 0,
      () => "not ruled",
    );
    const [group] = await scene.world.resolved(tab.host.call("rejected", {}));
    await scene.world.resolved(tab.host.call("retry", { id: group?.id ?? "" }));
    await scene.world.pass(2000);
  };
  await retry(one);
  expect(await scene.read(two, "count")).toBe(1n);
  await retry(clone);
  await scene.quiet();
  for (const tab of [one, two, clone]) expect(await scene.read(tab, "count")).toBe(1n);
  // The clone had passed the revision at which the retry was ruled: a patch that goes nowhere told it.
  const late = clone.device.storage.image.rows.flatMap((row) =>
    row.type === "patch" && row.patch.from === row.patch.to ? row.patch.results : [],
  );
  expect(late).toHaveLength(1);
  expect(clone.host.state.rejectedCount).toBe(0);
});

test("a connection that never opens is given up, and another one tried", async () => {
  const scene = await openScene();
  const opening = scene.open("one");
  for (let ms = 0; ms < 60; ms++) {
    scene.relay.network.freeze("one");
    await scene.world.pass(1);
  }
  const one = await opening;
  await scene.write(one, set("k", 1));
  await scene.quiet();
  expect(await scene.relayEntries()).toEqual(new Map([[key("k"), "json 1"]]));
});

test("a transaction that fails while a session begins delays it, no more", async () => {
  for (let ms = 0; ms < 160; ms += 2) {
    const scene = await openScene({ seed: ms });
    const two = await scene.open("two");
    await scene.write(two, set("k", 1));
    const one = await scene.open("one");
    await scene.world.pass(ms);
    one.device.storage.failNextTransaction(new KvError("lost-connection", "a fault of this test"), "before");
    await scene.world.pass(1000);
    // Where no transaction of the session met the fault, this one does.
    await scene.world.resolved(one.get(key("k"))).catch(() => undefined);
    await scene.quiet();
    expect(await scene.read(one, "k")).toBe(1);
  }
});

test("a welcome that is stored when its connection is gone does not pass for that of the next one", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  await scene.write(one, set("k", 1));
  await scene.quiet();
  await scene.relay.restart();
  const resume = one.device.stallStorage();
  // Each time the welcome comes, of another epoch, and waits for the disk.
  await scene.world.pass(2000);
  await scene.relay.restart();
  await scene.world.pass(2000);
  resume();
  await scene.write(one, set("k", 2));
  await scene.quiet();
  expect(await scene.relayEntries()).toEqual(new Map([[key("k"), "json 2"]]));
});
