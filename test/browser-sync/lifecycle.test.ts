/**
 * Tabs that stop and come back: one that is frozen while it carries the session, and one that goes into the back/forward cache.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../browser/browser-bed.ts";
import type { Device } from "./device.ts";
import { SyncBed } from "./sync-bed.ts";
import type { WitnessTab } from "./witness-tab.ts";

const bed = await SyncBed.open();
afterAll(() => bed.close());
let browser: Device;
beforeAll(async () => {
  browser = await bed.launch("lifecycle");
});
let device: Device;
let tab: WitnessTab;
beforeEach(async () => {
  bed.startTest();
  device = await bed.addDevice(browser);
  tab = await device.openTab();
  await eventually(() => tab.call("status")).toMatchObject({ state: "synced", syncing: true });
});

test("a tab that is frozen is robbed of the session, and what another commits is synced", async () => {
  await tab.send("Page.setWebLifecycleState", { state: "frozen" });
  const waker = await device.openTab();
  expect(await waker.call("set", ["k"], "by the waker")).toMatchObject({ type: "confirmed" });
  await eventually(() => waker.call("status")).toMatchObject({ state: "synced", syncing: true });

  await tab.send("Page.setWebLifecycleState", { state: "active" });
  await eventually(() => tab.call("status")).toMatchObject({ state: "synced", syncing: false });
  expect(await tab.call("get", ["k"])).toBe("by the waker");
  expect(await tab.call("set", ["k"], "by the sleeper")).toMatchObject({ type: "confirmed" });
  expect(await waker.call("get", ["k"])).toBe("by the sleeper");
  expect([...tab.errors, ...waker.errors]).toEqual([]);
});

test("a tab that comes back from the back/forward cache carries the session, and shows what it missed", async () => {
  expect(await tab.call("set", ["k"], 1)).toMatchObject({ type: "confirmed" });
  const left = tab.next("Page.loadEventFired");
  await tab.send("Page.navigate", { url: `${String(await tab.evaluate("location.href"))}?away` });
  await left;
  const other = await (await bed.addDevice(browser)).openTab();
  expect(await other.call("set", ["k"], 2)).toMatchObject({ type: "confirmed" });

  const back = tab.next("Page.frameNavigated");
  await tab.send("Runtime.evaluate", { expression: "history.back()" });
  expect(await back).toMatchObject({ type: "BackForwardCacheRestore" });
  await eventually(() => tab.call("get", ["k"])).toBe(2);
  await eventually(() => tab.call("status")).toMatchObject({ state: "synced", syncing: true });
  expect(await tab.call("set", ["k"], 3)).toMatchObject({ type: "confirmed" });
});
