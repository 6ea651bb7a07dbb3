/**
 * What axe finds on the board in each of its states, light and dark: nothing serious.
 * @see https://github.com/dequelabs/axe-core
 */
import axe from "axe-core";
import { expect, test } from "vitest";
import type { BoardPage } from "./board-page.ts";
import { useBrowserBed } from "./browser-bed.ts";
import { renameApart } from "./two-devices.ts";

const bed = useBrowserBed("board");

/** What axe calls serious or critical, with the elements it means. */
const findFaults = async ({ page }: BoardPage): Promise<readonly string[]> => {
  // As an expression: the board's content security policy allows no script that is added to the page.
  await page.evaluate(`${axe.source}; undefined`);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ["violations"] }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`),
    );
};

test.each(["light", "dark"] as const)(
  "axe finds nothing serious on the %s board, whatever is open",
  async (scheme) => {
    const [first, board] = await renameApart(bed);
    await board.page.emulateMedia({ colorScheme: scheme });
    expect(
      await board.page.evaluate((name) => matchMedia(`(prefers-color-scheme: ${name})`).matches, scheme),
    ).toBe(true);
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
    expect(await findFaults(board), "with the form of a card").toEqual([]);

    await board.page.keyboard.press("Escape");
    await board.button("Keys").click();
    await board.page.getByRole("dialog", { name: "Keys" }).waitFor();
    expect(await findFaults(board), "with the dialog of keys").toEqual([]);

    await first.page.emulateMedia({ colorScheme: scheme });
    expect(await findFaults(first), "synced").toEqual([]);
  },
);
