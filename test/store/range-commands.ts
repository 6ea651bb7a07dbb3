/**
 * The commands about whole selectors, and what a bucket says of itself: deletes by selector, keys,
 * counts, status.
 */
import * as fc from "fast-check";
import type { Selector } from "rockpool";
import { keyText, mustBeEqual } from "./entry-text.ts";
import { anyBounds } from "./store-arbitrary.ts";
import { commandOf, type StoreCommand } from "./store-commands.ts";
import type { Bounds } from "./sorted-map.ts";

interface OfRange {
  readonly tab: number;
  readonly bounds: Bounds;
}

/** One commit that deletes what is in view, or none. */
const deleteRange = commandOf<OfRange>("deleteRange", async (world, { tab: index, bounds }) => {
  const { map, nowMs } = world;
  const tab = world.device.mustGetTab(index);
  const keys = map.list(bounds, nowMs).map(({ key }) => key);
  const { ok, deleted, versionstamp } = await tab.kv.delete(bounds as Selector);
  mustBeEqual("a delete by selector", [String(ok), String(deleted)], ["true", String(keys.length)]);
  mustBeEqual("its commit", [String(versionstamp !== null)], [String(keys.length > 0)]);
  if (versionstamp !== null) {
    map.commit({ checks: [], mutations: keys.map((key) => ({ type: "delete", key })) }, versionstamp, nowMs);
  }
  world.sawAll(tab);
});

const keys = commandOf<OfRange>("keys", async (world, { tab: index, bounds }) => {
  const tab = world.device.mustGetTab(index);
  const expected = world.map.list(bounds, world.nowMs).map(({ key }) => keyText(key));
  const listed: string[] = [];
  for await (const key of tab.kv.keys(bounds as Selector, { batchSize: 3 })) listed.push(keyText(key));
  mustBeEqual("keys", listed, expected);
  const count = await tab.kv.count(bounds as Selector);
  mustBeEqual("a count", [String(count)], [String(expected.length)]);
  world.sawAll(tab);
});

/** What has ended may or may not have been swept. */
const status = commandOf<number>("status", async (world, index) => {
  const tab = world.device.mustGetTab(index);
  const { entries, bytes, pending } = await tab.kv.status();
  const { map, nowMs } = world;
  const present = map.list({}, nowMs).length;
  const all = map.state.entryByKey.size;
  if (entries < present || entries > all) {
    throw new Error(`status counts ${entries} entries where ${present} to ${all} are`);
  }
  if (bytes < 0 || (bytes === 0) !== (entries === 0)) throw new Error(`${entries} entries of ${bytes} bytes`);
  const commits = world.device.settings.hasRelay ? map.states.length - 1 : 0;
  mustBeEqual("what is pending", [String(pending)], [String(commits)]);
  world.sawAll(tab);
});

const anyTab = fc.nat({ max: 2 });
const anyRange = fc.record({ tab: anyTab, bounds: anyBounds });

export const anyRangeCommand: fc.Arbitrary<StoreCommand> = fc.oneof(
  { weight: 1, arbitrary: anyRange.map(deleteRange) },
  { weight: 2, arbitrary: anyRange.map(keys) },
  { weight: 2, arbitrary: anyTab.map(status) },
);
