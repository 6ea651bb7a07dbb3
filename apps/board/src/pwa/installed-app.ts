/**
 * What an installed board does beyond a page in a tab: its icon shows how much waits for the relay, and the browser is
 * asked not to clear its storage when the device runs out of room.
 */

let badgeShown = 0;

/** Where there are no badges, nothing happens. */
export const showAppBadge = (count: number): void => {
  if (count === badgeShown || !("setAppBadge" in navigator)) return;
  badgeShown = count;
  navigator.setAppBadge(count).catch(() => {
    // Not installed, or not allowed: the header says it too.
  });
};

/** Asks for lasting storage once the board is installed: some browsers ask the person, who then knows why. */
export const keepStorage = (): void => {
  if (matchMedia("(display-mode: standalone)").matches) askToPersist();
  addEventListener("appinstalled", askToPersist);
};

const askToPersist = (): void => void navigator.storage.persist();
