/**
 * What a fill from the relay must not do: take a versionstamp back, count a commit of another tab twice,
 * or leave somebody waiting for what the relay has lost.
 */
import { expect, test } from "vitest";
import { equalScopes, packKey } from "@rockpool/model";
import type { VirtualTab } from "./simulator/virtual-device.ts";
import { openScene, set, sum, type Scene } from "./sync/scene-suite.ts";

const follow = async (scene: Scene, tab: VirtualTab, ...prefixes: readonly string[]): Promise<void> => {
  const scope = prefixes.map((prefix) => packKey([prefix])).toSorted();
  await scene.world.resolved(tab.host.call("follow", { prefixes: scope }));
};

/** Waits until a device shows what it follows, and all are level with the relay. */
const shown = async (scene: Scene, tab: VirtualTab): Promise<void> => {
  await scene.world.until(
    () => {
      const { scope, followed, fillDue } = tab.host.state.session;
      return equalScopes(scope, followed) && !fillDue;
    },
    () => "not shown",
  );
  await scene.quiet();
};

test("a value that a rejection brings back in a fill comes under a new versionstamp", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  const two = await scene.open("two");
  await scene.write(one, set("k", "at first"));
  await scene.quiet();
  const before = await scene.versionstamp(one, "k");
  scene.setOnline(one, false);
  await scene.write(two, set("other", "no number"));
  await scene.world.pass(2000);
  const vanished = await scene.write(one, set("k", "vanishes"), sum("other", 1));
  scene.relay.dieAfterTurn(1000);
  scene.setOnline(one, true);
  await scene.world.until(
    () => !scene.relay.isUp,
    () => "nothing was ruled",
  );
  expect(await scene.versionstamp(one, "k")).toBe(vanished);
  await follow(scene, one, "k", "other");
  await shown(scene, one);
  expect(await scene.read(one, "k")).toBe("at first");
  const after = await scene.versionstamp(one, "k");
  expect(after !== null && before !== null && after > vanished && vanished > before).toBe(true);
});

test("what a device has begun to follow is waited for by a flush, and is not synced before", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  const two = await scene.open("two");
  await follow(scene, one, "a");
  await shown(scene, one);
  await scene.write(two, set("b", 1));
  await scene.quiet();
  scene.relay.network.setSlow("one", true);
  await follow(scene, one, "a", "b");
  await scene.world.until(
    () => one.host.state.session.fillDue,
    () => "no fill is due",
  );
  await scene.world.resolved(one.host.call("flush", {}));
  const states = one.events.flatMap((event) => (event.type === "status" ? [event.status.state] : []));
  expect(states.slice(-2)).toEqual(["syncing", "synced"]);
  expect(await scene.read(one, "b")).toBe(1);
});

const faults: Readonly<Record<string, (scene: Scene, tab: VirtualTab) => Promise<unknown>>> = {
  "loses its connection": async (scene, { device }) => scene.relay.network.drop(device.name),
  "is paused and resumed": async (scene, tab) => {
    await scene.world.resolved(tab.host.call("pause", { paused: true }));
    await scene.world.pass(500);
    await scene.world.resolved(tab.host.call("pause", { paused: false }));
  },
  "has two sessions": async (_scene, { device }) => device.stealSync(),
  "runs out of space": async (scene, { device }) => {
    device.storage.isFull = true;
    await scene.world.pass(3000);
    device.storage.isFull = false;
  },
  "meets a fault of the disk": async (_scene, { device }) => device.storage.abort("after", 1),
  "loses its tab": async (_scene, tab) => tab.kill(),
  "meets a relay that starts again": (scene) => scene.relay.restart(),
};

test.each(Object.keys(faults))(
  "a device that %s while it fills ends with what the relay has",
  async (fault) => {
    for (let ms = 1; ms < 400; ms += 37) {
      const scene = await openScene({ seed: ms, patchEntriesMax: 10 });
      const writer = await scene.open("writer");
      const one = await scene.open("one");
      const second = await scene.openTab(one.device);
      for (let n = 0; n < 20; n++) {
        await scene.write(writer, ...Array.from({ length: 10 }, (_, index) => set(`${n} ${index}`, n)));
      }
      await scene.write(one, sum("count", 1));
      await scene.quiet();
      scene.relay.backUp();
      await scene.write(one, sum("count", 10));
      await scene.quiet();
      scene.relay.restore(100);
      await scene.world.until(
        () => one.host.state.session.fillDue,
        () => "no fill is due",
      );
      await scene.write(second, sum("count", 100));
      await scene.world.pass(ms);
      await faults[fault]?.(scene, one);
      await scene.world.pass(5000);
      await scene.quiet();
      expect(await scene.read(second, "count")).toBe(111n);
      expect(await scene.entries(second)).toEqual(await scene.relayEntries());
      await scene.world.pass(10 * 60_000);
      await scene.world.resolved(second.host.checkpoint());
      const { building, generation } = second.host.state;
      const stored = [...one.device.storage.image.pages.values()].map((page) => page.generation);
      expect([[...building], new Set(stored)]).toEqual([[], new Set([generation])]);
    }
  },
);
