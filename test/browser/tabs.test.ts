/**
 * Several tabs of one device: each sees the others' edits and the state of syncing, one of them syncs for all, and when
 * that one is closed or dies another goes on.
 */
import { expect, test } from "vitest";
import { type BoardPage, openBoard, openPool } from "./board-page.ts";
import { eventually, noticeNetwork, useBrowserBed } from "./browser-bed.ts";

const bed = useBrowserBed("board");

/** Waits until one of the tabs says that it syncs for all, and gives it and the other. */
const tellApart = async (tabs: readonly [BoardPage, BoardPage]): Promise<readonly [BoardPage, BoardPage]> => {
  const syncing = /this one syncs for all/;
  await eventually(async () =>
    (await Promise.all(tabs.map((tab) => tab.status.innerText()))).toSorted(),
  ).toEqual([expect.stringContaining("another one syncs"), expect.stringMatching(syncing)]);
  const [one, other] = tabs;
  return syncing.test(await one.status.innerText()) ? [one, other] : [other, one];
};

test("two tabs see each other's edits", async () => {
  const one = await openPool(bed, { cards: ["Starfish"] });
  const other = await openBoard(bed);
  await other.untilTitles("Pool", ["Starfish"]);
  await other.addCard("Pool", "Hermit crab");
  await one.untilTitles("Pool", ["Starfish", "Hermit crab"]);
  await one.renameCard("Hermit crab", "Hermit crab in a shell");
  await other.untilTitles("Pool", ["Starfish", "Hermit crab in a shell"]);
  await Promise.all([one.cheer("Starfish"), other.cheer("Starfish")]);
  for (const tab of [one, other]) await eventually(() => tab.cheers("Starfish")).toBe(2);
});

test("two tabs of a board without a relay see each other's edits", async () => {
  const one = await openPool(bed, { relay: "off", cards: ["Starfish"] });
  const other = await openBoard(bed, { relay: "off" });
  await one.untilStatus({ state: "off", pending: 0, tabs: 2 });
  expect(await one.offlineSwitch.count()).toBe(0);
  await other.renameCard("Starfish", "Starfish under the ledge");
  await one.untilTitles("Pool", ["Starfish under the ledge"]);
});

test("every tab shows the state of syncing, what waits and how many tabs there are", async () => {
  const one = await openPool(bed, { cards: ["Limpet"] });
  await one.untilStatus({ state: "synced", pending: 0, tabs: 1 });
  const other = await openBoard(bed);
  await tellApart([one, other]);
  for (const tab of [one, other]) await tab.untilStatus({ state: "synced", pending: 0, tabs: 2 });

  await other.setOffline(true);
  for (const tab of [one, other]) await tab.untilStatus({ state: "paused", pending: 0 });
  await one.cheer("Limpet");
  await other.addCard("Pool", "Anemone");
  for (const tab of [one, other]) {
    await tab.untilStatus({ state: "paused", pending: 2 });
    await tab.page.getByRole("switch", { name: "Work offline", checked: true }).waitFor();
    expect(await tab.status.innerText()).toMatch(/Working offline\s+2 waiting/);
    expect(await tab.card("Anemone").getAttribute("data-pending")).toBe("true");
  }
  await one.setOffline(false);
  for (const tab of [one, other]) {
    await tab.untilStatus({ state: "synced", pending: 0, tabs: 2 });
    await eventually(() => tab.page.locator("[data-pending=true]").count()).toBe(0);
  }

  await bed.relay.end("SIGTERM");
  for (const tab of [one, other]) await tab.untilStatus({ state: "offline", pending: 0 });
  await one.cheer("Limpet");
  for (const tab of [one, other]) await tab.untilStatus({ state: "offline", pending: 1 });
  await bed.relay.start();
  for (const tab of [one, other]) await noticeNetwork(tab.page);
  for (const tab of [one, other]) await tab.untilStatus({ state: "synced", pending: 0, tabs: 2 });

  await other.page.close();
  await one.untilStatus({ state: "synced", pending: 0, tabs: 1 });
});

test("when the syncing tab is closed, the other one syncs", async () => {
  const tabs = [await openPool(bed), await openBoard(bed)] as const;
  const [syncing, other] = await tellApart(tabs);
  await syncing.page.close();
  await other.addCard("Pool", "Made after the handover");
  await other.untilStatus({ state: "synced", pending: 0, tabs: 1 });

  const elsewhere = await openBoard(bed, { device: "second" });
  await elsewhere.untilTitles("Pool", ["Made after the handover"]);
  await elsewhere.addCard("Pool", "Made elsewhere");
  await other.untilTitles("Pool", ["Made after the handover", "Made elsewhere"]);
});

test("when the syncing tab crashes with edits that wait, the other one sends them and its own", async () => {
  const tabs = [await openPool(bed), await openBoard(bed)] as const;
  const [syncing, other] = await tellApart(tabs);
  await syncing.setOffline(true);
  await syncing.addCard("Pool", "Made before the crash");
  await other.untilTitles("Pool", ["Made before the crash"]);

  const crashed = syncing.page.waitForEvent("crash");
  const session = await syncing.page.context().newCDPSession(syncing.page);
  // Its answer never comes: there is nobody left to give it.
  session.send("Page.crash").catch(() => undefined);
  await crashed;
  await other.setOffline(false);
  await other.addCard("Pool", "Made after the crash");
  await other.untilStatus({ state: "synced", pending: 0, tabs: 1 });

  const elsewhere = await openBoard(bed, { device: "second" });
  await elsewhere.untilTitles("Pool", ["Made before the crash", "Made after the crash"]);
});
