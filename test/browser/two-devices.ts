/**
 * The board on two devices: both synced, or each with a name of its own for the same card.
 */
import { type BoardPage, openBoard, openPool } from "./board-page.ts";
import type { BrowserBed } from "./browser-bed.ts";

/** The same board on two devices, with these cards in the list "Pool", both synced. */
export const openOnTwo = async (
  bed: BrowserBed,
  ...cards: readonly string[]
): Promise<readonly [BoardPage, BoardPage]> => {
  const first = await openPool(bed, { device: "first", cards });
  const second = await openBoard(bed, { device: "second" });
  await second.untilTitles("Pool", cards);
  await second.untilSynced();
  return [first, second];
};

/** Two devices that renamed the card "Limpet" apart; the second one's name came later and is refused. */
export const renameApart = async (bed: BrowserBed): Promise<readonly [BoardPage, BoardPage]> => {
  const [first, second] = await openOnTwo(bed, "Limpet");
  await second.setOffline(true);
  await second.renameCard("Limpet", "Limpet, counted by the second");
  await first.renameCard("Limpet", "Limpet, counted by the first");
  await first.untilSynced();
  await second.setOffline(false);
  await second.rejectedEdits.waitFor();
  return [first, second];
};
