/**
 * A delete by selector in a bucket with a relay: what it deletes is what its device had in view, it
 * is pending like any commit, and what another device set meanwhile stands.
 */
import { expect, test } from "vitest";
import { packedPrefixRange } from "@rockpool/model";
import type { VirtualTab } from "./simulator/virtual-device.ts";
import { key, openScene, type Scene, set } from "./sync/scene-suite.ts";

const everything = packedPrefixRange("" as Parameters<typeof packedPrefixRange>[0]);

const deleteAll = async (scene: Scene, tab: VirtualTab) => {
  const [answer] = await scene.world.resolved(tab.host.batch([{ type: "delete", range: everything }]));
  if (answer?.type !== "deleted") throw new Error(`a delete came to ${JSON.stringify(answer)}`);
  return answer;
};

test("what was in view is gone here at once, and everywhere once the relay has it", async () => {
  const scene = await openScene();
  const [one, two] = [await scene.open("one"), await scene.open("two")];
  await scene.write(one, set("a", 1), set("b", 2));
  await scene.quiet();
  scene.setOnline(one, false);
  const { deleted, versionstamp, rest } = await deleteAll(scene, one);
  expect([deleted, rest]).toEqual([2, null]);
  expect(await scene.entries(one)).toEqual(new Map());
  expect((await scene.entries(two)).size).toBe(2);
  scene.setOnline(one, true);
  await scene.quiet();
  expect(await scene.entries(two)).toEqual(new Map());
  expect(await scene.relayEntries()).toEqual(new Map());
  const settled = one.host.call("settled", {
    versionstamp: versionstamp as NonNullable<typeof versionstamp>,
  });
  expect(await scene.world.resolved(settled)).toMatchObject({ type: "confirmed", superseded: [] });
});

test("what another device set meanwhile, and a later write of a deleted key, stand", async () => {
  const scene = await openScene();
  const [one, two] = [await scene.open("one"), await scene.open("two")];
  await scene.write(one, set("a", 1), set("b", 2));
  await scene.quiet();
  scene.setOnline(one, false);
  await deleteAll(scene, one);
  await scene.world.pass(1000);
  await scene.write(two, set("b", "later"), set("c", "new"));
  scene.setOnline(one, true);
  await scene.quiet();
  const expected = new Map([
    [key("b"), 'json "later"'],
    [key("c"), 'json "new"'],
  ]);
  expect(await scene.relayEntries()).toEqual(expected);
  expect([...(await scene.entries(one)).keys()]).toEqual([...expected.keys()]);
});

test("of what is pending is pending behind it", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  scene.setOnline(one, false);
  await scene.write(one, set("a", 1));
  expect((await deleteAll(scene, one)).deleted).toBe(1);
  expect(one.host.state.pendingCount).toBe(2);
  expect((await deleteAll(scene, one)).deleted).toBe(0);
  expect(one.host.state.pendingCount).toBe(2);
  scene.setOnline(one, true);
  await scene.quiet();
  expect(await scene.relayEntries()).toEqual(new Map());
});
