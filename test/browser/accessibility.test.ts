/**
 * The board for those who do not see it, or use no mouse: every step of a card's life by keys alone, what a screen
 * reader is told of it, and what axe finds on the board in each of its states, by day and by night.
 * @see https://github.com/dequelabs/axe-core
 */
import axe, { type RunOptions } from "axe-core";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { type BoardPage, openPool } from "./board-page.ts";
import { eventually, useBrowserBed } from "./browser-bed.ts";
import { NotePage, openNote } from "./note-page.ts";
import { openOnTwo, renameApart } from "./two-devices.ts";

const bed = useBrowserBed("board");

test("a card is made, moved and deleted by the keyboard alone, and each step is spoken", async () => {
  const board = await openPool(bed, { cards: ["Limpet", "Starfish"] });
  await board.addList("Shelf");
  await board.addCard("Shelf", "Barnacle");
  const { keyboard } = board.page;

  await board.page.reload();
  await board.ready();
  await arrowTo(board, "Pool");
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

test("a card is moved and deleted by its buttons, reached by keys and pressed by Space", async () => {
  const board = await openPool(bed, { cards: ["Limpet", "Starfish"] });
  await board.addList("Shelf");
  const { keyboard } = board.page;
  await arrowTo(board, "Pool");
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

test("a note is opened, written and left by the keyboard alone", async () => {
  const board = await openPool(bed, { cards: ["Limpet", "Starfish"] });
  const { keyboard } = board.page;
  await arrowTo(board, "Pool");
  await keyboard.press("n");
  const note = new NotePage(board, "Limpet");
  await note.text.and(board.page.locator(":focus")).waitFor();
  await note.untilTakesKeys();
  await keyboard.type("Lives on the big rock");
  await keyboard.press("ControlOrMeta+Home");
  await keyboard.press("Shift+End");
  await keyboard.press("Shift+Tab");
  expect((await focused(board.page)).name).toBe("Bold");
  await keyboard.press("ArrowRight");
  await keyboard.press("ArrowRight");
  expect((await focused(board.page)).name).toBe("Heading");
  await keyboard.press("Enter");
  await note.dialog.getByRole("heading", { name: "Lives on the big rock" }).waitFor();
  expect((await focused(board.page)).name).toBe("Note");
  await note.dialog.getByRole("button", { name: "Heading", exact: true, pressed: true }).waitFor();
  await note.untilTakesKeys();

  await keyboard.press("ControlOrMeta+End");
  await keyboard.press("Enter");
  await keyboard.type("[] Count them");
  await keyboard.press("ControlOrMeta+Enter");
  await note.dialog.getByRole("checkbox", { name: "Done", checked: true }).waitFor();
  await note.untilLines("Lives on the big rock", "Count them");

  // Round the whole dialog, and never to the board behind it.
  for (let tabs = 0; tabs < 12; tabs += 1) {
    await keyboard.press("Tab");
    expect(await board.page.evaluate(() => document.activeElement?.closest("main"))).toBeNull();
  }
  await keyboard.press("Escape");
  await note.dialog.waitFor({ state: "hidden" });
  expect(await focused(board.page)).toEqual({ name: "Limpet", region: "Pool" });
  await board.card("Limpet").getByRole("button", { name: "Open note" }).waitFor();
  expect(await board.card("Starfish").getByRole("button", { name: "Add note" }).count()).toBe(1);
});

test("axe finds nothing serious on the board, by day or by night, whatever is open", async () => {
  const [first, board] = await renameApart(bed);
  expect(await findFaults(first, "header"), "synced").toEqual([]);
  expect(await findFaults(board), "with the rejected edits").toEqual([]);

  await board.rejectedEdits.getByRole("button", { name: "Close rejected edits" }).click();
  await board.setOffline(true);
  await board.addCard("Pool", "Waits for the relay");
  await board.card("Waits for the relay").getByRole("button", { name: "Delete card" }).click();
  await board.notices.getByRole("button", { name: "Undo" }).waitFor();
  await board.cheer("Limpet, counted by the first");
  await board.list("Pool").getByRole("button", { name: "Add card" }).click();
  expect(await findFaults(board), "offline, with a notice and the form of a new card").toEqual([]);

  await board.page.keyboard.press("Escape");
  await board.button("Limpet, counted by the first").click();
  await board.page.getByRole("group", { name: "Label" }).waitFor();
  expect(await findFaults(board, ".card:has(form)"), "the form of a card").toEqual([]);

  await board.page.keyboard.press("Escape");
  await board.button("Keys").click();
  await board.page.getByRole("dialog", { name: "Keys" }).waitFor();
  expect(await findFaults(board, "dialog"), "the dialog of keys").toEqual([]);
});

test("axe finds nothing serious in a note, by day or by night", async () => {
  const [first, second] = await openOnTwo(bed, "Limpet");
  const theirs = await openNote(first, "Limpet");
  await theirs.type("end", "Low tide\n");
  const note = await openNote(second, "Limpet");
  await note.type("end", "# To bring\n[] Bucket\nLens");
  await note.dialog.getByRole("checkbox").first().check();
  await eventually(() => note.caretNames()).toHaveLength(1);
  expect(await findFaults(second, "dialog.note")).toEqual([]);
});

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

/** Goes to the first card by Tab, and from there by arrow keys to the first card of a list. */
const arrowTo = async ({ page }: BoardPage, region: string): Promise<void> => {
  const isInCard = (): Promise<boolean> =>
    page.evaluate(() => document.activeElement?.closest("li") !== null && document.activeElement !== null);
  for (let tabs = 0; tabs < tabsMax && !(await isInCard()); tabs += 1) await page.keyboard.press("Tab");
  for (let lists = 0; lists < tabsMax && (await focused(page)).region !== region; lists += 1) {
    await page.keyboard.press("ArrowRight");
  }
  expect((await focused(page)).region).toBe(region);
};

/** Waits until a live region has said so. */
const untilSpoken = async ({ page }: BoardPage, words: string): Promise<void> => {
  const regions = page.locator("[aria-live=polite]");
  const spoken = async (): Promise<string> =>
    (await regions.allTextContents()).join("\n").replaceAll("\u00A0", " ");
  await eventually(spoken).toContain(words);
};

/**
 * What axe calls serious or critical, with the elements it means, in a part of the page. By night only colours can be at fault that were
 * none by day.
 */
const findFaults = async ({ page }: BoardPage, part = ":root"): Promise<readonly string[]> => {
  await page.bringToFront();
  const faults = await runAxe(page, part, {});
  await setScheme(page, "dark");
  const faultsByNight = await runAxe(page, part, { runOnly: ["color-contrast"] });
  await setScheme(page, "light");
  return [...faults, ...faultsByNight.map((fault) => `by night: ${fault}`)];
};

/** Changes the scheme, and waits until the page is painted in it: until then some colours are the old ones. */
const setScheme = async (page: Page, colorScheme: "light" | "dark"): Promise<void> => {
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(
    (scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches,
    colorScheme,
  );
  await page.evaluate(
    () => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))),
  );
};

const runAxe = async (page: Page, part: string, options: RunOptions): Promise<readonly string[]> => {
  // As an expression: the board's content security policy allows no script that is added to the page.
  await page.evaluate(`globalThis.axe === undefined && void ${axe.source}`);
  const { violations } = await page.evaluate(
    ([element, given]) => (globalThis as unknown as { axe: typeof axe }).axe.run(element, given),
    [part, { ...options, resultTypes: ["violations"], preload: false }] satisfies [string, RunOptions],
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`),
    );
};
