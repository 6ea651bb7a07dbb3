/**
 * The note of a card on two devices: two people write into it together and apart, each sees where the other is and
 * takes back what is his own; and what becomes of it when it is deleted.
 */
import { expect, test, vi } from "vitest";
import { type BoardPage, openBoard } from "./board-page.ts";
import { eventually, noticeNetwork, useBrowserBed } from "./browser-bed.ts";
import { openNote, type NotePage } from "./note-page.ts";
import { openOnTwo } from "./two-devices.ts";

const bed = useBrowserBed("board");
// Two people take turns at the keyboard of one machine.
vi.setConfig({ testTimeout: 120_000 });

/** The note of one card, open on two devices by Ada and Brendan. */
const openNoteOnTwo = async (): Promise<readonly [NotePage, NotePage]> => {
  const [first, second] = await openOnTwo(bed, "Limpet");
  const ada = await openNote(first, "Limpet");
  await ada.nameYourself("Ada");
  const brendan = await openNote(second, "Limpet");
  await brendan.nameYourself("Brendan");
  return [ada, brendan];
};

/** Takes the relay away, and waits until both have noticed. */
const goOffline = async (...notes: readonly NotePage[]): Promise<void> => {
  expect(await bed.relay.end("SIGTERM")).toBe(0);
  for (const { board } of notes) await board.untilStatus({ state: "offline" });
};

const comeBack = async (...notes: readonly NotePage[]): Promise<void> => {
  await bed.relay.start();
  for (const { board } of notes) await noticeNetwork(board.page);
  for (const { board } of notes) await board.untilSynced();
};

test("two people type into one note while both are offline, and when they return nothing is lost and each sees the other's caret", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await ada.type("end", "Low tide");
  for (const note of [ada, brendan]) {
    await note.untilLines("Low tide");
    await note.untilState("synced");
  }

  await goOffline(ada, brendan);
  await ada.type("start", "Sunday: ");
  await ada.type("end", " at nine");
  await brendan.type("end", ", bring boots");
  await brendan.type("end", "\nAnd a bucket");
  await ada.untilLines("Sunday: Low tide at nine");
  await brendan.untilLines("Low tide, bring boots", "And a bucket");
  for (const note of [ada, brendan]) await note.untilState("saved");

  await comeBack(ada, brendan);
  for (const note of [ada, brendan]) {
    await eventually(async () => (await note.lines())[1]).toBe("And a bucket");
    await eventually(async () => (await note.lines())[0]).toMatch(
      /^Sunday: Low tide( at nine, bring boots|, bring boots at nine)$/,
    );
    await note.untilState("synced");
  }
  expect(await ada.lines()).toEqual(await brendan.lines());
  await eventually(() => ada.caretNames()).toEqual(["Brendan"]);
  await eventually(() => brendan.caretNames()).toEqual(["Ada"]);
});

test("each sees where the other is and what he is called, until the other leaves", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await ada.type("end", "Ada was here");
  await brendan.untilLines("Ada was here");
  await brendan.type("end", "Brendan too. ");
  await brendan.type("start", "");
  for (const [note, other] of [
    [ada, "Brendan"],
    [brendan, "Ada"],
  ] as const) {
    await eventually(() => note.caretNames()).toEqual([other]);
    await eventually(() => note.others()).toEqual([other]);
  }
  // His caret is where he left it: before the first letter.
  const before = await ada.text
    .locator("p")
    .first()
    .evaluate((line) => line.firstElementChild?.className.includes("caret") === true);
  expect(before).toBe(true);

  await brendan.nameYourself("Brendan the diver");
  await eventually(() => ada.others()).toEqual(["Brendan the diver"]);
  await eventually(() => ada.caretNames()).toEqual(["Brendan the diver"]);

  await brendan.close();
  await eventually(() => ada.others()).toEqual([]);
  await eventually(() => ada.caretNames()).toEqual([]);
  const again = await openNote(brendan.board, "Limpet");
  await eventually(() => ada.others()).toEqual(["Brendan the diver"]);
  await eventually(() => again.others()).toEqual(["Ada"]);
  await again.board.page.close();
  await eventually(() => ada.others()).toEqual([]);
});

test("undo takes back one's own typing and nothing of the other's, and redo brings it again", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await ada.type("end", "Ada's line\n");
  await brendan.untilLines("Ada's line", "");
  await brendan.type("end", "Brendan's line");
  await ada.untilLines("Ada's line", "Brendan's line");
  await brendan.type("start", "His too: ");
  await ada.untilLines("His too: Ada's line", "Brendan's line");

  await ada.button("Undo my typing").click();
  for (const note of [ada, brendan]) await note.untilLines("His too: ", "Brendan's line");
  await ada.button("Redo my typing").click();
  for (const note of [ada, brendan]) await note.untilLines("His too: Ada's line", "Brendan's line");

  await brendan.board.page.bringToFront();
  await brendan.focusText();
  for (let step = 0; step < 2; step += 1) await brendan.board.page.keyboard.press("ControlOrMeta+z");
  for (const note of [ada, brendan]) await note.untilLines("Ada's line", "");
});

test("a note is there after a reload without a network, and what is added then arrives when it is back", async () => {
  const [first, second] = await openOnTwo(bed, "Limpet");
  const note = await openNote(first, "Limpet");
  await note.type("end", "Written at home");
  await note.untilState("synced");
  await first.page.evaluate(() => navigator.serviceWorker.ready);

  await Promise.all([bed.relay.end("SIGTERM"), bed.stopServer()]);
  await expect(fetch(bed.origin)).rejects.toThrow("fetch failed");
  await first.page.reload();
  await first.ready();
  const again = await openNote(first, "Limpet");
  await again.untilLines("Written at home");
  await again.type("end", ", and on the rock");
  await again.untilState("saved");
  await first.page.reload();
  await first.ready();
  const onceMore = await openNote(first, "Limpet");
  await onceMore.untilLines("Written at home, and on the rock");

  await bed.startServer();
  await comeBack(onceMore);
  const elsewhere = await openNote(second, "Limpet");
  await elsewhere.untilLines("Written at home, and on the rock");
});

test("a deleted card takes its note along, and undo brings both back on both devices", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await ada.type("end", "Keep this");
  await brendan.untilLines("Keep this");
  await brendan.close();
  await ada.close();
  await deleteCard(ada.board);
  await brendan.board.untilTitles("Pool", []);
  await undoDeletion(ada.board);
  await brendan.board.untilTitles("Pool", ["Limpet"]);

  const [hers, his] = [await openNote(ada.board, "Limpet"), await openNote(brendan.board, "Limpet")];
  for (const note of [hers, his]) await note.untilLines("Keep this");
  await his.type("end", " as well");
  await hers.untilLines("Keep this as well");
});

test("what was being written into a card that is deleted elsewhere can be kept as a new card", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await brendan.type("end", "Half a sentence");
  await ada.untilLines("Half a sentence");
  await ada.close();
  await deleteCard(ada.board);
  await brendan.dialog.waitFor({ state: "hidden" });
  await brendan.board.page.bringToFront();
  await brendan.board.notices.getByRole("button", { name: "Keep as a new card" }).click();
  await brendan.board.card("Limpet").waitFor();
  await (await openNote(brendan.board, "Limpet")).untilLines("Half a sentence");
});

test("when a note was deleted and brought back meanwhile, what was written apart can be put back", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await ada.type("end", "Shared");
  await brendan.untilLines("Shared");
  // The switch of Brendan's own tab is behind the note.
  const beside = await openBoard(bed, { device: "second" });
  await beside.setOffline(true);
  await brendan.type("end", "\nWritten apart");
  await brendan.untilState("saved");
  await ada.close();
  await deleteCard(ada.board);
  await undoDeletion(ada.board);

  await beside.setOffline(false);
  const putBack = brendan.dialog.getByRole("button", { name: "Put back" });
  await putBack.waitFor();
  await brendan.untilLines("Shared");
  await brendan.board.page.bringToFront();
  await putBack.click();
  await brendan.untilLines("Shared", "Written apart");
  await (await openNote(ada.board, "Limpet")).untilLines("Shared", "Written apart");
});

test("words written apart into a note that was deleted meanwhile are kept as a new card", async () => {
  const [ada, brendan] = await openNoteOnTwo();
  await ada.type("end", "Shared");
  await brendan.untilLines("Shared");
  await brendan.close();
  await brendan.board.setOffline(true);
  const apart = await openNote(brendan.board, "Limpet");
  await apart.type("end", "\nWritten apart");
  await apart.untilState("saved");
  await apart.close();
  await ada.close();
  await deleteCard(ada.board);
  await undoDeletion(ada.board);

  await brendan.board.setOffline(false);
  await brendan.board.notices.getByRole("button", { name: "Keep my words" }).click();
  // A card of the same title, in the first list.
  const kept = brendan.board.list("Try this").getByRole("button", { name: "Limpet", exact: true });
  await kept.click();
  await brendan.board.page.getByRole("textbox", { name: "Card title" }).fill("Kept");
  await brendan.board.page.keyboard.press("Enter");
  await (await openNote(brendan.board, "Kept")).untilLines("Written apart");
});

const deleteCard = async (board: BoardPage): Promise<void> => {
  await board.page.bringToFront();
  await board.card("Limpet").hover();
  await board.card("Limpet").getByRole("button", { name: "Delete card" }).click();
  await board.untilTitles("Pool", []);
};

const undoDeletion = async (board: BoardPage): Promise<void> => {
  await board.notices.getByRole("button", { name: "Undo" }).click();
  await board.untilTitles("Pool", ["Limpet"]);
  await board.untilSynced();
};
