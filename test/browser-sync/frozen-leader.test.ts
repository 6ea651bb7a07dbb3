/**
 * The tab that carries the session is frozen, worker and all, with commits that the relay ruled and it never heard of:
 * another tab takes the session over, brings these commits home and its own, and the one that was frozen finds
 * everything done when it is woken.
 */
import { afterAll, expect, test } from "vitest";
import { AnswerGate } from "../browser/answer-gate.ts";
import { atLeast, eventually } from "../browser/browser-bed.ts";
import { expectAccounted, expectConverged } from "./account.ts";
import { SyncBed } from "./sync-bed.ts";

const bed = await SyncBed.open();
const gate = await AnswerGate.open(() => bed.relay.url);
afterAll(async () => {
  gate.close();
  await bed.close();
});

test("a frozen leader is replaced, and what it pushed is counted once", async () => {
  const device = await bed.launch("device");
  const leader = await device.openTab({ relay: gate.url });
  await leader.call("write", "leader", { inFlight: 4 });
  await leader.untilAcknowledged(50);
  await gate.keepBack();
  await eventually(() => leader.call("status")).toMatchObject({ syncing: true, pending: atLeast(50) });
  // Between two transactions: Chromium freezes nobody who holds one, but the devtools protocol would.
  await leader.call("stop");
  const pending = device.journal.unsettled;
  const follower = await device.addTab();
  await leader.send("Page.setWebLifecycleState", { state: "frozen" });

  await device.open(follower);
  await follower.call("write", "follower", { inFlight: 4, commitsMax: 50 });
  await follower.call("done");
  await expectConverged(bed, [follower]);
  expect(await follower.call("status")).toMatchObject({ syncing: true });
  expect(
    await follower.call(
      "settled",
      pending.map(({ versionstamp }) => versionstamp),
    ),
  ).not.toContain(null);

  await leader.send("Page.setWebLifecycleState", { state: "active" });
  await leader.call("write", "woken", { inFlight: 4, commitsMax: 50 });
  await leader.call("done");
  await expectConverged(bed, [leader, follower]);
  const account = await expectAccounted(bed, [device]);
  expect(account).toMatchObject({ unanswered: 0, head: account.confirmed + account.rejected });
});
