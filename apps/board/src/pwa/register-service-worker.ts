/**
 * Registers the service worker, and offers a new version of the board when one has been fetched. Nothing is replaced
 * under an open tab: the person decides, and the tab that was asked reloads.
 */
import type { ShowToast } from "../view/toasts.ts";

const updateCheckMs = 60 * 60 * 1000;

export const registerServiceWorker = async (showToast: ShowToast): Promise<void> => {
  // Vite's development server, known by its hot reload, has no shell to keep.
  if (import.meta.hot !== undefined || !("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("sw.js");
    offerUpdates(registration, showToast);
    setInterval(() => void registration.update().catch(ignoreOffline), updateCheckMs);
  } catch {
    // Refused by the browser (a private window, say): the board works, it only will not open without a network.
  }
};

const offerUpdates = (registration: ServiceWorkerRegistration, showToast: ShowToast): void => {
  const { serviceWorker } = navigator;
  let isWanted = false;
  let offered: ServiceWorker | undefined;
  const offer = (): void => {
    const { waiting } = registration;
    // Without a controller this is the first version, and there is nothing to replace.
    if (waiting === null || waiting === offered || serviceWorker.controller === null) return;
    offered = waiting;
    showToast("A new version of the board is here.", {
      stayMs: Infinity,
      action: {
        name: "Reload",
        run: () => {
          isWanted = true;
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
          waiting.postMessage("activate");
        },
      },
    });
  };
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
  let wasControlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (isWanted) location.reload();
    else if (wasControlled) {
      showToast("Another tab took the new version of the board.", {
        stayMs: Infinity,
        action: { name: "Reload", run: () => location.reload() },
      });
    }
    wasControlled = true;
  });
  offer();
};

const ignoreOffline = (): void => {
  // No network: the next look will do.
};
