/**
 * The board once it has been opened: with neither its server nor its relay it opens again with all its data, even after
 * the browser was quit, and can be edited.
 */
import { expect, test } from "vitest";
import { openBoard, openPool } from "./board-page.ts";
import { noticeNetwork, useBrowserBed } from "./browser-bed.ts";

const bed = useBrowserBed("board");

test("the board opens without a network, takes edits, and sends them when the network is back", async () => {
  const board = await openPool(bed, { cards: ["Starfish"] });
  const state = await board.page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activating") {
      await new Promise((resolve) => active.addEventListener("statechange", resolve, { once: true }));
    }
    return active?.state;
  });
  expect(state).toBe("activated");

  await Promise.all([bed.relay.end("SIGTERM"), bed.stopServer()]);
  await expect(fetch(bed.origin)).rejects.toThrow("fetch failed");
  await board.page.reload();
  await board.ready();
  await board.untilTitles("Pool", ["Starfish"]);
  await board.untilStatus({ state: "offline", pending: 0 });
  await board.addCard("Pool", "Made without a network");
  await board.untilStatus({ state: "offline", pending: 1 });

  await bed.quit();
  const again = await openBoard(bed);
  await again.untilTitles("Pool", ["Starfish", "Made without a network"]);
  await again.renameCard("Starfish", "Sea star");
  await again.untilStatus({ state: "offline", pending: 2 });

  await Promise.all([bed.relay.start(), bed.startServer()]);
  await noticeNetwork(again.page);
  await again.untilSynced();
  const elsewhere = await openBoard(bed, { device: "second" });
  await elsewhere.untilTitles("Pool", ["Sea star", "Made without a network"]);
});
