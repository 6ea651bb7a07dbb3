/**
 * Tokens that live for seconds, at a relay that asks for them: they are renewed on the connection there is, as long as
 * there are others; one that ends in the middle of a push ends the session, and no commit is lost or counted twice by it.
 */
import { afterAll, beforeEach, expect, test } from "vitest";
import { AnswerGate } from "../browser/answer-gate.ts";
import { atLeast, eventually } from "../browser/browser-bed.ts";
import { expectAccounted } from "./account.ts";
import type { Device } from "./device.ts";
import { FrameMeter } from "./frame-meter.ts";
import type { WitnessOptions } from "./page/witness.ts";
import { SyncBed } from "./sync-bed.ts";
import { TokenOffice } from "./token-office.ts";

const user = "ann";
const office = await TokenOffice.open(user, 3);
const bed = await SyncBed.open({ ROCKPOOL_JWT_SECRET: office.secret });
const meter = await FrameMeter.open(() => bed.relay.url);
// Commits are on their way at any moment, ruled and not heard of.
const farAway = await AnswerGate.open(() => bed.relay.url, { answerDelayMs: 100 });
afterAll(async () => {
  office.close();
  farAway.close();
  await meter[Symbol.asyncDispose]();
  await bed.close();
});
const options = (relay: string): WitnessOptions => ({ user, tokenUrl: office.url, relay });
let device: Device;
const browser = await bed.launch("profile");
beforeEach(async () => {
  bed.startTest();
  device = await bed.addDevice(browser);
});

test("tokens of three seconds are renewed while commits are pushed, on one connection", async () => {
  const tab = await device.openTab(options(meter.url));
  await eventually(() => tab.call("status")).toMatchObject({ state: "synced" });
  const before = { issued: office.issued, connections: meter.connections };
  await tab.call("write", "renewing", { inFlight: 8, pauseMs: 50 });
  await eventually(() => office.issued).toBeGreaterThanOrEqual(before.issued + 3);
  await tab.call("stop");
  await expectAccounted(bed, [device]);
  expect(meter.connections).toBe(before.connections);
});

test("a token that ends in the middle of a push takes no commit with it", async () => {
  const tab = await device.openTab(options(farAway.url));
  await tab.call("write", "pushing", { inFlight: 8, pauseMs: 50 });
  await tab.untilAcknowledged(50);
  office.isShut = true;
  await eventually(() => tab.call("status")).toMatchObject({
    pending: atLeast(50),
    error: expect.any(String) as string,
  });
  office.isShut = false;
  await tab.call("wake");
  await tab.untilAcknowledged(device.journal.acknowledgedCount + 50);
  await tab.call("stop");
  const account = await expectAccounted(bed, [device]);
  expect(account).toMatchObject({ unanswered: 0, head: account.confirmed + account.rejected });
});
