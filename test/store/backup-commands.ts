/**
 * The commands about backups: what a tab backed up is restored later by any tab, in place of
 * everything that was written meanwhile. A bucket that has a relay is not restored.
 */
import * as fc from "fast-check";
import { mustBeEqual } from "./entry-text.ts";
import { commandOf, type StoreCommand } from "./store-commands.ts";

const backup = commandOf<number>("backup", async (world, index) => {
  const tab = world.device.mustGetTab(index);
  const entries = world.map.list({}, world.nowMs);
  const blob = await new Response(tab.kv.backup()).blob();
  world.sawAll(tab);
  world.backups.push({ blob, entries });
});

interface Restore {
  readonly tab: number;
  readonly backup: number;
}

const restore = commandOf<Restore>("restore", async (world, { tab: index, backup: place }) => {
  const { backups, device, map } = world;
  const chosen = backups[place % Math.max(1, backups.length)];
  if (chosen === undefined || device.settings.hasRelay) return;
  const tab = device.mustGetTab(index);
  const { entries } = await tab.kv.restore(chosen.blob);
  mustBeEqual("a restore", [String(entries)], [String(chosen.entries.length)]);
  map.replace(chosen.entries, tab.host.state.revealed);
  world.sawAll(tab);
});

const anyTab = fc.nat({ max: 2 });

export const anyBackupCommand: fc.Arbitrary<StoreCommand> = fc.oneof(
  { weight: 2, arbitrary: anyTab.map(backup) },
  { weight: 1, arbitrary: fc.record({ tab: anyTab, backup: fc.nat({ max: 9 }) }).map(restore) },
);
