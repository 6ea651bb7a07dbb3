/**
 * Tabs of one device that are opened, looked at, closed and crashed at random while all of them commit, and another device that
 * commits too: whichever tab carried the session, nothing is lost and nothing counted twice.
 * ROCKPOOL_TABS_MS sets for how long (20,000), ROCKPOOL_TABS_SEED with which draws.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { seededRandom } from "../fake-environment.ts";
import { AnswerGate } from "../browser/answer-gate.ts";
import { expectAccounted } from "./account.ts";
import { SyncBed } from "./sync-bed.ts";
import type { WitnessTab } from "./witness-tab.ts";

const lastsMs = Number(process.env["ROCKPOOL_TABS_MS"] ?? 20_000);
const seed = Number(process.env["ROCKPOOL_TABS_SEED"] ?? Date.now() % 1_000_000);
const tabsMax = 5;
/** Longest time between two tabs that come or go, in ms. */
const stepMsMax = 400;
const writing = { inFlight: 8, pauseMs: 100 };

/** So many ms the relay's answers take: a tab that goes often leaves commits behind that were ruled unheard. */
const answerDelayMs = 50;

const bed = await SyncBed.open();
const gate = await AnswerGate.open(() => bed.relay.url, { answerDelayMs });
afterAll(async () => {
  gate.close();
  await bed.close();
});

test(`5 tabs opened and closed at random (seed ${seed})`, { timeout: 60_000 + 2 * lastsMs }, async () => {
  const random = seededRandom(seed);
  const draw = (below: number): number => Math.floor(random() * below);
  const device = await bed.launch("device");
  const other = await bed.addDevice(device);
  await (await other.openTab({ relay: gate.url })).call("write", "other device", writing);
  const open: WitnessTab[] = [];
  let [opened, crashed] = [0, 0];

  const openOne = async (): Promise<void> => {
    const tab = await device.openTab({ relay: gate.url });
    open.push(tab);
    await tab.call("write", `tab ${++opened}`, writing);
    // What tabs that are gone made is asked about here.
    await tab.call("follow", device.journal.unsettled);
  };
  const endOne = async (): Promise<void> => {
    const [tab] = open.splice(draw(open.length), 1);
    if (tab === undefined) return;
    expect(tab.errors).toEqual([]);
    if (draw(4) > 0) return tab.close({ asking: false });
    crashed++;
    return tab.crash();
  };
  const endMs = Date.now() + lastsMs;
  while (Date.now() < endMs) {
    if (draw(3) === 0) await open[draw(open.length)]?.activate();
    else if (open.length < tabsMax && draw(2) === 0) await openOne();
    else await endOne();
    await sleep(draw(stepMsMax));
  }
  for (const tab of [...open, other.lastTab]) await tab.call("stop");
  while (open.length > 0) await endOne();
  await device.openTab({ relay: gate.url });
  const account = await expectAccounted(bed, [device, other]);
  process.stdout.write(`${JSON.stringify({ seed, opened, crashed, ...account })}\n`);
  expect(account.confirmed).toBeGreaterThan(lastsMs / 100);
});
