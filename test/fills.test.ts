/**
 * Generations of pages, whoever dies, freezes, checkpoints or sweeps at whatever moment: a reader
 * sees the bucket as it was or as it was restored, whole, and no page stays that nobody needs.
 */
import type { Log } from "@rockpool/log";
import { describe, expect, test } from "vitest";
import { dumpOf, entryLines, streamOf } from "./backup/dump.ts";
import {
  contentsOf,
  contentsOfEntries,
  intercept,
  openBed,
  restoreSteps,
  step,
  sweep,
} from "./backup/fill-bed.ts";
import { turn } from "./store/store-device.ts";

const restored = dumpOf(entryLines("new", 40));
const steps = restoreSteps(1, restored, 700);
const oldContents = contentsOfEntries("old", 30);
const newContents = contentsOfEntries("new", 40);

const write = async (bed: Awaited<ReturnType<typeof openBed>>): Promise<void> => {
  const { kv, host } = bed.device.mustGetTab(0);
  for (let n = 0; n < 30; n++) await kv.set(["old", n], "old");
  await host.checkpoint();
};

/** As many turns of the event loop. */
const turns = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index++) await turn();
};

describe("a tab that dies while it restores", () => {
  test.each(steps.map((_, count) => count))(
    "after %i steps changes nothing and leaves nothing",
    async (count) => {
      const bed = await openBed(1);
      await write(bed);
      const dying = bed.device.mustGetTab(0);
      for (const one of steps.slice(0, count)) await step(dying, one);
      dying.tab.kill();
      await bed.device.openTab();
      const other = bed.device.mustGetTab(1);
      expect(await contentsOf(other.kv)).toEqual(oldContents);
      const { left, inForce, building } = await sweep(other, bed.storage);
      expect([left, building]).toEqual([[inForce], 0]);
      expect(await contentsOf(other.kv)).toEqual(oldContents);
    },
  );

  test("is swept by whoever opens the bucket next, after a while", async () => {
    const bed = await openBed(1);
    await write(bed);
    for (const one of steps.slice(0, -1)) await step(bed.device.mustGetTab(0), one);
    bed.device.mustGetTab(0).tab.kill();
    await bed.device.openTab();
    await bed.device.advance(10_000);
    const { host } = bed.device.mustGetTab(1);
    await host.sweepGenerations();
    expect(host.state.building.size).toBe(0);
  });

  test.each(Array.from({ length: 14 }, (_, delay) => delay))(
    "with the revealing row on its way leaves the one or the other, whole (%i turns before the sweep)",
    async (delay) => {
      const bed = await openBed(2);
      await write(bed);
      const [dying, other] = [bed.device.mustGetTab(0), bed.device.mustGetTab(1)];
      for (const one of steps.slice(0, -1)) await step(dying, one);
      const revealing = step(dying, steps.at(-1) as (typeof steps)[0]).then(
        () => "revealed",
        (error: { readonly code: string }) => error.code,
      );
      await turns(delay);
      dying.tab.kill();
      const swept = other.host.sweepGenerations();
      const outcome = await revealing;
      await swept;
      expect(["revealed", "interrupted"]).toContain(outcome);
      expect(await contentsOf(other.kv)).toEqual(outcome === "revealed" ? newContents : oldContents);
      const { left, inForce, building } = await sweep(other, bed.storage);
      expect([left, building]).toEqual([[inForce], 0]);
      expect(await contentsOf(other.kv)).toEqual(outcome === "revealed" ? newContents : oldContents);
    },
  );
});

describe("a tab that slept while it restored", () => {
  test("and was taken for dead is told so, and changes nothing", async () => {
    const bed = await openBed(2);
    await write(bed);
    const [frozen, other] = [bed.device.mustGetTab(0), bed.device.mustGetTab(1)];
    for (const one of steps.slice(0, 3)) await step(frozen, one);
    // What it still does after this it does as a tab that comes back from its sleep.
    frozen.tab.kill();
    await other.host.sweepGenerations();
    await other.kv.set(["other"], 1);
    const rest = steps
      .slice(3)
      .reduce((before, one) => before.then(() => step(frozen, one)), Promise.resolve<unknown>(undefined));
    await expect(rest).rejects.toMatchObject({
      code: "interrupted",
      message: expect.stringContaining("slept"),
    });
    expect(await contentsOf(other.kv)).toEqual([...oldContents, "other=1"]);
    const { left, inForce } = await sweep(other, bed.storage);
    expect(left).toEqual([inForce]);
  });

  test("but lives is let be: its pages stay through a sweep", async () => {
    const bed = await openBed(2);
    await write(bed);
    const [builder, other] = [bed.device.mustGetTab(0), bed.device.mustGetTab(1)];
    for (const one of steps.slice(0, -1)) await step(builder, one);
    await other.host.sweepGenerations();
    expect(other.host.state.building.size).toBe(1);
    await step(builder, steps.at(-1) as (typeof steps)[0]);
    expect(await contentsOf(other.kv)).toEqual(newContents);
  });
});

test("of two tabs that restore at once the later one counts, whole", async () => {
  const bed = await openBed(2);
  await write(bed);
  const [a, b] = [bed.device.mustGetTab(0), bed.device.mustGetTab(1)];
  const [first, second] = [restoreSteps(1, dumpOf(entryLines("a", 25)), 400), restoreSteps(2, restored, 700)];
  for (let index = 0; index < Math.max(first.length, second.length) - 1; index++) {
    const [one, other] = [first.slice(0, -1)[index], second.slice(0, -1)[index]];
    await Promise.all([one && step(a, one), other && step(b, other)]);
  }
  await step(b, second.at(-1) as (typeof steps)[0]);
  expect(await contentsOf(a.kv)).toEqual(newContents);
  await step(a, first.at(-1) as (typeof steps)[0]);
  expect(await contentsOf(b.kv)).toEqual(contentsOfEntries("a", 25).toSorted(byNumber));
  const { left, inForce } = await sweep(b, bed.storage);
  expect(left).toEqual([inForce]);
});

/** In the order of keys that end with a number. */
const byNumber = (a: string, b: string): number => numberIn(a) - numberIn(b);
const numberIn = (line: string): number => Number(/\d+/.exec(line)?.[0]);

test("a restored bucket is read from pages that were replaced while the read was under way", async () => {
  const gate = { isShut: false, waiting: [] as (() => void)[] };
  const wrap = (log: Log): Log =>
    intercept(log, async (name) => {
      if (name === "read" && gate.isShut) await new Promise<void>((open) => gate.waiting.push(open));
    });
  const writer = await openBed(1);
  await write(writer);
  const reader = await openBed(1, { storage: writer.storage, wrap });
  gate.isShut = true;
  const reading = contentsOf(reader.device.mustGetTab(0).kv);
  await turns(3);
  expect(gate.waiting).toHaveLength(1);
  const { kv, host } = writer.device.mustGetTab(0);
  await kv.restore(streamOf(restored));
  await host.checkpoint();
  const { left, inForce } = await sweep(writer.device.mustGetTab(0), writer.storage);
  expect(left).toEqual([inForce]);
  gate.isShut = false;
  for (const open of gate.waiting) open();
  expect(await reading).toEqual(newContents);
});
