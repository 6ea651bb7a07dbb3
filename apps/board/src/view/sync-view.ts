/**
 * The state of syncing in the header, in words and a picture: what it is, how much waits, how many tabs share the
 * board; and the switch that takes this device offline. The element with role "status" is not spoken at each
 * change, which would be at every keystroke's commit; the announcer says what matters once it has settled.
 */
import type { SyncState, SyncStatus } from "rockpool";
import type { Desk } from "./desk.ts";
import { createElement, setAttribute, setText } from "./element.ts";
import { createIcon, setIcon } from "./icons.ts";

const textByState: Readonly<Record<SyncState, string>> = {
  off: "On this device only",
  connecting: "Connecting…",
  syncing: "Syncing…",
  synced: "Synced",
  offline: "Offline, your changes are kept",
  paused: "Working offline",
  unauthorized: "Sign in again to sync",
  stopped: "Syncing has stopped",
};

/** How long a state lasts, in ms, before it is spoken. */
const settledMs = 1500;

export const createSyncView = (
  desk: Desk,
): { readonly status: HTMLElement; readonly offlineSwitch: HTMLElement } => {
  const { sync } = desk.kv;
  const icon = createIcon("connecting");
  const text = createElement("span", { class: "sync-text" });
  const pending = createElement("span", { class: "sync-pending" });
  const tabs = createElement("span", { class: "sync-tabs" });
  const status = createElement(
    "div",
    { class: "sync-status", attributes: { role: "status", "aria-live": "off" } },
    icon,
    text,
    pending,
    createElement("span", { class: "sync-tabs-group" }, createIcon("tabs"), tabs),
  );
  const offlineSwitch = createOfflineSwitch(desk);
  const speak = createSettledVoice(desk);
  const update = (now: SyncStatus): void => {
    setIcon(icon, now.state === "unauthorized" ? "stopped" : now.state);
    setText(
      text,
      now.state === "stopped" && now.error ? `Stopped: ${now.error.message}` : textByState[now.state],
    );
    setText(pending, now.pending === 0 ? "" : `${now.pending} waiting`);
    setText(tabs, textOfTabs(now));
    for (const [name, value] of [
      ["data-state", now.state],
      ["data-pending", String(now.pending)],
      ["data-tabs", String(now.tabs)],
    ] as const) {
      setAttribute(status, name, value);
    }
    // The tide of the whole page follows it (styles/header.css).
    setAttribute(document.documentElement, "data-sync", now.state);
    setAttribute(status, "title", now.error?.message);
    setAttribute(offlineSwitch, "aria-checked", String(now.state === "paused"));
    offlineSwitch.hidden = now.state === "off";
    speak(now.state);
  };
  sync.addEventListener("status", ({ detail }) => update(detail));
  update(sync.status);
  return { status, offlineSwitch };
};

/** How many tabs there are and, where there is a connection, who carries it for all of them. */
const textOfTabs = ({ state, tabs, syncing }: SyncStatus): string => {
  if (tabs < 2) return "1 tab";
  if (state !== "synced" && state !== "syncing") return `${tabs} tabs`;
  return syncing ? `${tabs} tabs, this one syncs for all` : `${tabs} tabs, another one syncs`;
};

const createOfflineSwitch = ({ kv, attempt }: Desk): HTMLElement => {
  const attributes = { type: "button", role: "switch", "aria-checked": "false" };
  const track = createElement("span", { class: "switch-track", attributes: { "aria-hidden": "true" } });
  const button = createElement("button", { class: "switch", attributes }, track, "Work offline");
  button.addEventListener("click", () => {
    const isPaused = kv.sync.status.state === "paused";
    void attempt(() => (isPaused ? kv.sync.resume() : kv.sync.pause()));
  });
  return button;
};

/** Speaks a state that has lasted, and only when it is another than the one spoken before. */
const createSettledVoice = ({ announce }: Desk): ((state: SyncState) => void) => {
  let spoken: SyncState | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (state) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (state === "connecting" || state === "syncing" || state === spoken) return;
      spoken = state;
      announce(`${textByState[state]}.`);
    }, settledMs);
  };
};
