/**
 * Fills from a relay, one case each: a first sync too large to be held, a relay whose file was put back,
 * and a device that differs from its relay though nobody can say why.
 */
import { expect, test } from "vitest";
import type { StorageImage } from "@rockpool/log";
import { everyChange, textOfEntries } from "./simulator/tab-asks.ts";
import type { VirtualTab } from "./simulator/virtual-device.ts";
import { key, openScene, set, sum, type Scene } from "./sync/scene-suite.ts";

/** Writes entries `many 0`, `many 1` … in commits of 1,000. */
const writeMany = async (scene: Scene, tab: VirtualTab, count: number): Promise<void> => {
  for (let first = 0; first < count; first += 1000) {
    const mutations = Array.from({ length: Math.min(1000, count - first) }, (_, index) =>
      set(`many ${first + index}`, first + index),
    );
    await scene.write(tab, ...mutations);
  }
};

/** How many rows of each type a device's log holds, and which patches were set aside. */
const hasFilled = ({ host: { state } }: VirtualTab): boolean => state.generation !== 0;

test("a catch-up of more than is to be held is a fill, shown in one step in every tab", async () => {
  const scene = await openScene();
  const writer = await scene.open("writer");
  await writeMany(scene, writer, 25_000);
  await scene.quiet();
  const reader = await scene.open("reader");
  await scene.quiet();
  expect(hasFilled(reader)).toBe(true);
  expect((await scene.entries(reader)).size).toBe(25_000);
  expect(await scene.entries(reader)).toEqual(await scene.relayEntries());
});

test("what changes while a device fills is in what it shows, and each tab sees it in one step", async () => {
  const scene = await openScene({ patchEntriesMax: 50 });
  const writer = await scene.open("writer");
  const reader = await scene.open("reader");
  const second = await scene.openTab(reader.device);
  await writeMany(scene, writer, 1000);
  await scene.quiet();
  scene.relay.backUp();
  await scene.write(writer, set("lost", 1));
  await scene.quiet();
  const counts = new Set<unknown>();
  second.feed(everyChange, ({ entries }) => counts.add(textOfEntries(entries).get(key("late"))));
  scene.relay.network.setSlow("reader", true);
  scene.relay.restore(500);
  const { session } = reader.host.state;
  await scene.world.until(
    () => session.fillDue,
    () => "no fill is due",
  );
  let round = 0;
  while (reader.host.state.session.fillDue) {
    await scene.write(writer, set(`many ${round}`, "changed"), set("late", ++round), sum("rounds", 1));
    await scene.world.pass(500);
  }
  expect(round).toBeGreaterThan(10);
  // Of the states before it is level none is shown but the last.
  expect([...counts].filter((late) => late !== undefined).length).toBeLessThan(2);
  await scene.quiet();
  expect(await scene.entries(second)).toEqual(await scene.relayEntries());
  expect(await scene.read(reader, "late")).toBe(round);
  expect(await scene.read(reader, "rounds")).toBe(BigInt(round));
});

test("a relay whose file was put back is noticed and given back what its devices had made", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  const two = await scene.open("two");
  await scene.write(one, set("early", 1), sum("count", 1));
  await scene.quiet();
  scene.relay.backUp();
  const early = await scene.versionstamp(one, "early");
  await scene.write(one, set("late one", 1), sum("count", 10));
  await scene.write(two, set("late two", 2), sum("count", 100));
  await scene.writeChecked(two, "late two", set("late two", 3));
  await scene.quiet();
  const written = await scene.write(one, sum("count", 1000));
  await scene.quiet();
  expect(scene.relay.restore(500)).toBe(true);
  await scene.world.pass(120_000);
  await scene.quiet();
  for (const tab of [one, two]) {
    expect(await scene.entries(tab)).toEqual(await scene.relayEntries());
    expect(await scene.read(tab, "count")).toBe(1111n);
    expect(await scene.read(tab, "late one")).toBe(1);
    expect(await scene.read(tab, "late two")).toBe(3);
  }
  // What the relay still had is the same entry, also for a check of an app.
  expect(await scene.versionstamp(one, "early")).toBe(early);
  const settled = await scene.world.resolved(one.host.call("settled", { versionstamp: written }));
  expect(settled).toMatchObject({ type: "confirmed", superseded: [] });
});

test("two devices and a clone give a restored relay each commit once", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  await scene.quiet();
  scene.relay.backUp();
  await scene.write(one, sum("count", 1));
  await scene.write(one, sum("count", 10));
  await scene.quiet();
  const clone = await scene.open("clone", { image: one.device.storage.image });
  await scene.quiet();
  scene.relay.restore(500);
  await scene.world.pass(120_000);
  await scene.quiet();
  expect(await scene.read(one, "count")).toBe(11n);
  expect(await scene.read(clone, "count")).toBe(11n);
});

test("a device that differs from its relay is found, told of and filled anew", async () => {
  const scene = await openScene();
  const one = await scene.open("one");
  await scene.write(one, set("a", 1), set("b", 2), set("c", 3));
  await scene.quiet();
  await scene.world.resolved(one.host.checkpoint());
  await scene.world.resolved(one.close());
  one.device.storage.restore(withoutEntry(one.device.storage.image, "b"));
  const again = await scene.openTab(one.device);
  expect(await scene.read(again, "b")).toBeUndefined();
  const changes: ReadonlyMap<string, string | undefined>[] = [];
  again.feed(everyChange, ({ entries }) => changes.push(textOfEntries(entries)));
  await scene.world.pass(120_000);
  expect(again.events.filter(({ type }) => type === "diverged")).toEqual([{ type: "diverged", revision: 1 }]);
  expect(await scene.entries(again)).toEqual(await scene.relayEntries());
  expect(changes.at(-1)?.get(key("b"))).toBe("json 2");
  await scene.write(again, set("b", 4));
  await scene.quiet();
  await scene.world.pass(3 * 24 * 60 * 60 * 1000);
  expect(again.events.filter(({ type }) => type === "diverged")).toHaveLength(1);
});

/** A device's storage of which one entry was lost. */
const withoutEntry = (image: StorageImage, name: string): StorageImage => {
  const pages = new Map(
    [...image.pages].map(([address, page]) => [
      address,
      { ...page, entries: page.entries.filter((entry) => entry.key !== key(name)) },
    ]),
  );
  return { ...image, pages };
};
