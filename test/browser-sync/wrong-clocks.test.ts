/**
 * Devices whose clocks are two hours fast and two hours slow. The clock is made wrong inside the page and its worker
 * (page/shifted-clock.ts): that is all Rockpool reads, and a browser has no other clock to set. Writes go in the order of
 * real time wherever a device has met the relay since its clock is wrong, none is refused for time, and what a clock
 * wrote before it was set right outlives no later write.
 */
import { afterAll, beforeEach, expect, test } from "vitest";
import { expectAccounted, expectConverged } from "./account.ts";
import type { Device } from "./device.ts";
import { SyncBed } from "./sync-bed.ts";
import type { WitnessTab } from "./witness-tab.ts";

const wrongByMs = 2 * 60 * 60 * 1000;
/** The relay corrects what is further ahead, and this much a slow machine may take between two clocks. */
const toleratedMs = 60_000;
/** Two clocks that were corrected by the relay's agree to within this much. */
const clockToleranceMs = 300;
/** Nobody listens there. */
const unreachable = "ws://127.0.0.1:1";

const bed = await SyncBed.open();
afterAll(() => bed.close());
const right = await bed.launch("profile");
beforeEach(() => bed.startTest());

const openWith = async (clockShiftMs: number): Promise<{ device: Device; tab: WitnessTab }> => {
  const device = await bed.addDevice(right);
  return { device, tab: await device.openTab({ clockShiftMs }) };
};

test("online, the write that is made later stands, whichever clock is behind it", async () => {
  const [fast, slow] = [(await openWith(wrongByMs)).tab, (await openWith(-wrongByMs)).tab];
  for (let round = 0; round < 10; round++) {
    const [writer, reader] = round % 2 === 0 ? [fast, slow] : [slow, fast];
    expect(await writer.call("set", ["turn"], round)).toMatchObject({ type: "confirmed", superseded: [] });
    await reader.call("flush");
    expect(await reader.call("get", ["turn"])).toBe(round);
  }
  expect((await expectConverged(bed, [fast, slow])).lastStampMs).toBeLessThan(Date.now() + toleratedMs);
});

test("offline, too, once a device has met the relay, and whoever comes back first", async () => {
  const tabs = [(await openWith(wrongByMs)).tab, (await openWith(-wrongByMs)).tab] as const;
  await expectConverged(bed, tabs);
  for (const [earlier, later] of [tabs, tabs.toReversed()] as const) {
    await Promise.all(tabs.map((tab) => tab.call("pause")));
    const lost = await earlier.call("setHere", ["offline"], "earlier");
    await new Promise((resolve) => setTimeout(resolve, clockToleranceMs));
    await later.call("setHere", ["offline"], "later");
    // The one that must not win arrives last.
    for (const tab of [later, earlier]) {
      await tab.call("resume");
      await tab.call("flush");
    }
    const { entries } = await expectConverged(bed, tabs);
    expect(entries['["offline"]']).toBe('"later"');
    expect(await earlier.call("settled", [lost])).toMatchObject([{ superseded: ['["offline"]'] }]);
    expect(await earlier.call("toldSuperseded")).toContainEqual([lost, '["offline"]']);
  }
});

test("what a fast clock wrote before it was set right outlives no later write", async () => {
  const { device, tab: poisoned } = await openWith(0);
  const other = (await openWith(0)).tab;
  await poisoned.close({ asking: false });
  const away = await device.openTab({ relay: unreachable, clockShiftMs: wrongByMs });
  await away.call("write", "poisoned", { inFlight: 4, commitsMax: 40 });
  await away.call("done");
  await away.call("setHere", ["healed"], "poisoned");
  await away.close({ asking: false });

  const healed = await device.openTab();
  expect(await healed.call("get", ["healed"])).toBe("poisoned");
  await healed.call("flush");
  for (const [round, writer] of [other, healed, other].entries()) {
    expect(await writer.call("set", ["healed"], round)).toMatchObject({
      type: "confirmed",
      superseded: [],
    });
    await Promise.all([other, healed].map((tab) => tab.call("flush")));
  }
  const content = await expectConverged(bed, [other, healed]);
  expect(content.entries['["healed"]']).toBe("2");
  expect(content.lastStampMs).toBeLessThan(Date.now() + toleratedMs);
  expect((await expectAccounted(bed, [device])).confirmed).toBe(40);
});

test("devices with any clock write at once, and every commit is accounted for", async () => {
  const opened = await Promise.all([wrongByMs, -wrongByMs, 0].map(openWith));
  for (const [index, { tab }] of opened.entries()) {
    await tab.call("write", `writer ${index}`, { inFlight: 4, commitsMax: 80 });
  }
  await Promise.all(opened.map(({ tab }) => tab.call("done")));
  const account = await expectAccounted(
    bed,
    opened.map(({ device }) => device),
  );
  expect(account.confirmed + account.rejected + account.refused).toBe(240);
  expect(account).toMatchObject({ unanswered: 0, head: account.confirmed + account.rejected });
});
