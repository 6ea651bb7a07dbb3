/**
 * Two devices, each with a profile of its own, through the relay: what one does arrives at the other, also what was
 * done offline, and what both changed apart is asked about and not lost.
 */
import { expect, test } from "vitest";
import { eventually, noticeNetwork, useBrowserBed } from "./browser-bed.ts";
import { openOnTwo, renameApart } from "./two-devices.ts";

const bed = useBrowserBed("board");

test("what either device does arrives at the other", async () => {
  const [first, second] = await openOnTwo(bed, "Starfish");
  await first.addCard("Pool", "From the first");
  await second.addCard("Pool", "From the second");
  await first.renameCard("Starfish", "Sea star");
  for (const board of [first, second]) {
    await eventually(async () => (await board.titles("Pool")).toSorted()).toEqual([
      "From the first",
      "From the second",
      "Sea star",
    ]);
    await board.untilSynced();
  }
  expect(await first.titles("Pool")).toEqual(await second.titles("Pool"));
});

test("cheers given on both devices while both are offline add up", async () => {
  const [first, second] = await openOnTwo(bed, "Starfish");
  await first.cheer("Starfish");
  await eventually(() => second.cheers("Starfish")).toBe(1);
  await Promise.all([first.setOffline(true), second.setOffline(true)]);
  for (let click = 0; click < 3; click += 1) await first.cheer("Starfish");
  for (let click = 0; click < 2; click += 1) await second.cheer("Starfish");
  await eventually(() => first.cheers("Starfish")).toBe(4);
  await eventually(() => second.cheers("Starfish")).toBe(3);
  await Promise.all([first.setOffline(false), second.setOffline(false)]);
  for (const board of [first, second]) {
    await eventually(() => board.cheers("Starfish")).toBe(6);
    await board.untilSynced();
  }
});

test("edits made while working offline survive a reload and arrive when the switch is turned back", async () => {
  const [first, second] = await openOnTwo(bed, "Starfish");
  await first.setOffline(true);
  await first.addCard("Pool", "Made offline");
  await first.renameCard("Starfish", "Renamed offline");
  await first.page.reload();
  await first.ready();
  await first.untilTitles("Pool", ["Renamed offline", "Made offline"]);
  await first.untilStatus({ state: "paused", pending: 2 });
  expect(await second.titles("Pool")).toEqual(["Starfish"]);

  await first.setOffline(false);
  await second.untilTitles("Pool", ["Renamed offline", "Made offline"]);
  await first.untilSynced();
});

test("edits made while the relay is down survive a reload and arrive when it is back", async () => {
  const [first, second] = await openOnTwo(bed, "Starfish");
  expect(await bed.relay.end("SIGTERM")).toBe(0);
  for (const board of [first, second]) await board.untilStatus({ state: "offline" });
  await first.addCard("Pool", "Made by the first");
  await second.cheer("Starfish");
  await first.page.reload();
  await first.ready();
  await first.untilTitles("Pool", ["Starfish", "Made by the first"]);
  for (const board of [first, second]) await board.untilStatus({ state: "offline", pending: 1 });

  await bed.relay.start();
  for (const board of [first, second]) await noticeNetwork(board.page);
  await second.untilTitles("Pool", ["Starfish", "Made by the first"]);
  await eventually(() => first.cheers("Starfish")).toBe(1);
  for (const board of [first, second]) await board.untilSynced();
});

test("a card renamed on two devices is asked about, and 'Keep mine' wins on both", async () => {
  const [first, second] = await renameApart(bed);
  const panel = await second.rejectedEdits.innerText();
  expect(panel).toMatch(/Mine\s+Limpet, counted by the second\s+Theirs\s+Limpet, counted by the first/i);
  await second.untilTitles("Pool", ["Limpet, counted by the first"]);

  await second.rejectedEdits.getByRole("button", { name: "Keep mine" }).click();
  for (const board of [first, second]) {
    await board.untilTitles("Pool", ["Limpet, counted by the second"]);
    await board.untilSynced();
    await board.rejectedEdits.waitFor({ state: "hidden" });
  }
});

test("a card renamed on two devices is asked about, and 'Keep theirs' leaves it as it is on both", async () => {
  const [first, second] = await renameApart(bed);
  await second.rejectedEdits.getByRole("button", { name: "Keep theirs" }).click();
  await second.rejectedEdits.waitFor({ state: "hidden" });
  await second.page.reload();
  await second.ready();
  for (const board of [first, second]) {
    await board.untilTitles("Pool", ["Limpet, counted by the first"]);
    await board.untilSynced();
    await board.rejectedEdits.waitFor({ state: "hidden" });
  }
});
