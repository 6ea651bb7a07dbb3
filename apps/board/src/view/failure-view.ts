/**
 * What is shown instead of the board when there can be none, or when it stopped being live: what happened, and what
 * the person can do about it.
 */
import type { KvErrorCode } from "rockpool";
import { createElement, createTextButton } from "./element.ts";
import { createIcon } from "./icons.ts";

const adviceByCode: Partial<Readonly<Record<KvErrorCode, string>>> = {
  unavailable:
    "The board could not start its storage in this browser. A private window, blocked site data or a download that failed can be the cause: allow storage for this site, or open the board in an ordinary window.",
  quota: "This device has no room left for the board. Free some space, then try again.",
  "newer-format": "This device keeps the board in the form of a newer version. Reload to get that version.",
  corrupt: "What this device keeps of the board cannot be read.",
  "lost-connection": "The browser closed the board's storage. Trying again usually helps.",
};

export const createFailureView = (title: string, error: unknown): HTMLElement => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const advice = Object.entries(adviceByCode).find(([known]) => known === code)?.[1];
  const message = error instanceof Error ? error.message : String(error);
  return createElement(
    "section",
    { class: "failure", attributes: { role: "alert" } },
    createIcon("alert"),
    createElement("h2", { text: title }),
    ...(advice === undefined ? [] : [createElement("p", { text: advice })]),
    createElement("p", { class: "failure-message", text: message }),
    createTextButton("Try again", "primary-button", () => location.reload()),
  );
};
