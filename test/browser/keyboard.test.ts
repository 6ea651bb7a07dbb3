/**
 * The board by the keyboard alone: every step of a card's life, and what a screen reader is told of it.
 */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { type BoardPage, openPool } from "./board-page.ts";
import { eventually, useBrowserBed } from "./browser-bed.ts";

const bed = useBrowserBed("board");

/** Most presses of Tab that lead from anywhere to anywhere. */
const tabsMax = 300;

interface Focused {
  readonly name: string;
  /** The region that it is in. */
  readonly region: string;
}

/** What has the focus, as it is called. */
const focused = (page: Page): Promise<Focused> =>
  page.evaluate(() => {
    const element = document.activeElement;
    const [name = "", region = ""] = [element, element?.closest("section")].map((one) => {
      const labelledBy = document.getElementById(one?.getAttribute("aria-labelledby") ?? "");
      return (one?.getAttribute("aria-label") ?? labelledBy?.textContent ?? one?.textContent)?.trim();
    });
    return { name, region };
  });

/** Presses a key, Tab or Shift+Tab, until the control of that name has the focus. */
const tabTo = async ({ page }: BoardPage, name: string, region: string, key = "Tab"): Promise<void> => {
  for (let tabs = 0; tabs < tabsMax; tabs += 1) {
    const now = await focused(page);
    if (now.name === name && now.region === region) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${tabsMax} times ${key} do not lead to "${name}" in "${region}"`);
};

/** Waits until a live region has said so. */
const untilSpoken = async ({ page }: BoardPage, words: string): Promise<void> => {
  const regions = page.locator("[aria-live=polite]");
  const spoken = async (): Promise<string> =>
    (await regions.allTextContents()).join("\n").replaceAll("\u00A0", " ");
  await eventually(spoken).toContain(words);
};

test("a card is made, moved and deleted by the keyboard alone, and each step is spoken", async () => {
  const board = await openPool(bed, { cards: ["Limpet", "Starfish"] });
  await board.addList("Shelf");
  await board.addCard("Shelf", "Barnacle");
  const { keyboard } = board.page;

  await board.page.reload();
  await board.ready();
  await tabTo(board, "Add card", "Pool");
  await keyboard.press("Enter");
  await keyboard.type("Hermit crab");
  await keyboard.press("Enter");
  await untilSpoken(board, "Added “Hermit crab” to Pool.");
  await keyboard.press("Escape");
  await board.untilTitles("Pool", ["Limpet", "Starfish", "Hermit crab"]);
  expect(await focused(board.page)).toEqual({ name: "Add card", region: "Pool" });

  await tabTo(board, "Hermit crab", "Pool", "Shift+Tab");
  await keyboard.press("Alt+ArrowUp");
  await untilSpoken(board, "Moved “Hermit crab” to Pool, 2 of 3.");
  await board.untilTitles("Pool", ["Limpet", "Hermit crab", "Starfish"]);
  expect(await focused(board.page)).toEqual({ name: "Hermit crab", region: "Pool" });

  await keyboard.press("Alt+ArrowRight");
  await untilSpoken(board, "Moved “Hermit crab” to Shelf, 2 of 2.");
  await board.untilTitles("Pool", ["Limpet", "Starfish"]);
  await board.untilTitles("Shelf", ["Barnacle", "Hermit crab"]);
  expect(await focused(board.page)).toEqual({ name: "Hermit crab", region: "Shelf" });

  await keyboard.press("Enter");
  await keyboard.type("Hermit crab, moved in");
  await keyboard.press("Enter");
  await untilSpoken(board, "Saved “Hermit crab, moved in”.");
  expect(await focused(board.page)).toEqual({ name: "Hermit crab, moved in", region: "Shelf" });

  await keyboard.press("Delete");
  await untilSpoken(board, "Deleted “Hermit crab, moved in”.");
  await board.untilTitles("Shelf", ["Barnacle"]);
  expect(await focused(board.page)).toEqual({ name: "Barnacle", region: "Shelf" });

  await tabTo(board, "Undo", "Notices");
  await keyboard.press("Enter");
  await board.untilTitles("Shelf", ["Barnacle", "Hermit crab, moved in"]);
});

test("a card is moved and deleted by its buttons, reached by Tab and pressed by Space", async () => {
  const board = await openPool(bed, { cards: ["Limpet", "Starfish"] });
  await board.addList("Shelf");
  const { keyboard } = board.page;
  await tabTo(board, "Limpet", "Pool");
  await tabTo(board, "Move card down", "Pool");
  await keyboard.press("Space");
  await untilSpoken(board, "Moved “Limpet” to Pool, 2 of 2.");
  await board.untilTitles("Pool", ["Starfish", "Limpet"]);
  await tabTo(board, "Move card right", "Pool");
  await keyboard.press("Space");
  await untilSpoken(board, "Moved “Limpet” to Shelf, 1 of 1.");
  await board.untilTitles("Shelf", ["Limpet"]);
  await tabTo(board, "Delete card", "Shelf");
  await keyboard.press("Space");
  await untilSpoken(board, "Deleted “Limpet”.");
  await board.untilTitles("Shelf", []);
});
