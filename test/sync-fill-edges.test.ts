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

test("a flush waits for what the device has begun to follow", async () => {
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
  expect(await scene.read(one, "b")).toBe(1);
});
