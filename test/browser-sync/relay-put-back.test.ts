/**
 * Yesterday's file of the relay, put back by hand: the relay has lost what came after and gives the same revisions to
 * other commits, and its replicas notice and heal it with what was confirmed to them, each commit once. One of them was
 * away when it happened, and comes back when the others have gone on.
 */
import { afterAll, expect, test } from "vitest";
import { expectAccounted, expectConverged } from "./account.ts";
import type { Device } from "./device.ts";
import { SyncBed } from "./sync-bed.ts";

const bed = await SyncBed.open();
afterAll(() => bed.close());

const writeAll = async (devices: readonly Device[], when: string, commitsMax: number): Promise<void> => {
  for (const [index, { lastTab }] of devices.entries()) {
    await lastTab.call("wake");
    await lastTab.call("write", `${when} ${index}`, { inFlight: 4, commitsMax });
  }
  await Promise.all(devices.map(({ lastTab }) => lastTab.call("done")));
};

test("what was confirmed after the copy was made comes back from the devices, once", async () => {
  const first = await bed.launch("first");
  const devices = [first, await bed.addDevice(first), await bed.addDevice(first)] as const;
  const [, second, third] = devices;
  for (const device of devices) await device.openTab();
  await writeAll(devices, "before", 60);
  await expectConverged(
    bed,
    devices.map(({ lastTab }) => lastTab),
  );
  await bed.backUpRelay();
  const { head } = bed.relayContent;

  await writeAll(devices, "lost", 100);
  await expectConverged(
    bed,
    devices.map(({ lastTab }) => lastTab),
  );
  const lostHead = bed.relayContent.head;
  expect(lostHead).toBeGreaterThan(head + 200);
  // A device without a profile keeps its databases as long as the browser runs.
  await third.lastTab.close({ asking: false });
  for (const { journal } of devices) journal.forgetSettlements();

  await bed.putRelayBack();
  expect(bed.relayContent.head).toBe(head);
  await writeAll([first, second], "after", 60);
  await expectConverged(bed, [first.lastTab, second.lastTab]);
  await third.openTab();
  const account = await expectAccounted(bed, devices);
  expect(account.confirmed).toBeGreaterThan(lostHead);
});
