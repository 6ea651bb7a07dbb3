/**
 * A browser that is killed, with all its processes, while a page commits without a pause: on the same profile the next
 * one finds whole commits only, none of those missing that were acknowledged, and goes on from there.
 * ROCKPOOL_CRASH_RUNS sets the number of kills (20).
 */
import { afterAll, expect, test } from "vitest";
import { CrashBed } from "./crash-bed.ts";
import { type BackingStore, expectWhole } from "./crash-browser.ts";
import type { Content } from "./page/generations.ts";

const runs = Number(process.env["ROCKPOOL_CRASH_RUNS"] ?? 20);
const durabilities = ["relaxed", "strict"] as const;

/** How many commits are acknowledged before the kill: some runs end before a checkpoint, some after. */
const commitsBefore = (run: number): number => 20 + ((run * 67) % 180);

const bed = await CrashBed.open();
afterAll(() => bed.close());

test.each<BackingStore>(["leveldb", "sqlite"])(
  "a kill in the middle of commits tears and loses nothing (%s)",
  { timeout: 60_000 + runs * 10_000 },
  async (store) => {
    const checkpoints = new Set<number>();
    const acknowledged: Record<string, number> = {};
    const expectAllThere = (content: Content): void => {
      expectWhole(content);
      checkpoints.add(content.checkpoint);
      for (const [writer, last] of Object.entries(acknowledged)) {
        expect(content.lastByWriter[writer]).toBeGreaterThanOrEqual(last);
      }
    };
    for (let run = 0; run < runs / 2; run++) {
      const browser = await bed.launch(store);
      const tab = await browser.openTab(bed.url);
      await tab.call("open", "killed", { durability: durabilities[run % 2] ?? "relaxed" });
      if (run > 0) expectAllThere(await tab.call("read"));
      const writer = `run ${run}`;
      await tab.call("write", writer, 4);
      await tab.untilAcknowledged(commitsBefore(run));
      await browser.kill();
      acknowledged[writer] = tab.acknowledged;
      expect(tab.errors).toEqual([]);
    }
    const tab = await (await bed.launch(store)).openTab(bed.url);
    await tab.call("open", "killed", {});
    expectAllThere(await tab.call("read"));
    expect(Object.keys(acknowledged)).toHaveLength(runs / 2);
    expect(checkpoints.size).toBeGreaterThan(runs / 8);
  },
);
