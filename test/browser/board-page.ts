/**
 * The board in one tab, as a person uses it: in front, by roles and names. (A tab behind another draws a frame a second,
 * and a click waits for frames.) What of the page may be relied on is listed in
 * apps/board/src/main.ts.
 */
import type { Locator, Page } from "playwright";
import { type BrowserBed, type Device, eventually } from "./browser-bed.ts";

/** What the header says of syncing. */
export interface ShownStatus {
  readonly state: string | undefined;
  readonly pending: number;
  readonly tabs: number;
}

export class BoardPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get status(): Locator {
    return this.page.getByRole("status");
  }

  get offlineSwitch(): Locator {
    return this.page.getByRole("switch", { name: "Work offline" });
  }

  get rejectedEdits(): Locator {
    return this.page.getByRole("region", { name: "Rejected edits" });
  }

  get notices(): Locator {
    return this.page.getByRole("region", { name: "Notices" });
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  list(title: string): Locator {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  card(title: string): Locator {
    const face = this.page.getByRole("button", { name: title, exact: true });
    return this.page.getByRole("listitem").filter({ has: face });
  }

  /** Fulfilled when all that is on the device is shown. */
  async ready(): Promise<this> {
    await this.page.locator(":root[data-board=ready]").waitFor();
    return this;
  }

  async shownStatus(): Promise<ShownStatus> {
    return this.status.evaluate(({ dataset }: HTMLElement) => ({
      state: dataset["state"],
      pending: Number(dataset["pending"]),
      tabs: Number(dataset["tabs"]),
    }));
  }

  /** Waits until the header says so. */
  async untilStatus(status: Partial<ShownStatus>): Promise<void> {
    await eventually(() => this.shownStatus()).toMatchObject(status);
  }

  /** Waits until nothing is on its way. */
  async untilSynced(): Promise<void> {
    await this.untilStatus({ state: "synced", pending: 0 });
  }

  async addList(title: string): Promise<void> {
    await this.page.bringToFront();
    await this.button("Add list").click();
    await this.#submit("New list title", title);
    await this.page.keyboard.press("Escape");
    await this.list(title).waitFor();
  }

  async addCard(list: string, title: string): Promise<void> {
    await this.page.bringToFront();
    await this.list(list).getByRole("button", { name: "Add card", exact: true }).click();
    await this.#submit("New card title", title);
    await this.page.keyboard.press("Escape");
    await this.card(title).waitFor();
  }

  async renameCard(title: string, newTitle: string): Promise<void> {
    await this.page.bringToFront();
    await this.button(title).click();
    await this.#submit("Card title", newTitle);
    await this.card(newTitle).waitFor();
  }

  async cheer(title: string): Promise<void> {
    await this.page.bringToFront();
    await this.card(title).getByRole("button", { name: "Cheer", exact: true }).click();
  }

  async cheers(title: string): Promise<number> {
    return Number(await this.card(title).locator(".cheers-count").textContent());
  }

  /** Titles of a list's cards, in order. */
  async titles(list: string): Promise<readonly string[]> {
    const cards = this.page.getByRole("list", { name: list, exact: true }).getByRole("listitem");
    return cards.evaluateAll((items) => items.map((item) => item.querySelector("button")?.textContent ?? ""));
  }

  async untilTitles(list: string, titles: readonly string[]): Promise<void> {
    await eventually(() => this.titles(list)).toEqual(titles);
  }

  async setOffline(offline: boolean): Promise<void> {
    await this.page.bringToFront();
    await this.page.getByRole("switch", { name: "Work offline", checked: !offline }).click();
    await this.page.getByRole("switch", { name: "Work offline", checked: offline }).waitFor();
  }

  async #submit(box: string, text: string): Promise<void> {
    const input = this.page.getByRole("textbox", { name: box, exact: true });
    await input.fill(text);
    await input.press("Enter");
  }
}

export interface OpenOptions {
  /** Default "first". */
  readonly device?: Device;
  /** Default: the bed's. */
  readonly relay?: string;
}

/** Opens the board of the running test in a new tab of a device. */
export const openBoard = async (
  bed: BrowserBed,
  { device = "first", ...address }: OpenOptions = {},
): Promise<BoardPage> => {
  const page = await bed.openTab(device);
  await page.goto(bed.address(address));
  return new BoardPage(page).ready();
};

/** Opens the board and gives it a list, "Pool", with these cards; fulfilled when nothing is on its way. */
export const openPool = async (
  bed: BrowserBed,
  { cards = [], ...options }: OpenOptions & { readonly cards?: readonly string[] } = {},
): Promise<BoardPage> => {
  const board = await openBoard(bed, options);
  // The sample comes first, after a look at the relay.
  await board.page.getByRole("listitem").first().waitFor();
  await board.addList("Pool");
  for (const card of cards) await board.addCard("Pool", card);
  if (options.relay !== "off") await board.untilSynced();
  return board;
};
