/**
 * A profile that is copied while commits are pending, some of them ruled by the relay already without the device having
 * heard of it: both copies run, push the same commits and make more of their own, and each is counted once.
 */
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { AnswerGate } from "../browser/answer-gate.ts";
import { atLeast, eventually } from "../browser/browser-bed.ts";
import { expectAccounted } from "./account.ts";
import { SyncBed } from "./sync-bed.ts";

const bed = await SyncBed.open();
afterAll(() => bed.close());
let gate: AnswerGate;
beforeEach(async () => {
  gate = await AnswerGate.open(() => bed.relay.url);
});
afterEach(() => gate.close());

test("a profile cloned with commits pending is two devices, and each commit is ruled once", async () => {
  const origin = await bed.launch("origin");
  const tab = await origin.openTab({ relay: gate.url });
  await tab.call("write", "before", { inFlight: 4 });
  await tab.untilAcknowledged(100);
  await gate.keepBack();
  await eventually(() => tab.call("status")).toMatchObject({ pending: atLeast(100) });
  await origin.browser.kill();
  await bed.cloneProfile("origin", "clone");

  const devices = [
    await bed.launch("origin", origin.journal.clone()),
    await bed.launch("clone", origin.journal.clone()),
  ];
  for (const [index, device] of devices.entries()) {
    const copy = await device.openTab();
    await copy.call("write", `copy ${index}`, { inFlight: 4, commitsMax: 150 });
  }
  await Promise.all(devices.map(({ lastTab }) => lastTab.call("done")));
  const account = await expectAccounted(bed, devices);
  expect(account.confirmed).toBeGreaterThan(300);
});
