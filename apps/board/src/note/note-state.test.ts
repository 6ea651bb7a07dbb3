/**
 * What a person is told of how far a note got.
 */
import { expect, test } from "vitest";
import { noteState } from "./note-state.ts";

test("what keeps a text from being saved is said, until it is saved", () => {
  const error = new Error("The device is full.");
  expect(noteState({ saved: false, synced: false, error }, "synced")).toEqual({
    name: "failed",
    words: "Not saved yet. The device is full.",
  });
  expect(noteState({ saved: true, synced: true, error }, "synced").name).toBe("synced");
});

test.each([
  [false, false, "synced", "saving", /^Saving/],
  [false, false, "off", "saving", /^Saving/],
  [true, false, "off", "saved", /^Saved on this device\.$/],
  [true, true, "synced", "synced", /shared with everyone/],
  [true, false, "synced", "sending", /on its way/],
  [true, false, "syncing", "sending", /on its way/],
  [true, false, "connecting", "sending", /on its way/],
  [true, false, "offline", "saved", /when you are connected again/],
  [true, false, "paused", "saved", /when you are connected again/],
  [true, false, "stopped", "saved", /when you are connected again/],
] as const)("saved: %s, synced: %s, syncing: %s is %s", (saved, synced, sync, name, words) => {
  expect(noteState({ saved, synced, error: undefined }, sync)).toEqual({
    name,
    words: expect.stringMatching(words),
  });
});
