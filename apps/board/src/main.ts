/**
 * The board: opens the bucket and puts the views into the page, or says plainly why it cannot.
 * What end-to-end tests may rely on is listed below the imports.
 */
import { openKv, type Kv } from "rockpool";
import { BoardStore } from "./board/board-store.ts";
import { layOutSample } from "./board/sample.ts";
import { keepStorage, showAppBadge } from "./pwa/installed-app.ts";
import { registerServiceWorker } from "./pwa/register-service-worker.ts";
import { readSettings } from "./settings.ts";
import { createAnnouncer } from "./view/announcer.ts";
import { BoardView } from "./view/board-view.ts";
import { createDesk } from "./view/desk.ts";
import { createFailureView } from "./view/failure-view.ts";
import { createKeysDialog } from "./view/keys-dialog.ts";
import { RejectedView } from "./view/rejected-view.ts";
import { showSupersededWrites } from "./view/superseded-notices.ts";
import { createSyncView } from "./view/sync-view.ts";
import { createToasts } from "./view/toasts.ts";

/*
 * What end-to-end tests may rely on, besides roles and names:
 * - Sync: role "status" with `data-state` (the SyncState), `data-pending`, `data-tabs` (numbers); the switch
 *   "Work offline".
 * - Lists: each a region and in it a list, both named by its title (the title is a button that opens the text box
 *   "List title"); "Move list left/right", "Delete list". "Add list" opens the text box "New list title".
 * - Cards: list items; `data-pending="true"` while something of them waits for the relay. The title is a button that
 *   opens the text box "Card title" (Enter or "Save" saves, Escape closes) beside radio buttons for the label.
 *   Buttons "Cheer" (the count follows it in `.cheers-count`), "Add note" or, where there is one, "Open note",
 *   "Move card left/right/up/down", "Delete card" (a notice offers "Undo"). "Add card" opens the text box "New card title": Enter or "Add" adds, and it stays
 *   open for the next until Escape.
 * - Notes: a dialog named by the card's title, in it the text boxes "Note" and "Your name", the list "Also in this
 *   note", the toolbar "Style of the note"; `.note-state` with `data-state` saving, saved, sending or synced;
 *   the others' carets are `.caret`, their names in them `.caret-name`.
 * - Conflicts: the region "Rejected edits" with "Keep mine" and "Keep theirs"; notices stand in the region "Notices".
 * - `?bucket=`, `?relay=ws://…` (or `off`) in the address; `data-board="ready"` on the root element once all that
 *   was on this device is shown.
 */

const mustFind = (selector: string): HTMLElement => {
  const element = document.querySelector<HTMLElement>(selector);
  if (element === null) throw new Error(`index.html has no ${selector}`);
  return element;
};

const main = mustFind("main");
const controls = mustFind("#controls");
const { element: voice, announce } = createAnnouncer();
const { element: toasts, showToast } = createToasts();
document.body.append(toasts, voice);

const openBoard = async (): Promise<void> => {
  const { bucket, relay } = await readSettings(new URL(location.href));
  const kv = await openKv(bucket, relay === undefined ? {} : { relay });
  const store = new BoardStore();
  const following = store.follow(kv);
  // Until then it can only fail: a feed that ends early must not leave the page waiting.
  await Promise.race([store.ready, following]);
  showBoard(kv, store);
  await Promise.all([following, layOutSample(kv)]);
};

const showBoard = (kv: Kv, store: BoardStore): void => {
  const desk = createDesk({ kv, store, announce, showToast, speakers: [toasts, voice] });
  const { status, offlineSwitch } = createSyncView(desk);
  const rejected = new RejectedView(desk);
  const keys = createKeysDialog();
  controls.append(status, rejected.toggle, offlineSwitch, keys.button);
  document.body.append(keys.dialog);
  main.replaceChildren(new BoardView(desk).element, rejected.element);
  showSupersededWrites(desk);
  kv.sync.addEventListener("status", ({ detail }) => showAppBadge(detail.pending));
  keepStorage();
  document.documentElement.dataset["board"] = "ready";
};

try {
  void registerServiceWorker(showToast);
  await openBoard();
} catch (error) {
  const isOpen = document.documentElement.dataset["board"] === "ready";
  main.prepend(
    createFailureView(isOpen ? "The board is no longer live" : "The board cannot be opened", error),
  );
  if (!isOpen) main.querySelector(".loading")?.remove();
}
